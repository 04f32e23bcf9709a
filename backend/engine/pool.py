"""The first engine: one warm worker process per device.

```
 bot process, one event loop                          worker processes (backend.engine.worker)
┌───────────────────────────────────────────┐        ┌──────────────────────────────────┐
│ run() ─▶ waiting runs ─▶ keeper of cuda:0 ─┼─run──▶ │ listener thread                  │
│   ▲        (one FIFO)  └▶ keeper of cuda:1 │  stop  │ main thread: the model of cuda:0 │
│   └── progress, result, error ◀────────────┼─lines──│                                  │
│                            log ◀───────────┼─stderr─│ anything printed                 │
└───────────────────────────────────────────┘        └──────────────────────────────────┘
```
A keeper is one task per device. It starts the worker, hands it the next waiting run, and starts a
fresh worker whenever the old one has ended, whatever the reason: a crash, a kill, a hang. So a
dead worker costs its own run only. When no worker can be started on any device, runs fail with
the reason instead of waiting, while the keepers go on trying, ever more rarely.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Self

from backend.engine.messages import (
    Failure,
    StopOrder,
    WorkerReady,
)
from backend.engine.process import WorkerProcess, start_worker
from backend.engine.protocol import EngineProgress, EngineRequest, EngineSlot, outputs, unheard
from backend.engine.run import Run
from backend.engine.words import CANCELLED, CLOSING, NO_WORKER, SEE_LOG, said_of
from backend.errors import JobCancelled, JobFailed
from backend.files.store import FileStore
from backend.metrics import WORKERS_DIED
from backend.records import ResultFile
from nst.isolation.painter import Confinement
from nst.text import Text

_LOG = logging.getLogger(__name__)

PAINTER: Final = "backend.engine.painter:load"
GRACE_SECONDS: Final = 1.5
_PATIENCE_STARTS: Final = 3
_MAX_DELAY: Final = 60.0


@dataclass(slots=True, eq=False)
class PoolEngine:
    """Runs requests in worker processes, first come, first served; see `Engine` for the contract.

    Attributes:
        devices: `cpu`, `cuda:0` …; a device named twice gets two workers.
        painter: `module:function` that loads the model in the worker (`backend.engine.worker`).
        hang_seconds: how long a worker may be silent during a run before it counts as hung, for
            each megapixel asked for (at least one), since one evaluation of a large picture takes
            minutes on a CPU.
        start_seconds: how long a worker may take to load its model.
        restart_delay: seconds before another attempt to start a worker that could not be started;
            they double with each attempt, up to a minute.
        grace_seconds: how long a worker may take to end a run that was cancelled; a slower one is
            killed, and the next picture waits for another to load its model.
    """

    devices: Sequence[str]
    files: FileStore
    _: KW_ONLY
    painter: str = PAINTER
    confinement: Confinement = field(default_factory=Confinement)
    hang_seconds: float = 120.0
    start_seconds: float = 600.0
    restart_delay: float = 1.0
    grace_seconds: float = GRACE_SECONDS
    _runs: dict[str, Run] = field(default_factory=dict, init=False)
    _waiting: asyncio.Queue[Run] = field(default_factory=asyncio.Queue, init=False)
    _down: dict[int, Text] = field(default_factory=dict, init=False)  # who has no worker, and why
    _ready: set[int] = field(default_factory=set, init=False)  # whose worker has its model
    _places: list[EngineSlot] = field(default_factory=list, init=False)
    _keepers: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _changed: Callable[[], None] = field(default=unheard, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Refuse to be of no use."""
        if not self.devices:
            raise ValueError("an engine needs at least one device")
        here, now = platform.node(), datetime.now(UTC)
        self._places = [EngineSlot(host=here, device=name, since=now) for name in self.devices]

    @property
    def slots(self) -> int:
        """Return how many requests run at the same time."""
        return len(self.devices)

    def places(self) -> Sequence[EngineSlot]:
        """Return what there is to say of each device."""
        return self._places

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` from now on when slots came or went, or `trouble` did."""
        self._changed = changed

    @property
    def trouble(self) -> Text | None:
        """Return why nothing can be painted now: no device has a worker that starts."""
        if len(self._down) < self.slots:
            return None
        return Text(NO_WORKER, reason=next(iter(self._down.values())))

    @property
    def is_ready(self) -> bool:
        """Return whether some device has a worker that would begin at once."""
        return bool(self._ready)

    async def __aenter__(self) -> Self:
        """Start the workers; they load the model in the background."""
        self._keepers = [
            asyncio.create_task(self._keep(number, device), name=f"keeper of {device}")
            for number, device in enumerate(self.devices)
        ]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End every worker; runs still going on raise JobCancelled."""
        self._closed = True
        for run in self._runs.values():
            run.fail(JobCancelled(CLOSING))
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def run(
        self, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
    ) -> ResultFile:
        """Run one request on the next free device; `on_progress` is called on the event loop."""
        if self._closed:
            raise JobCancelled(CLOSING)
        if request.job_id in self._runs:
            raise ValueError(f"job {request.job_id} is running already")
        run = self._runs[request.job_id] = Run(request, on_progress)
        try:
            async with AsyncExitStack() as staged:
                await self._stage(run, staged)
                return await self._outcome(run)
        except OSError as error:
            _LOG.exception("job %s: its files cannot be read or kept", request.job_id)
            raise JobFailed(said_of(error)) from error
        finally:
            del self._runs[request.job_id]

    async def _stage(self, run: Run, staged: AsyncExitStack) -> None:
        """Let a worker see the files of a run, unless that is settled before they are there."""
        made = outputs(run.request.job_id, len(run.request.parts))
        try:
            async with asyncio.timeout(None) as limit:
                run.on_settled = lambda: limit.reschedule(0)
                try:
                    await staged.enter_async_context(self.files.shared(run.request.inputs, made))
                finally:
                    run.on_settled = unheard
        except TimeoutError:
            if not run.outcome.done():
                raise

    async def _outcome(self, run: Run) -> ResultFile:
        """Let a run wait for its turn; return what came of it."""
        self._waiting.put_nowait(run)
        self._give_up_if_down()
        try:
            return await run.outcome
        finally:
            if run.worker:  # killed, or whoever awaited this gave up
                await run.end(run.worker, self.grace_seconds)

    def stop(self, job_id: str) -> None:
        """Ask nicely: finish with the current image. Unknown ids are ignored."""
        if run := self._runs.get(job_id):
            run.stop_asked = True
            if run.worker:
                run.worker.send(StopOrder(job_id))

    def kill(self, job_id: str) -> None:
        """End it now; `run` raises JobCancelled. Unknown ids are ignored."""
        if run := self._runs.get(job_id):
            run.fail(JobCancelled(CANCELLED))

    async def _keep(self, number: int, device: str) -> None:
        """Keep a worker on `device` for as long as the engine is open."""
        failures = 0
        while True:
            try:
                reason = await self._live(number, device)
            except Exception:
                _LOG.exception("the keeper of %s failed", device)
                reason = SEE_LOG
            if reason is None:
                failures = 0
                continue
            failures += 1
            if failures >= _PATIENCE_STARTS:
                self._down[number] = reason
                self._give_up_if_down()
            await asyncio.sleep(min(_MAX_DELAY, self.restart_delay * 2 ** (failures - 1)))

    def _give_up_if_down(self) -> None:
        """Fail the waiting runs when no device has a worker that starts."""
        if trouble := self.trouble:
            self._changed()
            while not self._waiting.empty():
                self._waiting.get_nowait().fail(JobFailed(trouble))

    async def _live(self, number: int, device: str) -> Text | None:
        """Live one worker's life; return why it was of no use, None if it has served a run."""
        async with self.files.scratch() as scratch:  # goes however the worker ends
            told = [self.painter, self.files.address, str(scratch), *self.confinement.arguments]
            worker = await start_worker(device, told, self.slots)
            try:
                if reason := await self._until_ready(worker):
                    return reason
                self._down.pop(number, None)
                self._ready.add(number)
                self._changed()
                served = False
                while run := await self._next_run(worker):
                    served = True
                    run.device = device
                    place = self._places[number]
                    self._places[number] = replace(place, job_id=run.request.job_id)
                    self._ready.discard(number)
                    await run.conduct(worker, self.hang_seconds)
                    self._places[number] = run.added_to(place)
                    if worker.is_usable:
                        self._ready.add(number)
                        self._changed()
                return None if served else SEE_LOG
            finally:
                self._ready.discard(number)
                self._changed()
                WORKERS_DIED.inc(int(not self._closed))
                how = await worker.end()
                level = logging.INFO if self._closed else logging.WARNING
                _LOG.log(level, "worker %s on %s ended: %s", worker.pid, device, how)

    async def _until_ready(self, worker: WorkerProcess) -> Text | None:
        """Wait for the model to be loaded; return why it was not, in words for people."""
        try:
            async with asyncio.timeout(self.start_seconds):
                message = await worker.receive()
        except TimeoutError:
            _LOG.error("%s not ready in %.0f s", worker.name, self.start_seconds)
            return SEE_LOG
        if isinstance(message, WorkerReady):
            _LOG.info("%s is ready", worker.name)
            return None
        if isinstance(message, Failure):
            _LOG.error("%s:\n%s", worker.name, message.trace)
            return message.words
        return SEE_LOG

    async def _next_run(self, worker: WorkerProcess) -> Run | None:
        """Return the next run to give to `worker`, or None when the worker has ended."""
        gone = asyncio.create_task(worker.wait())
        try:
            while worker.is_usable:
                coming = asyncio.create_task(self._waiting.get())
                try:
                    await asyncio.wait({gone, coming}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not coming.done():
                        coming.cancel()  # takes no run out of the queue
                if coming.done() and not coming.result().outcome.done():
                    return coming.result()
            return None
        finally:
            gone.cancel()
