from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from backend.database.location import Location
from backend.database.tables import PEOPLE, SERVERS
from backend.errors import JobNotFound, NotAllowed, SettingRefused
from backend.files.uses import UPLOADS
from backend.jobs.store import JobStore
from backend.preferences import Preferences
from backend.records import JobStyle
from backend.settings import Settings, load_settings
from nst.options import Preset
from tests.backend.images import stored_image

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
async def preferences(store: JobStore, host: Settings) -> AsyncIterator[Preferences]:
    async with Preferences(store.uses, host) as preferences:
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


async def test_changes_are_kept(store: JobStore, host: Settings, preferences: Preferences) -> None:
    changed = await preferences.change_server(
        HERE, max_size=512, preset="draft", channels=[7, 8], language="de", cooldown=60
    )
    assert (changed.max_size, changed.preset, changed.channels) == (512, Preset.DRAFT, (7, 8))
    await preferences.change_server(HERE, max_size=None, spoiler=True)
    assert preferences.server(THERE) == preferences.server(None)
    async with Preferences(store.uses, host) as again:
        settings = again.server(HERE)
    assert settings == preferences.server(HERE)
    assert (settings.max_size, settings.spoiler, settings.language) == (1024, True, "de")


async def test_the_host_always_wins(store: JobStore, preferences: Preferences) -> None:
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
    async with Preferences(store.uses, stricter) as again:
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


async def test_the_last_style_outlives_its_upload(
    store: JobStore, preferences: Preferences
) -> None:
    first, second = [
        JobStyle(image=stored_image(name), credit="Hokusai") for name in ("first", "second")
    ]
    for style in (first, second):
        await store.uses.keep(UPLOADS, dict.fromkeys(style.image.files, b"picture"))
        await preferences.remember_style(ADA, style)
        await store.uses.discard(UPLOADS, style.image.files)
        assert (await preferences.person(ADA)).last_style == style
        assert await store.files.exists(*style.image.files)
    assert not await store.files.exists(first.image.file)
    assert (await preferences.change_person(ADA, strength=4)).last_style == second
    await preferences.forget_person(ADA)
    assert not await store.files.exists(second.image.file)
    with pytest.raises(JobNotFound):
        await preferences.remember_style(ADA, second)


async def test_settings_that_cannot_be_read_are_the_usual_ones(
    store: JobStore, host: Settings, preferences: Preferences
) -> None:
    rows: list[dict[str, Any]] = [
        {"guild_id": HERE, "settings": ["no", "settings"]},
        {"guild_id": THERE, "settings": {"max_size": "large"}},
    ]
    async with store.database.write() as connection:
        await connection.execute(insert(SERVERS), rows)
        person = {"user_id": ADA, "settings": {"strength": 4, "last_style": {"file": "x"}}}
        await connection.execute(insert(PEOPLE), [person, {"user_id": BOB, "settings": 7}])
    async with Preferences(store.uses, host) as again:
        for server in (HERE, THERE):
            assert again.server(server) == again.server(None)
        ada, bob = await again.person(ADA), await again.person(BOB)
    assert (ada.strength, ada.last_style, bob.strength) == (4, None, None)


async def test_two_changes_at_once_are_both_kept(store: JobStore, preferences: Preferences) -> None:
    image = stored_image("sky.png")
    await store.uses.keep(UPLOADS, dict.fromkeys(image.files, b"sky"))
    await asyncio.gather(
        preferences.change_person(ADA, strength=70),
        preferences.change_person(ADA, language="de"),
        preferences.remember_style(ADA, JobStyle(image=image), private=True),
        preferences.change_person(ADA, size=256),
        preferences.change_server(HERE, spoiler=True),
        preferences.change_server(HERE, max_size=512),
    )
    person = await preferences.person(ADA)
    assert (person.strength, person.language, person.size) == (70, "de", 256)
    assert person.last_style is not None
    assert person.last_style_private
    settings = preferences.server(HERE)
    assert (settings.spoiler, settings.max_size) == (True, 512)
    await preferences.forget_style(ADA)
    assert not (await preferences.person(ADA)).last_style_private
