"""The queue: turns, limits, watching, stopping, cancelling, faults."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from backend.database.sqlite import SqliteFile
from backend.engine.protocol import CHECKPOINT, EngineRequest, output
from backend.errors import JobFailed, JobNotFound, JobTimedOut, QueueRefused, WorkerDied
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from backend.jobs.model import Job, JobState, NewJob
from backend.jobs.progress import JobUpdate
from backend.jobs.queue import JobQueue
from backend.jobs.quota import Quota
from backend.jobs.store import JobStore
from tests.backend.jobs.support import TOKEN, NewJobs, Script, hold, lenient


@pytest.fixture
def engine() -> Iterator[Script]:
    engine = Script()
    yield engine
    assert engine.waited == [], "the queue hands out no more than there are slots for"


@pytest.fixture
async def queue(store: JobStore, engine: Script) -> AsyncIterator[JobQueue]:
    async with JobQueue(store, engine) as queue:
        yield queue


async def final(queue: JobQueue, job_id: str) -> JobUpdate:
    """Return the last thing that a watcher is told."""
    async with asyncio.timeout(20):
        return [update async for update in queue.watch(job_id)][-1]


async def test_a_job_runs_and_is_delivered(
    queue: JobQueue, engine: Script, store: JobStore, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job(size=300, strength=70))
    await engine.until_started(1)
    request = engine.requests[job.id]
    assert request.spec == job.spec
    assert (await queue.get(job.id)).state is JobState.RUNNING
    engine.finish(job.id)
    update = await final(queue, job.id)
    done = update.job
    assert update.fraction == 1.0
    assert done == await queue.get(job.id) == await store.get(job.id)
    assert done.state is JobState.DONE
    assert done.result is not None
    assert done.result.file == f"spool/{job.id}-result.png"
    assert done.started_at is not None
    assert done.finished_at is not None
    assert done.created_at <= done.started_at <= done.finished_at
    assert await queue.undelivered() == [done]
    await queue.mark_delivered(job.id)
    assert await queue.undelivered() == []


async def test_turns_go_round_servers_and_their_people(store: JobStore, new_job: NewJobs) -> None:
    engine = Script()
    async with JobQueue(store, engine, quota_of=lenient) as queue:
        names = {}
        for name, person, server in [
            ("a1", 1, 100), ("a2", 1, 100), ("a3", 1, 100), ("b1", 2, 100), ("c1", 3, 200),
            ("c2", 3, 200), ("d1", 4, None), ("a4", 1, 300),
        ]:  # fmt: skip
            names[(await queue.submit(new_job(person=person, server=server))).id] = name
        for count in range(1, len(names) + 1):
            started = await engine.until_started(count)
            engine.finish(started[-1])
        order = [names[job_id] for job_id in started]
        assert order == ["a1", "a2", "c1", "d1", "a4", "b1", "c2", "a3"]


async def test_as_many_at_once_as_there_are_devices(store: JobStore, new_job: NewJobs) -> None:
    engine = Script(slots=3)
    async with JobQueue(store, engine, quota_of=lenient) as queue:
        jobs = [await queue.submit(new_job()) for _ in range(5)]
        await engine.until_started(3)
        states = [(await queue.get(job.id)).state for job in jobs]
        assert states == [JobState.RUNNING] * 3 + [JobState.QUEUED] * 2
        engine.finish(jobs[1].id)
        assert set(await engine.until_started(4)) == {job.id for job in jobs[:4]}


async def test_one_person_may_have_two_jobs(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    first = await queue.submit(new_job())
    second = await queue.submit(new_job(server=None))
    with pytest.raises(QueueRefused, match=r"already have as many pictures.*\(2\).*or cancel one"):
        await queue.submit(new_job(server=5))
    await queue.submit(new_job(person=2))
    await engine.until_started(1)
    engine.finish(first.id)
    await final(queue, first.id)
    await queue.submit(new_job())
    await queue.cancel(second.id)
    await queue.submit(new_job())


async def test_one_server_may_have_twenty_jobs(queue: JobQueue, new_job: NewJobs) -> None:
    for person in range(20):
        await queue.submit(new_job(person=person))
    with pytest.raises(QueueRefused, match=r"This server already has as many pictures.*\(20\)"):
        await queue.submit(new_job(person=21))
    await queue.submit(new_job(person=21, server=101))
    for person in range(30, 55):
        await queue.submit(new_job(person=person, server=None))


async def test_commands_that_come_in_count(queue: JobQueue, new_job: NewJobs) -> None:
    new = new_job()
    async with queue.admitted(new.address) as first, queue.admitted(new.address):
        with pytest.raises(QueueRefused, match=r"\(2\).*cannot be said yet"):
            async with queue.admitted(new.address):
                pass
        await queue.submit(new, first)
        with pytest.raises(QueueRefused):
            await queue.submit(new)
    async with queue.admitted(new.address):  # the second came to nothing
        pass


async def test_all_together_have_a_limit(store: JobStore, new_job: NewJobs) -> None:
    async def quota_of(guild_id: int | None) -> Quota:
        return Quota(in_all=3)

    async with JobQueue(store, Script(), quota_of=quota_of) as queue:
        for person in range(3):
            await queue.submit(new_job(person=person, server=person or None))
        with pytest.raises(QueueRefused, match=r"The bot already has as many .*\(3\)"):
            await queue.submit(new_job(person=4))


async def test_limits_hold_when_all_ask_at_once(queue: JobQueue, new_job: NewJobs) -> None:
    outcomes = await asyncio.gather(
        *(queue.submit(new_job()) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(outcome, QueueRefused) for outcome in outcomes) == 8


async def test_a_watcher_sees_the_newest_only(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    updates = queue.watch(job.id)
    assert (await anext(updates)).job.state is JobState.RUNNING
    for step in range(1, 100):
        engine.progress(job.id, step / 100, left=100 - step, preview=b"%d" % step)
    newest = await anext(updates)
    assert (newest.fraction, newest.seconds_left, newest.preview) == (0.99, 1, b"99")
    assert newest.preview_number == 99
    engine.progress(job.id, 0.995)
    assert (await anext(updates)).preview_number == 99
    engine.finish(job.id)
    states = [update.job.state async for update in updates]
    assert states == [JobState.DONE]


async def test_every_watcher_sees_the_end(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    watchers = [asyncio.create_task(final(queue, job.id)) for _ in range(5)]
    await engine.until_started(1)
    engine.finish(job.id)
    assert {(await watcher).job.state for watcher in watchers} == {JobState.DONE}
    assert (await final(queue, job.id)).job.state is JobState.DONE


async def test_a_waiting_job_is_told_its_place(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    jobs = [await queue.submit(new_job(person=person)) for person in range(3)]
    await engine.until_started(1)
    updates = queue.watch(jobs[2].id)
    assert (await anext(updates)).place == 2
    await queue.cancel(jobs[1].id)
    assert (await anext(updates)).place == 1
    engine.finish(jobs[0].id)
    update = await anext(updates)
    while update.job.state is JobState.QUEUED:
        update = await anext(updates)
    assert update.place is None
    await updates.aclose()


async def test_time_left_is_learned(queue: JobQueue, engine: Script, new_job: NewJobs) -> None:
    first = await queue.submit(new_job(size=400))
    assert (await anext(queue.watch(first.id))).seconds_left is None
    await engine.until_started(1)
    engine.finish(first.id, seconds=10.0)
    await final(queue, first.id)
    running = await queue.submit(new_job(size=400))
    waiting = await queue.submit(new_job(size=800))
    other = await queue.submit(new_job(person=2, size=800, preset="fine"))
    await engine.until_started(2)
    assert (await anext(queue.watch(running.id))).seconds_left == pytest.approx(10)
    told = await anext(queue.watch(waiting.id))
    assert told.seconds_left == pytest.approx(10 + 31.2, rel=0.01)
    assert told.starts_in == pytest.approx(10, rel=0.05)
    assert (await anext(queue.watch(running.id))).starts_in is None
    third = (await anext(queue.watch(other.id))).seconds_left
    assert third is not None
    assert third > 100, "as fine is to standard"


async def test_what_was_learned_outlives_the_bot(store: JobStore, new_job: NewJobs) -> None:
    for expected in (None, pytest.approx(10)):
        engine = Script()
        async with JobQueue(store, engine) as queue:
            job = await queue.submit(new_job(size=400))
            assert (await anext(queue.watch(job.id))).seconds_left == expected
            await engine.until_started(1)
            engine.finish(job.id, seconds=10.0)
            await final(queue, job.id)


async def submit_as(queue: JobQueue, new: NewJob, *roles: str) -> None:
    async with queue.admitted(new.address, roles) as admission:
        await queue.submit(new, admission)


@pytest.mark.slow
async def test_roles_allow_more_and_a_server_less(store: JobStore, new_job: NewJobs) -> None:
    async def quota_of(guild_id: int | None) -> Quota:
        if guild_id == 5:
            return Quota(per_server=1)
        return Quota(per_person=1, per_role={"Patrons": 3, "77": 2})

    async with JobQueue(store, Script(), quota_of=quota_of) as queue:
        await queue.submit(new_job())
        with pytest.raises(QueueRefused, match=r"already have as many .*\(1\)"):
            await submit_as(queue, new_job(), "Painters")
        await submit_as(queue, new_job(), "77")
        await submit_as(queue, new_job(), "77", "Patrons")
        with pytest.raises(QueueRefused, match=r"already have as many .*\(3\)"):
            await submit_as(queue, new_job(), "77", "Patrons")
        await queue.submit(new_job(person=2, server=5))
        with pytest.raises(QueueRefused, match=r"This server already has as many .*\(1\)"):
            await queue.submit(new_job(person=3, server=5))


async def test_a_refusal_says_when_to_come_back(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    jobs = [await queue.submit(new_job()) for _ in range(2)]
    with pytest.raises(QueueRefused, match="cannot be said yet"):
        await queue.submit(new_job())
    await engine.until_started(1)
    engine.progress(jobs[0].id, 0.1, left=150)
    with pytest.raises(QueueRefused, match="in about 3 minutes"):
        await queue.submit(new_job())
    engine.progress(jobs[0].id, 0.9, left=20)
    with pytest.raises(QueueRefused, match="in less than a minute"):
        await queue.submit(new_job())


async def test_people_cool_down_where_the_host_says_so(store: JobStore, new_job: NewJobs) -> None:
    async def quota_of(guild_id: int | None) -> Quota:
        return Quota(cooldown=60 if guild_id else 0)

    async with JobQueue(store, Script(), quota_of=quota_of) as queue:
        await queue.submit(new_job())
        with pytest.raises(QueueRefused, match=r"at least 60 s .* in (60|59) s\."):
            await queue.submit(new_job())
        await queue.submit(new_job(person=2))
        await queue.submit(new_job(server=None))
    async with JobQueue(store, Script(), quota_of=quota_of) as queue:  # after a restart too
        with pytest.raises(QueueRefused, match=r"at least 60 s"):
            await queue.submit(new_job(person=2))
        await queue.submit(new_job(person=3))


async def test_a_running_job_is_stopped_and_kept(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    await queue.stop(job.id)
    done = (await final(queue, job.id)).job
    assert done.state is JobState.DONE
    assert done.result is not None
    assert done.result.stopped_early
    assert (await queue.stop(job.id)).state is JobState.DONE


async def test_a_waiting_job_has_nothing_to_keep(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    await queue.submit(new_job())
    waiting = await queue.submit(new_job())
    assert (await queue.stop(waiting.id)).state is JobState.QUEUED
    assert engine.stopped == []


async def test_cancelling_while_it_waits(
    queue: JobQueue, engine: Script, store: JobStore, new_job: NewJobs
) -> None:
    first = await queue.submit(new_job())
    second = await queue.submit(new_job())
    cancelled = await queue.cancel(second.id)
    assert cancelled.state is JobState.CANCELLED
    assert await store.get(second.id) == cancelled
    await engine.until_started(1)
    engine.finish(first.id)
    await final(queue, first.id)
    assert engine.started == [first.id]


async def test_cancelling_while_it_runs(queue: JobQueue, engine: Script, new_job: NewJobs) -> None:
    first = await queue.submit(new_job())
    second = await queue.submit(new_job())
    await engine.until_started(1)
    assert (await queue.cancel(first.id)).state is JobState.CANCELLED
    assert await engine.until_started(2) == [first.id, second.id]


async def test_cancelling_between_its_turn_and_its_start(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    assert (await queue.cancel(job.id)).state is JobState.CANCELLED
    assert engine.started == []


async def test_cancelling_twice_and_too_late(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    first = await queue.submit(new_job())
    second = await queue.submit(new_job())
    await engine.until_started(1)
    outcomes = await asyncio.gather(
        *(queue.cancel(job.id) for job in (first, second) for _ in range(3))
    )
    assert {job.state for job in outcomes} == {JobState.CANCELLED}
    third = await queue.submit(new_job())
    await engine.until_started(2)
    engine.finish(third.id)
    await final(queue, third.id)
    assert (await queue.cancel(third.id)).state is JobState.DONE


@pytest.mark.slow
async def test_a_dead_worker_is_forgiven_once(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    engine.fail(job.id, WorkerDied("it died"))
    await engine.until_started(2)
    engine.finish(job.id)
    assert (await final(queue, job.id)).job.state is JobState.DONE


def checkpoint_of(folder: Path, job_id: str) -> Path:
    return folder / output(job_id, CHECKPOINT)


async def test_a_useless_checkpoint_is_thrown_away(
    queue: JobQueue, engine: Script, tmp_path: Path, new_job: NewJobs
) -> None:
    """Whatever killed the worker, the second run does without it; a second death is the last."""
    job = await queue.submit(new_job())
    checkpoint = checkpoint_of(tmp_path, job.id)
    checkpoint.write_bytes(b"poison")
    await engine.until_started(1)
    engine.fail(job.id, WorkerDied("dead of its checkpoint"))
    await engine.until_started(2)
    assert not checkpoint.exists()
    engine.fail(job.id, WorkerDied("dead of the picture"))
    ended = await final(queue, job.id)
    assert ended.job.state is JobState.FAILED
    assert "so did a second one" in (ended.job.error or "")


async def test_a_checkpoint_that_was_of_use_is_kept(
    queue: JobQueue, engine: Script, tmp_path: Path, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    engine.progress(job.id, 0.5)
    checkpoint_of(tmp_path, job.id).write_bytes(b"half a picture")
    engine.fail(job.id, WorkerDied("dead"))
    await engine.until_started(2)
    assert checkpoint_of(tmp_path, job.id).exists()
    engine.finish(job.id)
    assert (await final(queue, job.id)).job.state is JobState.DONE


async def test_a_checkpoint_that_raises_is_thrown_away_too(
    queue: JobQueue, engine: Script, tmp_path: Path, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    checkpoint_of(tmp_path, job.id).write_bytes(b"poison")
    await engine.until_started(1)
    engine.fail(job.id, JobFailed("This is no checkpoint."))
    await engine.until_started(2)
    engine.fail(job.id, JobFailed("It is the photo."))
    assert (await final(queue, job.id)).job.error == "It is the photo."


@pytest.mark.parametrize("ending", ["finish", "fail", "cancel"])
async def test_nothing_is_left_of_a_checkpoint(
    queue: JobQueue, engine: Script, tmp_path: Path, new_job: NewJobs, ending: str
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    checkpoint_of(tmp_path, job.id).write_bytes(b"half a picture")
    engine.progress(job.id, 0.5)
    if ending == "finish":
        engine.finish(job.id)
    elif ending == "fail":
        engine.fail(job.id, JobTimedOut("too slow"))
    else:
        await queue.cancel(job.id)
    await final(queue, job.id)
    assert not checkpoint_of(tmp_path, job.id).exists()


async def test_a_second_dead_worker_is_a_failure(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    for count in (1, 2):
        await engine.until_started(count)
        engine.fail(job.id, WorkerDied("it died"))
    failed = (await final(queue, job.id)).job
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert "so did a second one" in failed.error


async def test_cancelling_while_a_dead_worker_is_replaced(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    engine.fail(job.id, WorkerDied("it died"))
    assert (await queue.cancel(job.id)).state is JobState.CANCELLED


@pytest.mark.slow
async def test_stopping_outlives_a_dead_worker(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    engine.fail(job.id, WorkerDied("it died"))
    await queue.stop(job.id)
    done = (await final(queue, job.id)).job
    assert done.result is not None
    assert done.result.stopped_early


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (JobTimedOut("It took longer than 9 seconds."), "It took longer than 9 seconds."),
        (JobFailed("The photo is too small."), "The photo is too small."),
        (RuntimeError("inner detail"), "Something went wrong on the bot's side"),
    ],
)
async def test_failures_keep_their_words_and_the_next_job_runs(
    queue: JobQueue, engine: Script, new_job: NewJobs, error: Exception, words: str
) -> None:
    job = await queue.submit(new_job())
    following = await queue.submit(new_job())
    await engine.until_started(1)
    engine.fail(job.id, error)
    failed = (await final(queue, job.id)).job
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.startswith(words)
    assert "inner detail" not in failed.error
    await engine.until_started(2)
    engine.finish(following.id)
    assert (await final(queue, following.id)).job.state is JobState.DONE


async def test_unknown_jobs_are_said_to_be_unknown(queue: JobQueue) -> None:
    for action in (queue.get, queue.stop, queue.cancel):
        with pytest.raises(JobNotFound, match="not kept any more"):
            await action("nobody")
    with pytest.raises(JobNotFound):
        await anext(queue.watch("nobody"))


async def test_a_store_that_fails_for_a_moment(
    queue: JobQueue,
    engine: Script,
    store: JobStore,
    new_job: NewJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    transition, failures = store.transition, [OSError("disk full")]

    async def flaky(*arguments: object, **options: object) -> object:
        if failures:
            raise failures.pop()
        return await transition(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "transition", flaky)
    engine.finish(job.id)
    assert (await final(queue, job.id)).job.state is JobState.DONE
    assert (await store.get(job.id)).state is JobState.DONE


async def test_a_reason_tells_no_path_of_the_host(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    words = (
        "The weights in /root/.cache/torch/vgg19-d.pth are damaged; see https://example.org/a/b."
    )
    engine.fail(job.id, JobFailed(words))
    reason = (await final(queue, job.id)).job.error
    assert reason == "The weights in vgg19-d.pth are damaged; see https://example.org/a/b."


async def test_an_unexpected_error_tells_nothing_of_itself(
    queue: JobQueue, engine: Script, new_job: NewJobs
) -> None:
    job = await queue.submit(new_job())
    await engine.until_started(1)
    engine.fail(job.id, OSError(28, "No space left on device", "/srv/bot/spool/x.png"))
    reason = (await final(queue, job.id)).job.error
    assert reason
    assert not any(word in reason for word in ("/srv", "x.png", "No space", "OSError", "Errno"))


async def test_a_hiccup_of_the_store_at_the_start_of_a_run_gets_a_second_try(
    engine: Script, store: JobStore, new_job: NewJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    transition, failures = store.transition, [OSError("database is locked")]

    async def flaky(*arguments: object, **options: object) -> object:
        if failures:
            raise failures.pop()
        return await transition(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "transition", flaky)
    async with JobQueue(store, engine, save_delays=(0.0,)) as queue:
        job = await queue.submit(new_job())
        await engine.until_started(1)
        engine.finish(job.id)
        assert (await final(queue, job.id)).job.state is JobState.DONE


async def test_a_hiccup_after_the_start_was_stored_gets_a_second_try(
    engine: Script, tmp_path: Path, new_job: NewJobs
) -> None:
    class Forgetful(JobStore):
        """Stores the first change of a state, and then says that it could not."""

        failures: ClassVar = [OSError("the connection broke off")]

        async def transition(self, *arguments: Any, **options: Any) -> Job:
            job = await super().transition(*arguments, **options)
            if self.failures:
                raise self.failures.pop()
            return job

    async with (
        Forgetful(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store,
        JobQueue(store, engine, save_delays=(0.0,)) as queue,
    ):
        await hold(store)
        job = await queue.submit(new_job())
        await engine.until_started(1)
        engine.finish(job.id)
        assert (await final(queue, job.id)).job.state is JobState.DONE


class Flapping(JobStore):
    """Stores a state and says that it could not; then it cannot be read so many times."""

    lost: ClassVar[dict[JobState, int]] = {}
    _down = 0

    async def transition(self, job_id: str, state: JobState, **options: Any) -> Job:
        job = await super().transition(job_id, state, **options)
        if state in self.lost:
            self._down = self.lost.pop(state)
            raise OSError("the connection broke off")
        return job

    async def get(self, job_id: str) -> Job:
        if self._down:
            self._down -= 1
            raise OSError("the server is not there")
        return await super().get(job_id)


@pytest.mark.parametrize(
    ("lost", "times", "state"),
    [
        (JobState.RUNNING, 1, JobState.DONE),
        (JobState.RUNNING, 9, JobState.FAILED),
        (JobState.DONE, 1, JobState.DONE),
        (JobState.DONE, 9, JobState.DONE),
    ],
)
async def test_a_database_that_comes_and_goes_leaves_no_card_painting(
    tmp_path: Path, new_job: NewJobs, lost: JobState, times: int, state: JobState
) -> None:
    async def paint(engine: Script, request: EngineRequest) -> None:
        engine.finish(request.job_id)

    async with (
        Flapping(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store,
        JobQueue(store, Script(act=paint), save_delays=(0.0, 0.0)) as queue,
    ):
        await hold(store)
        store.lost[lost] = times
        job = await queue.submit(new_job())
        assert (await final(queue, job.id)).job.state is state


@pytest.mark.parametrize("times", [1, 9])
async def test_a_database_that_comes_and_goes_lets_a_waiting_job_be_cancelled(
    engine: Script, tmp_path: Path, new_job: NewJobs, times: int
) -> None:
    async with (
        Flapping(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store,
        JobQueue(store, engine, save_delays=(0.0, 0.0)) as queue,
    ):
        await hold(store)
        running, waiting = [await queue.submit(new_job()) for _ in range(2)]
        await engine.until_started(1)
        store.lost[JobState.CANCELLED] = times
        assert (await queue.cancel(waiting.id)).state is JobState.CANCELLED
        assert [each.job.id for each in queue.overview()] == [running.id]


async def test_a_hiccup_of_the_check_at_the_start_gets_a_second_try(
    engine: Script, store: JobStore, new_job: NewJobs
) -> None:
    failures = [OSError("database is locked")]

    async def check(job: Job) -> None:
        if failures:
            raise failures.pop()

    async with JobQueue(store, engine, check=check, save_delays=(0.0,)) as queue:
        job = await queue.submit(new_job())
        await engine.until_started(1)
        engine.finish(job.id)
        assert (await final(queue, job.id)).job.state is JobState.DONE


class Moody(LocalFiles):
    """A disk that fails now and then."""

    failures: ClassVar[dict[str, int]] = {}

    def _fail(self, what: str) -> None:
        left = self.failures.get(what, 0)
        self.failures[what] = left - 1
        if left > 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    async def exists(self, *keys: FileKey) -> bool:
        self._fail("exists")
        return await super().exists(*keys)

    async def delete(self, *keys: FileKey) -> None:
        self._fail("delete")
        await super().delete(*keys)


@pytest.mark.parametrize(("what", "times"), [("exists", 1), ("delete", 1), ("delete", 9)])
async def test_a_disk_that_fails_leaves_no_card_painting(
    engine: Script, tmp_path: Path, new_job: NewJobs, what: str, times: int
) -> None:
    """Neither when a checkpoint is looked for, nor when one is removed."""
    files = Moody(tmp_path)
    async with (
        JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path, files=files) as store,
        JobQueue(store, engine, save_delays=(0.0,)) as queue,
    ):
        await hold(store)
        files.failures[what] = times
        job = await queue.submit(new_job())
        checkpoint_of(tmp_path, job.id).write_bytes(b"poison")
        await engine.until_started(1)
        engine.fail(job.id, WorkerDied("dead of its checkpoint"))
        await engine.until_started(2)
        engine.finish(job.id)
        done = (await final(queue, job.id)).job
        assert done.state is JobState.DONE
        assert await store.get(job.id) == done


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.DONE])
async def test_a_store_that_cannot_be_written_is_no_reason_for_silence(
    engine: Script,
    store: JobStore,
    new_job: NewJobs,
    monkeypatch: pytest.MonkeyPatch,
    state: JobState,
) -> None:
    transition = store.transition

    async def broken(job_id: str, to: JobState, **options: object) -> object:
        if to is JobState.RUNNING and state is not JobState.RUNNING:
            return await transition(job_id, to)
        raise OSError("disk full")

    monkeypatch.setattr(store, "transition", broken)
    async with JobQueue(store, engine, save_delays=(0.0, 0.0)) as queue:
        job = await queue.submit(new_job())
        if state is JobState.DONE:
            await engine.until_started(1)
            engine.finish(job.id)
        told = (await final(queue, job.id)).job
    assert told.state is (JobState.DONE if state is JobState.DONE else JobState.FAILED)
    assert told.finished_at is not None
    monkeypatch.undo()
    left = [JobState.RUNNING] if state is JobState.DONE else [JobState.QUEUED]
    assert [job.state for job in await store.in_states()] == left


async def test_no_log_shows_a_token(
    queue: JobQueue, engine: Script, new_job: NewJobs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    job = await queue.submit(new_job())
    await engine.until_started(1)
    engine.fail(job.id, RuntimeError(f"about {await queue.get(job.id)}"))
    await final(queue, job.id)
    assert "Traceback" in caplog.text
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(job)


async def test_old_files_and_jobs_go_and_new_ones_stay(
    store: JobStore, engine: Script, new_job: NewJobs, tmp_path: Path
) -> None:
    async with JobQueue(store, engine) as queue:
        job = await queue.submit(new_job())
        await engine.until_started(1)
        await store.files.put(output(job.id, ".png"), b"picture")
        engine.finish(job.id)
        done = (await final(queue, job.id)).job
    assert done.result is not None
    file = done.result.file
    async with JobQueue(store, engine, retention=timedelta(0)):
        pass
    # Only now, as the queue has left: its sweep would take what is delivered in its midst.
    await store.mark_delivered(done.id)
    async with JobQueue(store, engine, retention=timedelta(days=1)):
        pass
    assert await store.files.exists(file)
    assert (await store.get(done.id)).state is JobState.DONE
    async with JobQueue(store, engine, retention=timedelta(0)):
        await asyncio.to_thread(wait_until_swept, tmp_path / file)
    with pytest.raises(JobNotFound):
        await store.get(done.id)


def wait_until_swept(path: Path) -> None:
    deadline = time.monotonic() + 20
    while path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
async def test_each_of_many_waiting_jobs_learns_its_place(tmp_path: Path, new_job: NewJobs) -> None:
    engine, count = Script(), 230
    async with (
        JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store,
        JobQueue(store, engine, quota_of=lenient) as queue,
    ):
        await hold(store)
        jobs = [await queue.submit(new_job()) for _ in range(count)]
        async with asyncio.timeout(30):
            async for update in queue.watch(jobs[-1].id):
                if update.place == count - 1:
                    break
        await queue.cancel(jobs[1].id)
        async with asyncio.timeout(30):
            async for update in queue.watch(jobs[-1].id):
                if update.place == count - 2:
                    break
