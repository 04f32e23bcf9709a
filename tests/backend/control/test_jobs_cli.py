"""`stylize-bot jobs`: looking works beside a running bot, changing does not, tokens stay hidden."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backend.control.jobs_cli import cli
from backend.database.ids import new_id
from backend.database.sqlite import SqliteFile
from backend.engine.protocol import output
from backend.errors import ConfigurationError
from backend.files.uses import UPLOADS
from backend.jobs.model import Job, JobState
from backend.jobs.store import JobStore
from backend.records import ResultFile
from bot.__main__ import cli as host
from tests.backend.jobs.support import TOKEN, NewJobs, hold

Jobs = Callable[..., str]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STYLIZE_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)  # no .env there
    return tmp_path


def open_store(data: Path) -> JobStore:
    return JobStore(SqliteFile(data / "jobs.sqlite"), data)


def call(*arguments: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == exit_code, (result.output, result.exception)
    assert TOKEN not in result.output
    return result


@pytest.fixture
def add(data: Path, new_job: NewJobs) -> Jobs:
    """Store a job in some state, with its pictures in the spool."""

    async def store_it(state: JobState, *, member: bool) -> str:
        new = new_job(preset="draft", size=256)
        new = replace(new, address=replace(new.address, bot_is_member=member))
        async with open_store(data) as store:
            if state is JobState.RECEIVING:
                command = replace(new, spec=replace(new.spec, content=None, styles=()))
                await store.receive(command, job_id := new_id())
                return job_id
            await store.uses.keep(UPLOADS, dict.fromkeys(new.spec.files, b"picture"))
            job = await store.create(new)
            await store.uses.discard(UPLOADS, new.spec.files)
            if state is not JobState.QUEUED:
                await store.transition(job.id, JobState.RUNNING)
            if state is JobState.DONE:
                made = ResultFile(
                    file=output(job.id, ".png"), width=8, height=6, seconds=2.5, steps=9,
                    stopped_early=False,
                )  # fmt: skip
                await store.transition(job.id, state, result=made)
            elif state is JobState.FAILED:
                await store.transition(job.id, state, error="It went wrong.")
            elif state is JobState.CANCELLED:
                await store.transition(job.id, state)
            return job.id

    return lambda state, member=True: asyncio.run(store_it(state, member=member))


def stored(data: Path) -> list[Job]:
    async def read() -> list[Job]:
        async with open_store(data) as store:
            return await store.in_states()

    return asyncio.run(read())


def test_list_and_show(add: Jobs) -> None:
    ids = {state: add(state) for state in JobState}
    lines = call("list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [[ids[s], s.value] for s in JobState]
    assert "draft 256 px" in lines[1]
    only = call("list", "--state", "failed", "--state", "done").stdout
    assert [line.split()[1] for line in only.splitlines()[1:]] == ["done", "failed"]
    shown = call("show", ids[JobState.DONE]).stdout
    assert "delivered  no" in shown
    assert "8×6 in 2.5 s" in shown
    assert "error      It went wrong." in call("show", ids[JobState.FAILED]).stdout


def test_only_the_newest_are_listed(add: Jobs) -> None:
    ids = [add(JobState.QUEUED), add(JobState.FAILED), add(JobState.QUEUED)]
    listed = call("list", "--last", "1")
    assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == ids[2:]
    assert listed.stderr == "Older ones that are not shown: 2. `--last 3` shows more.\n"
    listed = call("list", "--last", "2", "--state", "queued")
    assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == [ids[0], ids[2]]
    assert listed.stderr == ""
    call("list", "--last", "0", exit_code=2)


@pytest.mark.slow
async def test_beside_a_bot_that_does_not_answer(add: Jobs, data: Path, new_job: NewJobs) -> None:
    queued = await asyncio.to_thread(add, JobState.QUEUED)
    async with open_store(data) as store:
        await hold(store)
        new = await store.create(new_job())
        listed = (await asyncio.to_thread(call, "list")).stdout
        assert queued in listed
        assert new.id in listed
        assert "queued" in (await asyncio.to_thread(call, "show", queued)).stdout
        for command in (["cancel", queued], ["retry", queued], ["purge"]):
            result = await asyncio.to_thread(partial(call, *command, exit_code=1))
            assert result.stderr == "No running bot answers.\n"
        assert [job.state for job in await store.in_states()] == [JobState.QUEUED] * 2


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
def test_cancel(add: Jobs, data: Path, state: JobState) -> None:
    job_id = add(state)
    assert "is cancelled" in call("cancel", job_id).stdout
    (job,) = stored(data)
    assert (job.state, job.delivered) == (JobState.CANCELLED, False)  # the card is still to say so
    assert "is cancelled already" in call("cancel", job_id, exit_code=1).stderr


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_retry(add: Jobs, data: Path, state: JobState) -> None:
    first = add(state)
    said = call("retry", first).stdout
    old, new = stored(data)
    assert (old.id, old.state, old.delivered) == (first, state, True)
    assert new.id in said
    assert (new.state, new.delivered) == (JobState.QUEUED, False)
    assert (new.address, new.spec) == (old.address, old.spec)
    assert f"its card shows job {new.id} by now" in call("retry", first, exit_code=1).stderr
    assert len(stored(data)) == 2


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.DONE])
def test_only_what_ended_without_a_picture_can_be_tried_again(
    add: Jobs, data: Path, state: JobState
) -> None:
    assert f"it is {state}." in call("retry", add(state), exit_code=1).stderr
    assert len(stored(data)) == 1


def test_retry_needs_the_pictures_and_the_card(add: Jobs, spool: Path) -> None:
    elsewhere = add(JobState.FAILED, member=False)
    assert "cannot be changed any more" in call("retry", elsewhere, exit_code=1).stderr
    job = add(JobState.FAILED)
    (spool / "style.png").unlink()
    assert "pictures are not kept any more" in call("retry", job, exit_code=1).stderr


def test_purge_takes_what_was_shown_and_its_files(add: Jobs, data: Path, spool: Path) -> None:
    async def deliver(job_id: str) -> None:
        async with open_store(data) as store:
            await store.mark_delivered(job_id)

    shown = add(JobState.FAILED)
    asyncio.run(deliver(shown))
    assert "Forgot 0 jobs and removed 0 files." in call("purge").stdout  # younger than a day
    assert "Forgot 1 jobs and removed 4 files." in call("purge", "--days", "0").stdout
    assert stored(data) == []
    assert list(spool.iterdir()) == []
    kept = add(JobState.FAILED)
    assert "Forgot 0 jobs and removed 0 files." in call("purge", "--days", "0").stdout
    assert [job.id for job in stored(data)] == [kept]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["show", "cancel", "retry"])
def test_an_unknown_job(add: Jobs, command: str) -> None:
    add(JobState.QUEUED)
    assert "There is no such job" in call(command, "nobody", exit_code=1).stderr


def test_a_folder_that_no_bot_has_used(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["list"])
    assert isinstance(result.exception, ConfigurationError)
    assert "no bot has used this folder" in str(result.exception)
    assert not (tmp_path / "jobs.sqlite").exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("announce", "This text has 301 signs; 300 are the most that fits."),
        ("maintenance", "This text has 301 signs; 300 are the most that fits."),
        ("ban person 1 --reason", "This text has 301 signs; 300 are the most that fits."),
        ("ban server 1 --reason", "This text has 301 signs; 300 are the most that fits."),
        ("ban person 9223372036854775808 --reason", "Invalid value"),
    ],
)
def test_what_does_not_fit_is_refused(add: Jobs, command: str, words: str) -> None:
    add(JobState.QUEUED)
    done = CliRunner().invoke(host, [*command.split(), "ß" * 301])
    assert done.exit_code != 0
    assert words in done.stderr
    assert CliRunner().invoke(host, ["ban", "list"]).stdout.splitlines()[1:] == []


def test_nothing_is_announced_with_blanks_only(add: Jobs) -> None:
    add(JobState.QUEUED)
    assert "Nothing is announced" in CliRunner().invoke(host, ["announce", " \n "]).stdout
    assert "Announced" in CliRunner().invoke(host, ["announce", "no text \udce4"]).stdout


def test_usage_shows_the_busiest(add: Jobs) -> None:
    add(JobState.DONE)
    shown = CliRunner().invoke(host, ["usage", "--top", "1"])
    assert (len(shown.stdout.splitlines()), shown.stderr) == (2, "")
