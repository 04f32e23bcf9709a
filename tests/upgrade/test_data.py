"""The data folder of release 0.1.0 opens, and nothing of it is lost.

Written for the release that made it; a later one adapts what it calls, not what it expects.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import nst
from backend.database.sqlite import SqliteFile
from backend.engine.protocol import CHECKPOINT, EngineProgress, EngineRequest, output
from backend.engine.workspace import workspace
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from backend.jobs.estimates import load_estimates
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job, JobState
from backend.jobs.recovery import recover
from backend.jobs.retention import tidy
from backend.jobs.store import JobStore
from backend.preferences import Preferences
from backend.records import ResultFile
from backend.settings import Settings
from backend.shelf import Shelf
from nst.options import Options, Preset, completed

HERE = Path(__file__).parent
EXPECTED: dict[str, Any] = json.loads((HERE / "expected.json").read_text())
JOBS: dict[str, dict[str, Any]] = EXPECTED["jobs"]
IDS = {job["label"]: job_id for job_id, job in JOBS.items()}
SERVER, CHIARA = 220_000_000_000_000_001, 110_000_000_000_000_003


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a copy, moved: its rows name pictures of shelves by full paths that are nowhere."""
    data = tmp_path / "data"
    shutil.copytree(HERE / "data", data)
    return data


@pytest.fixture
async def store(data: Path) -> AsyncIterator[JobStore]:
    async with JobStore(SqliteFile(data / "jobs.sqlite"), data) as store:
        yield store


def _key(file: str) -> str:
    """Return the key of a file that `expected.json` names."""
    path = Path(file)
    if not file.startswith("app:"):
        return file
    return f"starters/{path.stem}{'-thumbnail' * (path.parent.name == 'thumbnails')}.jpg"


def _here(data: Path) -> set[str]:
    return {str(path.relative_to(data)) for path in data.glob("s*/*")}


def _files(job: Job) -> dict[str, str]:
    images = {"content": job.spec.content, "mask": job.spec.mask}
    images |= {f"style {at}": style.image for at, style in enumerate(job.spec.styles)}
    files: dict[str, str | None] = {}
    for what, image in images.items():
        if image:
            files |= {what: image.file, f"{what}, thumbnail": image.thumbnail}
    if job.result:
        files |= {"result": job.result.file, "raw": job.result.raw}
        files["recording"] = job.result.recording
    files["start_from"] = job.spec.start_from
    return {what: key for what, key in files.items() if key}


async def _jobs(store: JobStore) -> list[Job]:
    return [job for job in await store.in_states() if job.state is not JobState.RECEIVING]


async def test_every_job_is_as_it_was(store: JobStore, data: Path) -> None:
    jobs = {job.id: job for job in await _jobs(store)}
    assert jobs.keys() == JOBS.keys()
    for job_id, job in jobs.items():
        expected = JOBS[job_id]
        for name in ("error", "alt", "told_id"):
            assert getattr(job, name) == expected[name]
        for name in ("parent_id", "locale", "private", "spoiler"):
            assert getattr(job.spec, name) == expected[name]
        for name in ("requester_id", "guild_id", "channel_id", "message_id", "bot_is_member"):
            assert getattr(job.address, name) == expected[name]
        assert job.address.interaction_token == expected["interaction_token"]
        assert job.state.value == expected["state"]
        assert job.spec.options == Options(**completed(expected["options"]))
        assert job.delivered == expected["delivered"]
        assert list(job.spec.strengths) == expected["strengths"]
        assert job.spec.photo.filename == expected["content"]
        assert [
            {"filename": one.image.filename, "weight": one.weight, "credit": one.credit}
            for one in job.spec.styles
        ] == expected["styles"]
        for name in ("created_at", "started_at", "finished_at", "token_at"):
            moment = getattr(job, name)
            assert (moment and f"{moment:%Y-%m-%d %H:%M:%S.%f}") == expected[name]
        result = expected["result"]
        assert (job.result is None) == (result is None)
        if job.result and result:
            assert {name: getattr(job.result, name) for name in result if name != "notes"} == {
                name: value for name, value in result.items() if name != "notes"
            }
            assert list(map(str, job.result.notes)) == result["notes"]


async def test_every_file_is_found(store: JobStore) -> None:
    async with Shelf(store.uses, limit=99):  # brings the starter styles
        for job in await _jobs(store):
            expected = JOBS[job.id]["files"]
            found = _files(job)
            if "checkpoint" in expected:
                found["checkpoint"] = output(job.id, CHECKPOINT)
            assert found.keys() == expected.keys()
            for what, key in found.items():
                assert key == _key(expected[what]["file"])
                data = await store.files.get(FileKey(key))
                assert hashlib.sha256(data).hexdigest() == expected[what]["sha256"]


async def test_unfinished_jobs_go_on(store: JobStore) -> None:
    queued = await recover(store)
    labels = [JOBS[job.id]["label"] for job in queued]
    waiting = ["queued", "queued, last style", "queued variation"]
    assert labels == ["interrupted", "cut off", *waiting]
    poisonous = await store.get(IDS["poisonous"])
    assert poisonous.state is JobState.FAILED
    assert poisonous.error
    assert poisonous.error.startswith("El bot")  # of a person who reads Spanish
    undelivered = [JOBS[job.id]["label"] for job in await store.undelivered()]
    assert undelivered == ["undelivered", "failed", "poisonous"]


