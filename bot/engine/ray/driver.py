"""The Ray driver: a child process of the bot, and all of the bot that Ray is loaded into.

Started by `bot.engine.ray.engine` as

    python -m bot.engine.ray.driver ADDRESS MOST_SLOTS OPTIONS

It keeps an actor (`Slot`) for each device of each host of the cluster, and passes messages on
(`bot.engine.ray.messages`). When Ray's head is gone for long, Ray ends this process; the bot
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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from bot.engine.child import private_pipes, settle_in
from bot.engine.ray.host import resolved
from bot.engine.ray.messages import (
    FROM_DRIVER,
    TO_SLOT,
    BeginAttempt,
    ClusterSeen,
    FromAttempt,
    FromDriver,
    SlotJoined,
    SlotLeft,
    ToSlot,
)
from bot.engine.ray.slot import Files, Slot
from bot.files.store import FileKey

_LOG = logging.getLogger(__name__)

RESOURCE: Final = "painters"
"""What a host is given with `ray start --resources` to say how many slots it has."""
_LOOK_SECONDS: Final = 0.5
_RESTART_SECONDS: Final = 1.0
_SILENCE_SECONDS: Final = 15.0  # Ray itself would wait for a minute, and tell of nothing meanwhile
_ACCELERATOR: Final = "accelerator_type:"


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the cluster, as Ray describes it."""

    node: str
    name: str
    resources: Mapping[str, float]

    @property
    def gpus(self) -> int:
        """Return how many GPUs there are."""
        return int(self.resources.get("GPU", 0))

    @property
    def slots(self) -> int:
        """Return how many pictures it paints at a time: one a GPU, or one on all cores."""
        cores = int(self.resources.get("CPU", 0))
        return int(self.resources.get(RESOURCE, self.gpus or min(1, cores)))

    @property
    def device(self) -> str:
        """Return the kind of its devices, such as `cpu` or `H100`."""
        if not self.gpus:
            return "cpu"
        kinds = (name for name in self.resources if name.startswith(_ACCELERATOR))
        return next(kinds, f"{_ACCELERATOR}cuda").removeprefix(_ACCELERATOR)

    def actor(self, number: int, options: str) -> Any:
        """Start the actor of one of its slots."""
        share = max(1, self.slots)
        strategy = NodeAffinitySchedulingStrategy(self.node, soft=False)
        return (
            ray.remote(Slot)
            .options(
                scheduling_strategy=strategy,
                num_cpus=int(self.resources.get("CPU", 0)) // share,  # Ray sets OMP_NUM_THREADS
                num_gpus=1 if self.gpus else 0,
                max_concurrency=1000,
            )
            .remote(number, "cuda:0" if self.gpus else "cpu", options)
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
    _telling: set[asyncio.Task[None]] = field(default_factory=set)

    async def watch(self) -> None:
        """Keep slots on the hosts that there are, until the head is silent for too long."""
        while True:
            async with asyncio.timeout(_SILENCE_SECONDS):
                hosts = await asyncio.to_thread(_hosts)
            wanted = {(host.node, index): host for host in hosts for index in range(host.slots)}
            for place in self._keepers.keys() - wanted.keys():
                self._keepers.pop(place).cancel()
            for place, host in wanted.items():
                if place not in self._keepers and (not self.most or len(self._keepers) < self.most):
                    self._keepers[place] = asyncio.create_task(self._keep(host))
            await asyncio.sleep(0)  # those that are new announce themselves
            self._say(ClusterSeen())
            await asyncio.sleep(_LOOK_SECONDS)

    def hear(self, line: bytes) -> None:
        """Pass a message of the bot on to its slot."""
        message = TO_SLOT.decode(line)
        telling = asyncio.create_task(self._tell(message, line.decode()))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _tell(self, message: ToSlot, line: str) -> None:
        actor, files = self._actors.get(message.slot), dict[FileKey, bytes]()
        if actor is None:
            return  # it is gone, and the bot has heard of that
        if isinstance(message, BeginAttempt):
            self._folders[message.slot] = Path(message.folder)
            files = await asyncio.to_thread(_read, message.files)
        try:
            await actor.tell.remote(line, files)
        except RayError as error:
            _LOG.warning("slot %d does not hear: %s", message.slot, _first_line(error))

    async def _keep(self, host: Host) -> None:
        """Keep an actor on a host, whatever becomes of it."""
        while True:
            number = next(self._numbers)
            self._say(SlotJoined(slot=number, host=host.name, device=host.device))
            reason = "its host has left"
            try:
                await self._live(number, host)
            except RayError as error:
                reason = _first_line(error)
            finally:
                if actor := self._actors.pop(number, None):
                    ray.kill(actor)
                self._folders.pop(number, None)
                self._say(SlotLeft(number, reason))
            await asyncio.sleep(_RESTART_SECONDS)

    async def _live(self, number: int, host: Host) -> None:
        actor = self._actors[number] = host.actor(number, self.options)
        async for said in actor.live.options(num_returns="streaming").remote():
            line, files = await said
            message = FROM_DRIVER.decode(line)
            if files and isinstance(message, FromAttempt):
                await asyncio.to_thread(_write, self._folders[number], files)
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


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _listen(inlet: IO[bytes], driver: Driver, loop: asyncio.AbstractEventLoop) -> None:
    """Pass lines on in a thread of their own, and end with the bot."""
    for line in inlet:
        loop.call_soon_threadsafe(driver.hear, line)
    os._exit(0)  # Ray ends the actors of a driver that is gone


async def _serve(inlet: IO[bytes], driver: Driver) -> None:
    loop = asyncio.get_running_loop()
    threading.Thread(target=_listen, args=(inlet, driver, loop), daemon=True).start()
    try:
        await driver.watch()
    except (TimeoutError, RayError) as error:
        _LOG.error("The cluster's head does not answer: %s", error)
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
