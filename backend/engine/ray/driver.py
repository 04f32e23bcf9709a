"""The Ray driver: a child process of the bot, and all of the bot that Ray is loaded into.

Started by `backend.engine.ray.engine` as

    python -m backend.engine.ray.driver ADDRESS MOST_SLOTS OPTIONS

It keeps an actor (`Slot`) for each device of each host of the cluster, and passes messages on
(`backend.engine.ray.messages`). When Ray's head is gone for long, Ray ends this process; the bot
starts another one. It never sees Discord's token, nor the password of the database.

```
 bot ──stdin──▶ orders ─────▶ actor of host a, slot 1 ──▶ pool of one device ──▶ worker
     ◀─stdout── lines  ◀───── actor of host b, slot 2 …
```
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import threading
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

import ray
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from backend.engine.child import private_pipes, settle_in
from backend.engine.messages import PictureDone
from backend.engine.ray.devices import Host
from backend.engine.ray.host import resolved
from backend.engine.ray.messages import (
    FROM_DRIVER,
    TO_SLOT,
    BeginAttempt,
    ClusterSeen,
    FromAttempt,
    FromDriver,
    RunFailed,
    SlotJoined,
    SlotLeft,
)
from backend.engine.ray.slot import Files, Slot
from backend.engine.words import said_of
from backend.errors import JobFailed
from backend.files.store import FileKey

_LOG = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.5
_RESTART_SECONDS: Final = 1.0
_SILENCE_SECONDS: Final = 15.0  # Ray itself would wait for a minute, and tell of nothing meanwhile
_SLOT_SECONDS: Final = 10.0  # a slot gives a sign of life every two seconds
_TELL_SECONDS: Final = 60.0  # with all of a run's files


def _actor(host: Host, number: int, options: str) -> Any:
    """Start the actor of one of a host's slots."""
    strategy = NodeAffinitySchedulingStrategy(host.node, soft=False)
    return (
        ray.remote(Slot)
        .options(
            scheduling_strategy=strategy,
            num_cpus=host.cpu_share,
            num_gpus=host.gpu_share,
            max_concurrency=1000,
        )
        .remote(number, host.device, options)
    )


@dataclass(slots=True)
class Driver:
    """Keeps the slots, and passes messages on.

    Attributes:
        most: how many slots at most; 0 for as many as there are.
        options: of every slot, as JSON.
    """

    outlet: IO[bytes]
    most: int
    options: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _keepers: dict[tuple[str, int], asyncio.Task[None]] = field(default_factory=dict)
    _actors: dict[int, Any] = field(default_factory=dict)
    _folders: dict[int, Path] = field(default_factory=dict)  # of the latest attempt of a slot
    _patience: dict[int, asyncio.Timeout] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def watch(self) -> None:
        """Keep slots on the hosts that there are, until something goes wrong that is not theirs."""
        while True:
            await self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        """Let keepers come and go with their hosts; raises if the head is silent for too long."""
        async with asyncio.timeout(_SILENCE_SECONDS):
            hosts = await asyncio.to_thread(_hosts)
        wanted = {(host.node, index): host for host in hosts for index in range(host.slots)}
        for place in self._keepers.keys() - wanted.keys():
            self._keepers.pop(place).cancel()
        for place, host in wanted.items():
            if place not in self._keepers and (not self.most or len(self._keepers) < self.most):
                self._keepers[place] = self._start(self._keep(host))
        await asyncio.sleep(0)  # those that are new announce themselves
        self._say(ClusterSeen())

    def hear(self, line: bytes) -> None:
        """Pass a message of the bot on to its slot."""
        self._start(self._tell(line))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start a task whose failure nobody foresaw is the end of this process."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._settle)
        return task

    def _settle(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _LOG.critical("The driver cannot go on.", exc_info=error)
            os._exit(1)

    async def _tell(self, line: bytes) -> None:
        message = TO_SLOT.decode(line)
        actor, files = self._actors.get(message.slot), dict[FileKey, bytes]()
        if actor is None:
            return  # it is gone, and the bot has heard of that
        try:
            async with asyncio.timeout(_TELL_SECONDS):
                if isinstance(message, BeginAttempt):
                    self._folders[message.slot] = Path(message.folder)
                    files = await asyncio.to_thread(_read, message.files)
                await actor.tell.remote(line.decode(), files)
        except Exception:  # a run whose order was lost would never end
            _LOG.exception("slot %d does not hear", message.slot)
            self._bear(message.slot, 0.0)

    def _bear(self, slot: int, seconds: float) -> None:
        """Give up a slot that says nothing for so long."""
        if patience := self._patience.get(slot):
            patience.reschedule(asyncio.get_running_loop().time() + seconds)

    async def _keep(self, host: Host) -> None:
        """Keep an actor on a host, whatever becomes of it."""
        while True:
            number = next(self._numbers)
            self._say(SlotJoined(slot=number, host=host.name, device=host.kind))
            reason = "its host has left"
            try:
                async with asyncio.timeout(None) as self._patience[number]:
                    await self._live(number, host)
            except TimeoutError:
                reason = "it does not answer"
            except (ActorDiedError, ActorUnavailableError) as error:
                reason = _first_line(error)
            except Exception:
                _LOG.exception("slot %d on %s failed", number, host.name)
                reason = "it failed"
            finally:
                del self._patience[number]
                self._folders.pop(number, None)
                self._say(SlotLeft(number, reason))
                if actor := self._actors.pop(number, None):
                    threading.Thread(target=_end, args=(actor,), daemon=True).start()
            await asyncio.sleep(_RESTART_SECONDS)

    async def _live(self, number: int, host: Host) -> None:
        actor = self._actors[number] = _actor(host, number, self.options)
        async for said in actor.live.options(num_returns="streaming").remote():
            self._patience[number].reschedule(None)  # large files take their time
            line, files = await said
            if line:
                await self._pass_on(number, FROM_DRIVER.decode(line), files)
            self._bear(number, _SLOT_SECONDS)

    async def _pass_on(self, number: int, message: FromDriver, files: Files) -> None:
        try:
            if files and number in self._folders:
                await asyncio.to_thread(_write, self._folders[number], files)
        except OSError as error:  # of the bot's own host: no fault of the slot
            _LOG.exception("files of slot %d cannot be kept", number)
            message = _without_files(message, error)
        self._say(message)

    def _say(self, message: FromDriver) -> None:
        self.outlet.write(FROM_DRIVER.encode(message).encode() + b"\n")
        self.outlet.flush()


def _hosts() -> list[Host]:
    return [
        Host(
            node["NodeID"],
            f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})",
            node["Resources"],
        )
        for node in ray.nodes()
        if node["Alive"]
    ]