async def test_strays_go_at_the_first_start_and_old_jobs_with_a_sweep(
    store: JobStore, data: Path
) -> None:
    here = _here(data)
    assert not here & set(EXPECTED["strays"])
    named = {file["file"] for job in JOBS.values() for file in job["files"].values()}
    assert {name for name in named if not name.startswith("app:")} <= here
    assert await tidy(store, timedelta(days=1), timedelta(days=90)) == (1, 7)
    kept = {job.id for job in await _jobs(store)}
    assert JOBS.keys() - kept == {IDS["old"]}
    gone = {file["file"] for file in JOBS[IDS["old"]]["files"].values()}
    assert here - _here(data) == {name for name in gone if not name.startswith("app:")}


async def test_the_shelf_and_what_people_prefer(store: JobStore, data: Path) -> None:
    host = Settings(_env_file=None, data_dir=data)  # type: ignore[call-arg]
    async with Preferences(store.uses, host) as preferences, Shelf(store.uses, limit=99) as shelf:
        for row in EXPECTED["styles"]:
            style = await shelf.find(SERVER, row["name"])
            for name in ("id", "guild_id", "credit", "approved", "contributor_id"):
                assert getattr(style, name) == row[name]
            assert style.image.sha256 == row["sha256"]
            assert await store.files.exists(*style.image.files)
        assert [len(await shelf.blocks.here(guild)) for guild in (SERVER, None)] == [2, 1]
        server = preferences.server(SERVER)
        assert (server.max_size, server.cooldown, server.language) == (768, 30, "de")
        assert server.preset is Preset.DRAFT
        person = await preferences.person(CHIARA)
        assert person.language == "ja"
        assert person.last_style
        assert await store.files.exists(*person.last_style.image.files)
    removed = await store.get(IDS["removed style"])  # no style, but a job needs its files
    assert await store.files.exists(*removed.spec.style.files)
    await FinishedJobs(store).delete(removed.id)
    assert not await store.files.exists(removed.spec.style.file)


async def test_commands_that_were_cut_off(store: JobStore) -> None:
    commands = await store.in_states(JobState.RECEIVING)
    found = {job.address.interaction_token: job for job in commands}
    for row in EXPECTED["arrivals"]:
        command = found.pop(row["interaction_token"])
        assert command.address.message_id == row["message_id"]
        assert command.spec.locale == row["locale"]
        assert command.spec.options == Options(**completed(row["options"]))
    assert not found


async def test_what_was_learned_of_times(store: JobStore) -> None:
    learned = {row["key"]: row["sums"] for row in EXPECTED["estimates"]}
    assert (await load_estimates(store.database)).sums == learned


async def test_recordings_and_recipes_are_read(store: JobStore, data: Path) -> None:
    job = await store.get(IDS["done"])
    assert job.result
    assert job.result.recording
    recording = nst.Recording.load(data / job.result.recording)
    assert len(recording.history) == job.result.steps == len(recording.frames)
    assert recording.recipe == nst.read_recipe(data / job.result.file)
    assert recording.recipe
    assert Options(**completed(recording.recipe["options"])) == job.spec.options
    assert {picture.size for picture in recording.pictures()} == {(64, 53)}
    private = await store.get(IDS["private"])  # a JPEG
    assert private.result
    assert nst.read_recipe(data / private.result.file)["stopped_early"] is True


@pytest.mark.slow
async def test_painting_goes_on_from_the_checkpoint(store: JobStore, data: Path) -> None:
    from backend.engine import painter  # noqa: PLC0415 - loads torch

    job = await store.get(IDS["cut off"])
    async with Shelf(store.uses, limit=99):
        request = EngineRequest(job_id=job.id, spec=job.spec, timeout=60)
    seen: list[EngineProgress] = []

    def paint() -> ResultFile:
        with workspace(LocalFiles(data), request, data) as place:
            return painter.load("cpu")(request, place, seen.append, lambda: False)

    result = await asyncio.to_thread(paint)
    assert seen[0].step > 10
    assert result.steps == 30
    assert not await store.files.exists(request.checkpoint)


@pytest.mark.slow
@pytest.mark.parametrize("revision", sorted(path.stem for path in HERE.glob("migrations/*.sql")))
async def test_every_earlier_schema_is_upgraded(revision: str, tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    database = sqlite3.connect(path)
    database.executescript((HERE / "migrations" / f"{revision}.sql").read_text())
    database.close()
    async with JobStore(SqliteFile(path), tmp_path) as store:
        jobs = await _jobs(store)
        states = ["queued", "running", "done", "failed", "cancelled"]
        more = ["queued", "queued"] if revision >= "0003" else []
        assert [job.state.value for job in jobs] == states + more
        assert [job.spec.options.colours.value for job in jobs][:4] == ["style"] * 2 + [
            "photo",
            "style",
        ]
        assert all(job.spec.options.strength == 60 for job in jobs)
        assert all(job.spec.style.file == "spool/style.png" for job in jobs)
        assert jobs[2].result
        assert jobs[2].result.width == 128
        commands = await store.in_states(JobState.RECEIVING)
        assert len(commands) == (0 if revision < "0002" else 2)
        assert [job.started_at is not None for job in await recover(store)][:2] == [True, False]
