"""The queue: takes jobs in, gives each its turn on the engine, and tells how they are doing.

```
 submit ──▶ store (QUEUED) ──▶ fair queue ──▶ one task a running job: store (RUNNING) ──▶ engine.run
                                                    │ progress ──▶ ActiveJob ──▶ watch
                                                    └──▶ store (DONE | FAILED | CANCELLED)
```
What is queued or running is held in memory as well (`ActiveJob`), read from the store once, when
the queue starts. A job that was running when the bot ended is still RUNNING in the store, and
goes on from its checkpoint, first, when the bot is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final, Self

from backend.engine.protocol import Engine, EngineProgress
from backend.errors import IllegalTransition, QueueRefused, UserError
from backend.i18n import Text
from backend.jobs.active import ActiveJob
from backend.jobs.estimates import work
from backend.jobs.eta import Forecast
from backend.jobs.execution import Check, Outcome, Turns, allow, count, failure
from backend.jobs.fair_queue import FairQueue
from backend.jobs.model import Job, JobState, NewJob
from backend.jobs.progress import JobUpdate
from backend.jobs.quota import Admission, QuotaOf, Quotas, usual_quota
from backend.jobs.recovery import recover
from backend.jobs.retention import sweep
from backend.jobs.store import JobStore
from backend.logs import JOB_ID
from backend.metrics import JOBS_TAKEN

_LOG = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 2.0
_MANY: Final = 200  # when more jobs wait, they are told their places once a second


class JobQueue:
    """Jobs from submission to their final state; an async context manager.

    Enter it after the engine and leave it before, so that jobs that are running then are kept.
    Whatever takes a job's id raises JobNotFound where there is none with that id (any more).

    Args:
        quota_of: looks up how many jobs a person and a server may have.
        check: asked when a job's turn has come, after a restart as well; raises a `UserError` where
            it must not be painted any more, and the card says why.
        job_timeout: seconds after which a running job is ended.
        retention: how long the files of delivered jobs are kept.
        history: how long the jobs themselves are remembered; as long, if left out.
        save_delays: seconds to wait before a state that could not be stored is stored again.

    Attributes:
        held: returns why no job may be started now, if so; call `fill` when that changes.
        forecast: of when jobs are finished; what is to be set there is set before it is entered.
        admitted, count_day: of `Quotas`, for commands until they are jobs.
    """

    def __init__(
        self,
        store: JobStore,
        engine: Engine,
        *,
        quota_of: QuotaOf = usual_quota,
        check: Check = allow,
        job_timeout: float = 3600.0,
        retention: timedelta = timedelta(days=7),
        history: timedelta | None = None,
        save_delays: tuple[float, ...] = (0.2, 1.0, 5.0),
    ) -> None:
        self._store = store
        self._engine = engine
        self._turns = Turns(store, engine, check, timeout=job_timeout, delays=save_delays)
        self._retention = retention, history
        self.held: Callable[[], Text | None] = lambda: None
        self.mark_delivered = store.mark_delivered
        self._active: dict[str, ActiveJob] = {}
        self._quotas = Quotas(store, quota_of, self._active.values)
        self.admitted, self.count_day = self._quotas.admitted, self._quotas.count_day
        self._running: dict[str, ActiveJob] = {}  # those of them that have a place on the engine
        self._reckoning: asyncio.TimerHandle | None = None
        self._waiting = FairQueue()
        self.forecast = Forecast(store.database, engine.places)
        self._closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Take up the jobs that are in the store, and start them."""
        await self.forecast.load()
        self._engine.watch(self._resize)
        self._resize()
        for job in await recover(self._store):
            self._active[job.id] = ActiveJob(job)
            if job.started_at:
                _LOG.info("job %s was running when the bot ended; it goes on", job.id)
                self._waiting.add_first(job)
            else:
                self._waiting.add(job, work(job))
        await self.check_waiting()  # before anybody looks for their files
        self.fill()
        sweeping = sweep(self._store, self._closed, *self._retention)
        self._sweeper = asyncio.create_task(sweeping, name="sweeper of old jobs")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Start nothing more and end what runs; running jobs go on when the bot is back."""
        self._closed.set()
        if self._reckoning:
            self._reckoning.cancel()
        for active in self._active.values():
            active.abandoned = True
            self._engine.kill(active.job.id)
        works = (active.work for active in self._active.values())
        tasks = {task for task in (*works, self._sweeper) if task}
        _, tasks = await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for active in self._active.values():
            active.end()

    async def check_waiting(self) -> None:
        """End the jobs that wait and must not be painted any more, each with the reason."""
        for active in [each for each in self._active.values() if not each.work]:
            try:
                await self._turns.check(active.job)
            except UserError as error:
                await self.refuse(active.job.id, error.text)

    async def submit(
        self, new: NewJob, admission: Admission | None = None, job_id: str | None = None
    ) -> Job:
        """Store a job, a command until now (`JobStore.receive`), and let it wait for its turn.

        It is admitted now unless it was; `job_id` is that of a command that was noted.

        Raises:
            QueueRefused: a limit is reached (the text names it), or the bot is shutting down.
            JobNotFound: a file that it needs is not kept any more.
        """
        if admission is None:
            async with self.admitted(new.address, count=new.spec.count) as admitted:
                await self.count_day(admitted, new.spec.pictures_of_a_day)
                return await self.submit(new, admitted, job_id)
        if self._closed.is_set():
            raise QueueRefused("The bot is about to restart. Please try again in a minute.")
        job = await self._store.create(new, job_id)
        active = self._active[job.id] = ActiveJob(job)
        self._quotas.become(job, admission)
        self._waiting.add(job, work(job))
        self.fill()
        active.expected = active.seconds_left
        JOBS_TAKEN.inc()
        return job

    async def get(self, job_id: str) -> Job:
        """Return the job as it is now."""
        return self._active[job_id].job if job_id in self._active else await self._store.get(job_id)

    async def watch(self, job_id: str) -> AsyncGenerator[JobUpdate, None]:
        """Yield how the job is doing: first as it is now, at last its final state, newest only.

        A slow reader skips what was in between. When the queue is left, watching ends without one.
        """
        active = self._active.get(job_id)
        if active is None:
            active = ActiveJob(await self._store.get(job_id))
            active.end()
        async with aclosing(active.watch()) as updates:
            async for update in updates:
                yield update

    async def stop(self, job_id: str) -> Job:
        """Let a running job finish with the picture as it is; other jobs are left alone."""
        active = self._active.get(job_id)
        if active and active.work:
            active.stop_asked = True
            active.changed()
            self._engine.stop(job_id)
        return await self.get(job_id)

    async def cancel(self, job_id: str) -> Job:
        """End a queued or running job; return the job in its final state (cancelled or earlier)."""
        active = self._active.get(job_id)
        if active is None:
            return await self._store.get(job_id)
        active.cancel_asked = True
        if active.work:
            self._engine.kill(job_id)
            await asyncio.wait({active.work})
        else:
            await self._end(active, Outcome(state=JobState.CANCELLED))
        return active.job

    async def take_still(self, job_id: str) -> Job:
        """Paint one frame of a film in place of it; other jobs are left alone."""
        active = self._active.get(job_id)
        if active and active.job.spec.film:
            await self._turns.take_still(active)
            self._reckon()
        return await self.get(job_id)

    async def refuse(self, job_id: str, reason: Text) -> None:
        """End a job that still waits, with the reason; leave one that runs or is over alone."""
        active = self._active.get(job_id)
        if active and not active.work:
            await self._end(active, failure(active.job, reason))

    async def renew_token(self, job_id: str, token: str) -> Job:
        """Keep a fresh interaction token for the job's card; return the job with it."""
        job = await self._store.renew_token(job_id, token)
        if active := self._active.get(job_id):
            active.job = job = replace(active.job, address=job.address, token_at=job.token_at)
        return job

    def overview(self) -> list[JobUpdate]:
        """Return how every job is doing: first those that run, then the others by place."""
        updates = [one.update() for one in self._active.values() if not one.job.state.is_final]
        return sorted(updates, key=lambda update: (update.place or 0, update.job.id))

    async def undelivered(self) -> list[Job]:
        """Return the jobs whose outcome their requesters have not been shown, oldest first."""
        stored = {job.id: job for job in await self._store.undelivered()}
        jobs = {active.job.id: active.job for active in self._active.values()} | stored
        return sorted(jobs.values(), key=lambda job: job.id)

    async def _end(self, active: ActiveJob, outcome: Outcome) -> None:
        """Bring a job that still waits to its final state."""
        self._waiting.remove(active.job)
        await self._turns.settle(active, outcome)
        self._forget(active)
        self.fill()

    def _resize(self) -> None:
        """Make the most of the slots that there are now, and tell all jobs of it."""
        self.forecast.resize()
        for active in self._running.values():
            active.hold(self._engine.trouble)
        self.fill()

    def fill(self) -> None:
        """Start as many waiting jobs as the engine has room for, if any may start."""
        if self._closed.is_set():
            return
        while self._waiting and not self.held() and len(self._running) < self._engine.slots:
            active = self._active[self._waiting.pop()]
            self._running[active.job.id] = active
            self.forecast.begin(active)
            active.work = asyncio.create_task(self._work(active), name=f"job {active.job.id}")
        loop = asyncio.get_running_loop()
        if len(self._waiting) <= _MANY:
            self._reckon()
        elif not self._reckoning or self._reckoning.when() < loop.time():
            self._reckoning = loop.call_later(1.0, self._reckon)

    def _reckon(self) -> None:
        """Tell every waiting job its place and how long it still takes."""
        waiting = [self._active[job_id] for job_id in self._waiting.order()]
        held = self.held() or self._engine.trouble
        self.forecast.reckon(waiting, list(self._running.values()), held=held)

    async def _work(self, active: ActiveJob) -> None:
        """See one job through, from its turn to its final state."""
        JOB_ID.set(active.job.id)
        try:
            outcome = await self._turns.take(active, partial(self._progress, active))
            result = outcome.result if outcome else None
            learned = self.forecast.learn(active, result) if result else {}
            self._leave_slot(active)  # the next one need not wait until this one is stored
            if outcome:
                await self._turns.settle(active, outcome)
                await self.forecast.keep(learned)
                count(active.job)
        except IllegalTransition:
            _LOG.exception("job %s was changed by somebody else", active.job.id)
        finally:
            self._forget(active)

    def _progress(self, active: ActiveJob, progress: EngineProgress) -> None:
        if self.forecast.progress(active, progress):
            self._reckon()

    def _forget(self, active: ActiveJob) -> None:
        """Let go of a job that is over."""
        active.end()
        self._active.pop(active.job.id, None)
        self._leave_slot(active)

    def _leave_slot(self, active: ActiveJob) -> None:
        """Start the next job where this one had a place on the engine."""
        if self._running.pop(active.job.id, None):
            self.fill()
