"""The engine of several machines: requests run in the slots of a Ray cluster.

```
 bot process, one event loop                driver, a child process       hosts of the cluster
┌──────────────────────────────────────┐   ┌───────────────────────┐      ┌────────────────────┐
│ run() ─▶ waiting ─▶ attempt on slot 1 ┼──▶│ one actor a device,   │─Ray─▶│ actor: pool of one │
│   ▲      (one FIFO)  attempt on slot 2│◀──┼ wherever a host joins │◀─Ray─│ device ─▶ worker   │
└───┴──────────────────────────────────┘   └───────────────────────┘      └────────────────────┘
```
The bot never loads Ray. When its head is gone for long, Ray ends the driver; the engine starts
another one until the cluster answers again, and requests wait. Each run on a slot is an attempt
with a number of its own: whatever is said of an earlier attempt is refused.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Self

from backend.engine.pool import GRACE_SECONDS, PAINTER
from backend.engine.protocol import EngineProgress, EngineRequest, EngineSlot, unheard
from backend.engine.ray.attempt import Attempt, Place
from backend.engine.ray.child import DRIVER, Driver, start_driver
from backend.engine.ray.messages import (
    ClusterSeen,
    FromAttempt,
    FromDriver,
    SlotJoined,
    SlotLeft,
    SlotLog,
    SlotOptions,
    SlotState,
    StopAttempt,
)
from backend.engine.run import Run
from backend.engine.words import CANCELLED, CLOSING, NOBODY
from backend.errors import JobCancelled, JobFailed
from backend.files.store import FileStore
from backend.records import ResultFile
from nst.isolation import Isolation
from nst.text import Text

_LOG = logging.getLogger(__name__)

_START_SECONDS: Final = 10.0
_LONGEST_DELAY: Final = 5.0
_LONGER: Final = 60.0  # than any slot needs to say that a run is over whose time is up
_CLOSE_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 0.5  # for a slot to say that its grace is over


@dataclass(slots=True, eq=False)
class RayEngine:
    """Runs requests on a Ray cluster, first come, first served; see `Engine` for the contract.

    Attributes:
        address: of the cluster's head, `host:port`; this host must have joined it, too.
        most_slots: how many slots to use at most; 0 for all that there are.
        driver: the module that speaks with the cluster.
        silence_seconds: how long it may say nothing; it tells twice a second that it lives.
        painter, isolation: see `PoolEngine`, as of all that follow.
    """

    address: str
    files: FileStore
    _: KW_ONLY
    most_slots: int = 0
    driver: str = DRIVER
    silence_seconds: float = 60.0
    painter: str = PAINTER
    isolation: Isolation = Isolation.BEST
    hang_seconds: float = 120.0
    grace_seconds: float = GRACE_SECONDS
    start_seconds: float = 600.0
    restart_delay: float = 1.0
    _runs: dict[str, Run] = field(default_factory=dict, init=False)
    _attempts: dict[str, Attempt] = field(default_factory=dict, init=False)
    _waiting: deque[Run] = field(default_factory=deque, init=False)
    _places: dict[int, Place] = field(default_factory=dict, init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), init=False)
    _driver: Driver | None = field(default=None, init=False)
    _seen: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _keeper: asyncio.Task[None] | None = field(default=None, init=False)
    _conducting: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _changed: Callable[[], None] = field(default=unheard, init=False)
    _closed: bool = field(default=False, init=False)

    @property
    def slots(self) -> int:
        """Return how many requests run at the same time."""
        return len(self._places)

    def places(self) -> Sequence[EngineSlot]:
        """Return what there is to say of each slot."""
        return [
            replace(place.view, job_id=place.attempt.job_id) if place.attempt else place.view
            for place in self._places.values()
        ]

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` from now on when slots came or went, or `trouble` did."""
        self._changed = changed

    @property
    def trouble(self) -> Text | None:
        """Return why nothing can be painted now: no host is there, or none has a painter."""
        troubles = [place.trouble for place in self._places.values()]
        return None if None in troubles else next(iter(troubles), NOBODY)

    async def __aenter__(self) -> Self:
        """Start the driver; wait for the cluster to answer, but not for long."""
        self._keeper = asyncio.create_task(self._keep(), name="keeper of the Ray driver")
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._seen.wait()
        except TimeoutError:
            _LOG.warning("The Ray cluster at %s does not answer yet.", self.address)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End the driver; runs still going on raise JobCancelled."""
        self._closed = True
        for run in self._runs.values():
            run.fail(JobCancelled(CLOSING))
        if self._keeper:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
        if self._conducting:
            _, late = await asyncio.wait(self._conducting, timeout=_CLOSE_SECONDS)
            for task in late:  # the file store does not answer
                task.cancel()

    async def run(
        self, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
    ) -> ResultFile:
        """Run one request on the next free slot; `on_progress` is called on the event loop."""
        if self._closed:
            raise JobCancelled(CLOSING)
        if request.job_id in self._runs:
            raise ValueError(f"job {request.job_id} is running already")
        run = self._runs[request.job_id] = Run(request, on_progress)
        self._waiting.append(run)
        self._fill()
        try:
            return await run.outcome
        finally:
            try:
                if attempt := self._attempts.get(request.job_id):  # or whoever awaited this gave up
                    await attempt.end(self.grace_seconds + _ANSWER_SECONDS)
            finally:
                del self._runs[request.job_id]
                if run in self._waiting:
                    self._waiting.remove(run)

    def stop(self, job_id: str) -> None:
        """Ask nicely: finish with the current image. Unknown ids are ignored."""
        if run := self._runs.get(job_id):
            run.stop_asked = True
            if attempt := self._attempts.get(job_id):
                attempt.tell(StopAttempt)

    def kill(self, job_id: str) -> None:
        """End it now; `run` raises JobCancelled. Unknown ids are ignored."""
        if run := self._runs.get(job_id):
            run.fail(JobCancelled(CANCELLED))

    def _fill(self) -> None:
        """Give waiting runs to slots that are ready, those with a GPU first."""
        places = self._places.values()
        free = [place for place in places if place.is_ready and not place.attempt]
        for place in sorted(free, key=lambda place: place.view.device == "cpu"):
            while self._waiting and self._waiting[0].outcome.done():
                self._waiting.popleft()
            if self._waiting and self._driver:
                self._begin(self._waiting.popleft(), place, self._driver)
        while self.slots and self.trouble and self._waiting:  # where there is none, they wait
            self._waiting.popleft().fail(JobFailed(self.trouble))

    def _begin(self, run: Run, place: Place, driver: Driver) -> None:
        attempt = place.attempt = Attempt(next(self._numbers), run, place, driver.send)
        self._attempts[attempt.job_id] = attempt
        run.device = place.view.device
        task = asyncio.create_task(self._conduct(attempt), name=f"attempt {attempt.number}")
        self._conducting.add(task)
        task.add_done_callback(self._conducting.discard)

    async def _conduct(self, attempt: Attempt) -> None:
        """See one attempt through; its place is free afterwards."""
        limit = attempt.run.request.timeout + self.start_seconds + self.grace_seconds + _LONGER
        try:
            await attempt.see_through(self.files, limit)
        finally:
            attempt.place.attempt = None
            attempt.place.view = attempt.run.added_to(attempt.place.view)
            if self._attempts.get(attempt.job_id) is attempt:
                del self._attempts[attempt.job_id]
        self._fill()

    async def _keep(self) -> None:
        """Keep a driver for as long as the engine is open, whatever becomes of it."""
        delay = self.restart_delay
        while True:
            heard = False
            try:
                heard = await self._live()
            except TimeoutError:
                _LOG.warning("The Ray driver was silent for %.0f s.", self.silence_seconds)
            except Exception:
                _LOG.exception("The keeper of the Ray driver failed.")
            await asyncio.sleep(delay)
            delay = self.restart_delay if heard else min(_LONGEST_DELAY, 2 * delay)

    async def _live(self) -> bool:
        """Live one driver's life; return whether it said anything."""
        driver = self._driver = await self._start()
        heard = False
        try:
            while message := await self._next(driver):
                heard = True
                self._hear(message)
            return heard
        finally:
            self._driver = None
            for slot in list(self._places):
                self._leave(slot, "the driver has ended")
            how = await driver.end()
            level = logging.INFO if self._closed else logging.WARNING
            _LOG.log(level, "the Ray driver ended: %s", how)

    async def _next(self, driver: Driver) -> FromDriver | None:
        async with asyncio.timeout(self.silence_seconds):
            return await driver.receive()

    async def _start(self) -> Driver:
        options = SlotOptions(
            painter=self.painter,
            isolation=self.isolation,
            hang_seconds=self.hang_seconds,
            grace_seconds=self.grace_seconds,
            start_seconds=self.start_seconds,
            restart_delay=self.restart_delay,
        )
        return await start_driver(self.driver, self.address, self.most_slots, options)

    def _hear(self, message: FromDriver) -> None:
        """Use what the driver or a slot said."""
        match message:
            case ClusterSeen():
                self._seen.set()
            case SlotJoined(slot=slot, host=host, device=device):
                view = EngineSlot(host=host, device=device, since=datetime.now(UTC))
                self._places[slot] = Place(slot, view)
                self._tell_change()
            case SlotLeft(slot=slot, reason=reason):
                self._leave(slot, reason)
            case SlotState(slot=slot, is_ready=is_ready, trouble=trouble):
                place = self._places[slot]
                before, place.is_ready, place.trouble = self.trouble, is_ready, trouble
                self._fill()
                if self.trouble != before:
                    self._tell_change()
            case SlotLog(slot=slot, level=level, text=text):
                _LOG.log(level, "on %s: %s", self._places[slot].view.host, text)
            case FromAttempt():
                self._hear_attempt(message)

    def _leave(self, slot: int, reason: str) -> None:
        place = self._places.pop(slot)
        _LOG.info("slot %d on %s is gone: %s", slot, place.view.host, reason)
        if place.attempt:
            place.attempt.inbox.put_nowait(None)
        self._tell_change()

    def _tell_change(self) -> None:
        try:
            self._changed()
        except Exception:
            _LOG.exception("whoever listens to the engine failed")

    def _hear_attempt(self, message: FromAttempt) -> None:
        place = self._places.get(message.slot)
        if place and place.attempt and place.attempt.number == message.attempt:
            place.attempt.inbox.put_nowait(message.said)
        else:
            kind = message.said.kind
            _LOG.warning("attempt %d is over: %r is refused", message.attempt, kind)
