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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.engine.ray.engine import RayEngine
from bot.files.local import LocalFiles

PORT = 6380
ADDRESS = f"127.0.0.1:{PORT}"
TOKEN = "a-token-of-the-cluster-that-is-long-enough-0123456789"
SECRETS = {"DISCORD_TOKEN": "very-secret", "STYLIZE_DATABASE_URL": "very-secret"}
ROOT = Path(__file__).parents[1]


def is_alone() -> bool:
    """Return whether this process has a network of its own with nothing but loopback in it."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]


def ray_environment() -> dict[str, str]:
    """Return the variables by which this cluster's processes know each other."""
    health = {"initial_delay_ms": 1000, "period_ms": 1000, "timeout_ms": 1000}
    checks = {f"RAY_health_check_{name}": str(value) for name, value in health.items()}
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN,
        "RAY_health_check_failure_threshold": "3",
        **checks,
    }


@dataclass(slots=True)
class Cluster:
    """A running head, and the nodes that joined it."""

    folder: Path
    nodes: list[Node] = field(default_factory=list)

    def join(self, slots: int = 1) -> Node:
        """Let another host join, at an address of its own."""
        node = Node(self.folder, f"127.0.0.{len(self.nodes) + 2}", slots)
        self.nodes.append(node)
        return node

    def wait(self, slots: int, seconds: float = 60) -> None:
        """Wait until there are so many slots."""
        asyncio.run(until(slots, self.folder, seconds))


async def until(slots: int, folder: Path, seconds: float) -> None:
    """Wait until a cluster has so many slots."""
    async with asyncio.timeout(seconds), RayEngine(ADDRESS, LocalFiles(folder)) as engine:
        while engine.slots != slots:  # noqa: ASYNC110 - nothing tells a test
            await asyncio.sleep(0.1)


class Node:
    """One host, or the head: a session of processes."""

    def __init__(self, folder: Path, ip: str, slots: int, *extra: str) -> None:
        self.ip = ip
        told = extra or (
            *("--address", ADDRESS, "--resources", f'{{"painters": {slots}}}'),
            *("--temp-dir", str(folder / ip)),
        )
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "ray.scripts.scripts", "start", "--block"),
                *("--node-ip-address", ip, "--num-cpus", str(slots), "--num-gpus", "0"),
                *("--object-store-memory", "80000000", "--disable-usage-stats"),
                *told,
            ],
            env={
                **os.environ,
                **SECRETS,
                "OMP_PROC_BIND": "close",
                "PYTHONPATH": str(ROOT),
                **ray_environment(),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def signal(self, number: int) -> None:
        """Signal all processes of the host at once."""
        os.killpg(self.process.pid, number)

    def end(self) -> None:
        """Kill the host."""
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a head without slots."""
    folder = Path(tempfile.mkdtemp(prefix="stylize-ray-"))
    head = Node(
        folder,
        "127.0.0.1",
        0,
        *("--head", "--port", str(PORT), "--include-dashboard", "false"),
        *("--temp-dir", str(folder), "--min-worker-port", "0", "--max-worker-port", "0"),
    )
    running = Cluster(folder)
    before = dict(os.environ)
    os.environ.update(ray_environment())
    try:
        yield running
    finally:
        os.environ.clear()
        os.environ.update(before)
        for node in [*running.nodes, head]:
            node.end()
        shutil.rmtree(folder, ignore_errors=True)
