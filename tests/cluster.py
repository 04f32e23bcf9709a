"""A Ray cluster on the loopback interface: a head, and hosts that join and leave.

Meant for a network namespace of its own (`make test-cluster`), or Ray takes the machine's address.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backend.engine.ray.engine import RayEngine
from backend.engine.ray.host import host_environment
from backend.files.local import LocalFiles

PORT = 6380
ADDRESS = f"127.0.0.1:{PORT}"
TOKEN = "a-token-of-the-cluster-that-is-long-enough-0123456789"
SECRETS = {"DISCORD_TOKEN": "very-secret", "STYLIZE_DATABASE_URL": "very-secret"}
ROOT = Path(__file__).parents[1]


def is_alone() -> bool:
    """Return whether this process has a network of its own with nothing but loopback in it."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]


@dataclass(slots=True)
class Cluster:
    """A running head, and the hosts that joined it."""

    head: Host
    hosts: list[Host] = field(default_factory=list)

    def join(self, *more: str, slots: int = 1) -> Host:
        """Let another host join, at an address of its own; `more` is for `ray start`."""
        told = ("--slots", str(slots), *(("--", *more) if more else ()))
        host = Host(*told, ip=f"127.0.0.{len(self.hosts) + 2}")
        self.hosts.append(host)
        return host

    def restart_head(self) -> None:
        """Start a head anew that was killed."""
        self.head = Host("--head")


class Host:
    """A host that runs `stylize-bot painter`; its environment has secrets of the bot."""

    def __init__(self, *options: str, ip: str = "127.0.0.1") -> None:
        self.ip = ip
        self._painter = subprocess.Popen(
            [sys.executable, "-P", "-m", "bot", "painter", ADDRESS, "--ip", ip, *options],
            env={
                **os.environ,
                **SECRETS,
                "OMP_PROC_BIND": "close",
                "PYTHONPATH": str(ROOT),
                "RAY_AUTH_TOKEN": TOKEN,
            },
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def processes(self, named: str = "") -> list[int]:
        """Return the processes of Ray on this host whose command line has `named` in it."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                pid, command = int(folder.name), (folder / "cmdline").read_bytes()
                if os.getsid(pid) in self._sessions() and named.encode() in command:
                    found.append(pid)
        return found

    def signal(self, number: int, named: str = "") -> None:
        """Signal Ray's processes at once."""
        for pid in self.processes(named):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Kill the whole host, which does not come back."""
        sessions = self._sessions()
        self._painter.kill()
        self._painter.wait()
        for pid in [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]:
            with contextlib.suppress(ProcessLookupError):
                if os.getsid(pid) in sessions:
                    os.kill(pid, signal.SIGKILL)

    def leave(self) -> None:
        """End it as whoever typed the command does."""
        self._painter.terminate()
        self._painter.wait()

    def _sessions(self) -> list[int]:
        """Return the sessions of `ray start`: the painter's children."""
        pid = self._painter.pid
        with contextlib.suppress(OSError):
            return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
        return []


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a head without slots; its hosts' folders are in one of its own."""
    before, folder = dict(os.environ), tempfile.mkdtemp(prefix="c-")  # short, for Ray's sockets
    os.environ["RAY_AUTH_TOKEN"] = TOKEN
    os.environ.update({name: value for name, value in host_environment().items() if "RAY" in name})
    os.environ["TMPDIR"] = folder
    running = Cluster(Host("--head"))
    try:
        yield running
    finally:
        os.environ.clear()
        os.environ.update(before)
        for host in [*running.hosts, running.head]:
            host.kill()
        shutil.rmtree(folder, ignore_errors=True)


def logs() -> Iterator[bytes]:
    """Yield what all of Ray's processes have logged."""
    for path in Path(os.environ["TMPDIR"]).glob("stylize-ray-*/session_*/logs/*"):
        if path.is_file():
            yield path.read_bytes()


async def true(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - all that it can do is look
            await asyncio.sleep(0.05)


async def until(engine: RayEngine, slots: int, seconds: float = 120) -> None:
    """Wait until an engine has so many slots."""
    await true(lambda: engine.slots == slots, seconds)


async def wait(slots: int, folder: Path) -> None:
    """Wait until a cluster has so many slots."""
    async with RayEngine(ADDRESS, LocalFiles(folder)) as engine:
        await until(engine, slots)
