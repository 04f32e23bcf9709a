"""The queue: turns, limits, watching, stopping, cancelling, faults."""

from __future__ import annotations

from bot.jobs.model import JobState
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from tests.bot.jobs.support import NewJobs, Script


async def test_a_job_runs_and_is_delivered(store: JobStore, new_job: NewJobs) -> None:
    engine = Script()
    async with JobQueue(store, engine) as queue:
        job = await queue.submit(new_job())
        await engine.until_started(1)
        engine.progress(job.id, 0.5, left=1.0, preview=b"jpeg")
        engine.finish(job.id)
        updates = [update async for update in queue.watch(job.id)]
        done = updates[-1].job
        assert done.state is JobState.DONE
        assert done.result is not None
        assert done.result.path == store.spool / f"{job.id}-result.png"
        assert await queue.undelivered() == [done]
        await queue.mark_delivered(job.id)
        assert await queue.undelivered() == []
