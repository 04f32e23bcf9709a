from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.database.connect import Location
from bot.errors import NotAllowed, SettingRefused
from bot.jobs.model import JobStyle, SpooledImage
from bot.jobs.store import JobStore
from bot.preferences import Preferences
from bot.settings import Settings, load_settings
from bot.shelf.pictures import PictureFolder
from nst.options import Preset

HERE, THERE = 100, 200
ADA, BOB = 1, 2


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)  # no .env
    return load_settings(jobs_per_person=3, jobs_per_server=10, max_size=1024)


@pytest.fixture
async def store(tmp_path: Path, location: Location) -> AsyncIterator[JobStore]:
    async with JobStore(location, tmp_path) as store:
        yield store


@pytest.fixture
async def preferences(
    tmp_path: Path, store: JobStore, host: Settings
) -> AsyncIterator[Preferences]:
    pictures = PictureFolder(tmp_path / "shelf")
    await pictures.prepare()
    async with Preferences(store.database, host, pictures) as preferences:
        yield preferences


async def test_servers_begin_with_what_the_host_says(preferences: Preferences) -> None:
    for guild_id in (HERE, None):
        settings = preferences.server(guild_id)
        assert (settings.max_size, settings.jobs_per_person, settings.jobs_per_server) == (
            1024,
            3,
            10,
        )
        assert settings.preset is Preset.STANDARD
        assert not settings.spoiler
        settings.check_place([1], age_restricted=False)


async def test_changes_are_kept(
    tmp_path: Path, store: JobStore, host: Settings, preferences: Preferences
) -> None:
    changed = await preferences.change_server(
        HERE, max_size=512, preset="draft", channels=[7, 8], language="de", cooldown=60
    )
    assert (changed.max_size, changed.preset, changed.channels) == (512, Preset.DRAFT, (7, 8))
    await preferences.change_server(HERE, max_size=None, spoiler=True)
    assert preferences.server(THERE) == preferences.server(None)
    async with Preferences(store.database, host, PictureFolder(tmp_path)) as again:
        settings = again.server(HERE)
    assert settings == preferences.server(HERE)
    assert (settings.max_size, settings.spoiler, settings.language) == (1024, True, "de")


async def test_the_host_always_wins(
    tmp_path: Path, store: JobStore, preferences: Preferences
) -> None:
    await preferences.change_server(
        HERE,
        max_size=1000,
        jobs_per_person=3,
        jobs_per_server=9,
        preset="fine",
        role_jobs={"5": 3},
    )
    await preferences.change_person(ADA, size=1000, preset="fine")
    stricter = load_settings(
        max_size=600, jobs_per_person=2, jobs_per_server=4, presets=(Preset.DRAFT,)
    )
    async with Preferences(store.database, stricter, PictureFolder(tmp_path)) as again:
        settings = again.server(HERE)
        person = await again.person(ADA)
    assert (settings.max_size, settings.jobs_per_person, settings.jobs_per_server) == (600, 2, 4)
    assert settings.preset is Preset.DRAFT
    assert settings.role_jobs == {5: 2}
    assert (person.size, person.preset) == (600, None)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"max_size": 1025}, "choose 64 to 1024"),
        ({"max_size": 1}, "choose 64 to 1024"),
        ({"jobs_per_person": 4}, "choose 1 to 3"),
        ({"jobs_per_server": 0}, "choose 1 to 10"),
        ({"role_jobs": {"5": 99}}, "choose 1 to 3"),
        ({"role_jobs": {str(n): 1 for n in range(26)}}, "25 roles"),
        ({"cooldown": -1}, "choose 0 to 86400"),
        ({"preset": "reference"}, "draft, standard, fine"),
        ({"preset": "<@1>"}, "no such preset"),
        ({"language": "tlh"}, "do not speak"),
        ({"channels": list(range(26))}, "25 channels"),
    ],
)
async def test_values_out_of_range(
    preferences: Preferences, values: dict[str, Any], words: str
) -> None:
    before = preferences.server(HERE)
    with pytest.raises(SettingRefused, match=words):
        await preferences.change_server(HERE, spoiler=True, **values)
    assert preferences.server(HERE) == before


async def test_where_the_bot_may_be_used(preferences: Preferences) -> None:
    settings = await preferences.change_server(HERE, channels=[7])
    settings.check_place([7], age_restricted=False)
    settings.check_place([70, 7], age_restricted=False)  # a thread of it
    with pytest.raises(NotAllowed, match="<#7> only"):
        settings.check_place([8], age_restricted=True)
    settings = await preferences.change_server(HERE, channels=None, age_restricted_only=True)
    settings.check_place([8], age_restricted=True)
    with pytest.raises(NotAllowed, match="age-restricted"):
        settings.check_place([8], age_restricted=False)


async def test_the_queue_gets_the_limits(preferences: Preferences) -> None:
    await preferences.change_server(
        HERE, jobs_per_person=1, jobs_per_server=4, role_jobs={"5": 2, "6": 3}, cooldown=9
    )
    limits = await preferences.quota(HERE)
    assert [limits.for_person(roles) for roles in ([], ["4"], ["5"], ["5", "6"])] == [1, 1, 2, 3]
    assert (limits.per_server, limits.cooldown) == (4, 9)
    usual = await preferences.quota(None)
    assert (usual.per_person, usual.per_server, usual.cooldown) == (3, 10, 0)


async def test_people(preferences: Preferences) -> None:
    assert (await preferences.person(ADA)).strength is None
    await preferences.change_person(ADA, preset="fine", strength=0, size=256, private=True)
    ada = await preferences.change_person(ADA, preset=None, language="ja")
    assert ada == await preferences.person(ADA)
    assert (ada.preset, ada.strength, ada.size, ada.private, ada.language) == (
        None,
        0,
        256,
        True,
        "ja",
    )
    assert await preferences.person(BOB) == await preferences.person(3)
    with pytest.raises(SettingRefused, match="choose 0 to 100"):
        await preferences.change_person(ADA, strength=101)
    assert await preferences.forget_person(ADA)
    assert not await preferences.forget_person(ADA)
    assert await preferences.person(ADA) == await preferences.person(BOB)


async def test_the_last_style_outlives_its_upload(tmp_path: Path, preferences: Preferences) -> None:
    for end in ("png", "jpg"):
        (tmp_path / f"upload.{end}").write_bytes(end.encode())
    image = SpooledImage(
        path=tmp_path / "upload.png",
        thumbnail=tmp_path / "upload.jpg",
        filename="wave.jpg",
        sha256="0" * 64,
        width=8,
        height=6,
        fingerprint="0" * 16,
    )
    kept = await preferences.remember_style(ADA, JobStyle(image=image, credit="Hokusai"))
    image.path.unlink()
    last = (await preferences.person(ADA)).last_style
    assert last == kept
    assert last.credit == "Hokusai"
    assert last.image.path.read_bytes() == b"png"
    assert await preferences.files() == {last.image.path, last.image.thumbnail}
    assert (await preferences.change_person(ADA, strength=4)).last_style == kept
    await preferences.forget_person(ADA)
    assert await preferences.files() == set()
