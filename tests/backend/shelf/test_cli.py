from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.database.location import Location
from backend.database.sqlite import SqliteFile
from backend.errors import ConfigurationError, ImageRefused
from backend.examples import list_examples
from backend.files.store import FileKey
from backend.files.uses import UPLOADS
from backend.jobs.store import JobStore
from backend.records import StoredImage
from backend.shelf import Shelf
from backend.tools import ImageTools
from bot.__main__ import cli
from nst.limits import Limits
from tests.backend.jobs.support import NewJobs, hold

WAVE = next(example.path for example in list_examples() if example.kind == "style")


@pytest.fixture
def location(tmp_path: Path) -> Location:
    """Return the one that the command looks for; on PostgreSQL only the address is another."""
    return SqliteFile(tmp_path / "jobs.sqlite")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no .env
    monkeypatch.setenv("STYLIZE_DATA_DIR", str(tmp_path))


async def _stored(store: JobStore) -> StoredImage:
    async with store.files.scratch() as folder:
        clean, thumbnail = folder / "wave.png", folder / "wave.jpg"
        found = await ImageTools().check(WAVE, clean, thumbnail, limits=Limits())
        image = StoredImage(
            file=FileKey("spool/wave.png"),
            thumbnail=FileKey("spool/wave.jpg"),
            filename="wave.jpg",
            sha256="another file of the same picture",
            width=found.width,
            height=found.height,
            fingerprint=found.fingerprint,
        )
        await store.uses.keep(UPLOADS, {image.file: clean, image.thumbnail: thumbnail})
    return image


def _run(*args: str, room: str = "styles", said: bytes = b"") -> str:
    result = CliRunner().invoke(cli, [room, *args], input=said, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.mark.slow
async def test_a_picture_is_blocked_while_the_bot_runs(store: JobStore, shelf: Shelf) -> None:
    image = await _stored(store)
    await shelf.add(100, "Wave", image, contributor_id=1)
    await store.uses.discard(UPLOADS, image.files)
    assert "deleted from shelves: 1" in await asyncio.to_thread(_run, "block", str(WAVE))
    assert not await store.files.exists(image.file)
    with pytest.raises(ImageRefused, match="taken down"):
        await shelf.blocks.check(image, 200)
    assert "Allowed again" in await asyncio.to_thread(_run, "unblock", str(WAVE))
    await shelf.blocks.check(image, 200)
    assert "was not blocked" in await asyncio.to_thread(_run, "unblock", str(WAVE))


async def test_the_photo_of_a_job_is_blocked(
    store: JobStore, shelf: Shelf, new_job: NewJobs
) -> None:
    await hold(store)
    job = await store.create(new_job())
    photos = partial(_run, room="photos")
    assert "Blocked" in await asyncio.to_thread(photos, "block", "--job", job.id)
    with pytest.raises(ImageRefused, match="taken down"):
        await shelf.blocks.check_spec(job.spec, 100)
    assert "Allowed again" in await asyncio.to_thread(photos, "unblock", "--job", job.id)
    await shelf.blocks.check_spec(job.spec, 100)
    with pytest.raises(ConfigurationError, match="no job nothing"):
        await asyncio.to_thread(photos, "block", "--job", "nothing")


@pytest.mark.slow
async def test_a_picture_that_is_sent_in(store: JobStore, shelf: Shelf) -> None:
    image = await _stored(store)
    photos = partial(_run, room="photos", said=WAVE.read_bytes())
    assert "Blocked" in await asyncio.to_thread(photos, "block", "-")
    with pytest.raises(ImageRefused, match="taken down"):
        await shelf.blocks.check(image, 200)
    assert "Allowed again" in await asyncio.to_thread(photos, "unblock", "-")
    for wrong in (b"", b"no picture"):
        with pytest.raises(ConfigurationError, match=r"^The picture cannot be used\."):
            await asyncio.to_thread(partial(photos, said=wrong), "block", "-")


@pytest.mark.slow
@pytest.mark.parametrize("given", [(), ("-", "--job", "x")])
def test_a_file_or_a_job_is_needed(given: tuple[str, ...]) -> None:
    done = CliRunner().invoke(cli, ["photos", "block", *given])
    assert (done.exit_code, "name either a FILE, or a job" in done.stderr) == (2, True)


def test_without_a_bot_or_a_picture(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no bot has used this folder"):
        _run("block", str(WAVE))