def _end(actor: Any) -> None:
    """End an actor, in a thread: without a head that takes its time."""
    try:
        ray.kill(actor)
    except Exception:  # Ray ends it with this driver
        _LOG.warning("an actor cannot be ended", exc_info=True)


def _read(files: Mapping[FileKey, str]) -> dict[FileKey, bytes]:
    """Read what a run needs; what is gone in the meantime, its worker says."""
    return {key: Path(path).read_bytes() for key, path in files.items() if Path(path).is_file()}


def _write(folder: Path, files: Files) -> None:
    """Put files of a run where the bot takes them from, each in one step."""
    for key, data in files.items():
        target = folder / PurePosixPath(key).name
        half = target.with_name(f"{target.name}.part")
        half.write_bytes(data)
        half.replace(target)


def _without_files(message: FromDriver, error: OSError) -> FromDriver:
    """Return what is said in place of a message whose files cannot be kept."""
    if isinstance(message, FromAttempt) and isinstance(message.said, PictureDone):
        return replace(message, said=RunFailed.of(JobFailed(said_of(error))))
    return message  # the bot does without the checkpoint


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _listen(inlet: IO[bytes], driver: Driver, loop: asyncio.AbstractEventLoop) -> None:
    """Pass lines on in a thread of their own, and end with the bot."""
    try:
        for line in inlet:
            loop.call_soon_threadsafe(driver.hear, line)
    except Exception:
        _LOG.exception("The driver cannot listen.")
    os._exit(0)  # Ray ends the actors of a driver that is gone


async def _serve(inlet: IO[bytes], driver: Driver) -> None:
    loop = asyncio.get_running_loop()
    threading.Thread(target=_listen, args=(inlet, driver, loop), daemon=True).start()
    try:
        await driver.watch()
    except (TimeoutError, RayError) as silence:
        _LOG.error("The cluster's head does not answer: %s", silence)
    except Exception:
        _LOG.exception("The driver cannot go on.")
    os._exit(1)  # the thread that asked may never come back


def main(arguments: list[str]) -> None:
    """Serve until the bot or the cluster is gone."""
    address, most, options = arguments
    inlet, outlet = private_pipes()
    settle_in(niceness=0)
    head = resolved(address)
    ray.init(address=head, log_to_driver=False, logging_level=logging.WARNING)
    asyncio.run(_serve(inlet, Driver(outlet, int(most), options)))


if __name__ == "__main__":
    main(sys.argv[1:])
