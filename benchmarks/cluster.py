"""Painting on a Ray cluster: how late reports are, who gets their turn, what faults cost.

    unshare --map-root-user --net sh -c 'ip link set lo up; exec python -m benchmarks.cluster MODE'

| mode | what it prints |
|---|---|
| overhead | a pool and a cluster of two hosts in turn, with painters that only say the time |
| fair | many jobs of many people through the bot's queue: Jain's index, the bot's memory |
| growth | pictures a minute with 1, 2, 4, 8 slots |
| kills | what a killed worker, actor, raylet, host costs, counted through the bot's queue |
| head | the head is gone for two minutes while ten pictures wait, seen from the chat |
| real | two pictures with the real painter |

`fair`, `growth`, `kills` and `head` are in `benchmarks.cluster_jobs` and `benchmarks.cluster_head`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final

from backend.engine.pool import PoolEngine
from backend.engine.protocol import Engine, EngineProgress
from backend.engine.ray.engine import RayEngine
from backend.errors import HostLost, JobCancelled
from backend.examples import list_examples
from backend.files.local import LocalFiles
from backend.records import ResultFile
from benchmarks.cluster_head import head
from benchmarks.cluster_jobs import VICTIMS, fair, growth, kills
from benchmarks.cluster_painter import PAINTER
from nst.options import Options, Preset
from tests.backend.images import stored_image
from tests.cluster import ADDRESS, Cluster, cluster, until
from tests.contracts.requests import files_in, request_for

REPORT_SECONDS: Final = 0.26


async def run(
    engine: Engine, job_id: str, act: str, listen: Callable[[EngineProgress], None]
) -> None:
    """Run a request as often as its host is lost."""
    while True:
        try:
            await engine.run(request_for(act, job_id, timeout=600), listen)
        except HostLost:
            continue
        return


def nothing(_progress: EngineProgress) -> None:
    """Listen without caring."""


async def first_reports(engine: Engine, count: int) -> list[float]:
    """Return the seconds from handing a request over to its first report, on a warm slot."""
    took = []
    for number in range(count):
        asked, reported = time.time(), list[float]()
        await run(engine, f"first{number}", "1 0", partial(note_time, reported))
        took.append(reported[0] - asked)
    return took


def note_time(times: list[float], _progress: EngineProgress) -> None:
    """Note when a report came."""
    times.append(time.time())


async def latencies(engine: Engine, reports: int) -> list[float]:
    """Return how late reports are, of two jobs at four a second, with previews of 20 kB."""
    late: list[float] = []
    act = f"{reports} {REPORT_SECONDS}"

    def listen(progress: EngineProgress) -> None:
        late.append(time.time() - progress.total_loss)

    await asyncio.gather(*(run(engine, f"late{number}", act, listen) for number in range(2)))
    return late


async def pictures(engine: Engine, count: int) -> float:
    """Return the seconds for each of several pictures of 0.3 s, one after another."""
    began = time.monotonic()
    for number in range(count):
        await run(engine, f"picture{number}", "3 0.1", nothing)
    return (time.monotonic() - began) / count


async def cancelled(engine: Engine) -> tuple[float, float]:
    """Return the seconds until a job that does not listen is over, and until its slot paints."""
    began = asyncio.get_running_loop().create_future()

    def listen(_progress: EngineProgress) -> None:
        if not began.done():
            began.set_result(None)

    job = asyncio.create_task(run(engine, "deaf", "1000 30", listen))
    await began
    asked = time.monotonic()
    engine.kill("deaf")
    try:
        await job
    except JobCancelled:
        over = time.monotonic() - asked
    slots = engine.slots
    await asyncio.gather(
        *(run(engine, f"next{number}", "1 0.3", nothing) for number in range(slots))
    )
    return over, time.monotonic() - asked


def told(seconds: Sequence[float]) -> str:
    """Return median and 99th percentile in milliseconds."""
    return f"{1e3 * median(seconds):.1f} · {1e3 * quantiles(seconds, n=100)[98]:.1f} ms"


async def compare(engine: Engine, name: str, count: int) -> None:
    """Print the figures of one engine."""
    await asyncio.gather(*(run(engine, f"warm{number}", "1 0.2", nothing) for number in range(2)))
    print(f"{name}: handed over → first report {told(await first_reports(engine, count))}")
    print(f"{name}: a report is late by {told(await latencies(engine, count))}")
    print(f"{name}: a picture of 0.3 s takes {await pictures(engine, count):.3f} s")
    over, free = await cancelled(engine)
    print(f"{name}: cancelled after {over:.2f} s, its slot paints after {free:.1f} s", flush=True)


def memory(running: Cluster) -> None:
    """Print how much memory the hosts' processes use, as they share it fairly (PSS)."""
    for name, host in [("head", running.head), *[("host", host) for host in running.hosts[:1]]]:
        total = 0
        for pid in host.processes():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        print(f"memory of the {name}: {total / 1024:.0f} MiB")


async def overhead(running: Cluster, asked: argparse.Namespace) -> None:
    """Print what Ray adds to what a pool does, and how long leaving it takes."""
    running.join()
    running.join()
    with TemporaryDirectory() as folder:
        files = await files_in(Path(folder))
        async with PoolEngine(["cpu", "cpu"], files, painter=PAINTER) as pool:
            await compare(pool, "pool", asked.count)
        async with RayEngine(ADDRESS, files, painter=PAINTER) as engine:
            await until(engine, 2, seconds=90)
            await compare(engine, "ray", asked.count)
            memory(running)
            began = time.monotonic()
        print(f"closed in {time.monotonic() - began:.2f} s")
        async with RayEngine(ADDRESS, files, painter=PAINTER) as engine:
            await until(engine, 2, seconds=90)
            running.head.kill()
            began = time.monotonic()
        print(f"closed without a head in {time.monotonic() - began:.2f} s")


async def real(running: Cluster, _asked: argparse.Namespace) -> None:
    """Paint two drafts of 128 px with the real painter, at the same time on two hosts."""
    running.join()
    running.join()
    pictures: dict[str, Path] = {each.kind: each.path for each in list_examples()}
    with TemporaryDirectory() as folder:
        files = LocalFiles(Path(folder))
        await files.prepare()
        for name, kind in (("content", "photo"), ("style", "style")):
            await files.put(stored_image(name).file, pictures[kind].read_bytes())
        async with RayEngine(ADDRESS, files) as engine:
            await until(engine, 2, seconds=90)
            began = time.monotonic()
            for result in await asyncio.gather(*(paint_draft(engine, name) for name in "ab")):
                size = len(await files.get(result.file))
                print(
                    f"{result.width}×{result.height} px in {result.seconds:.1f} s, {result.steps} "
                    f"steps on {result.device}, {size} bytes"
                )
            print(f"both in {time.monotonic() - began:.1f} s, with loading the model")


async def paint_draft(engine: Engine, job_id: str) -> ResultFile:
    """Paint a small picture."""
    request = request_for("", job_id, timeout=600)
    spec = replace(request.spec, options=Options(preset=Preset.DRAFT, size=128))
    return await engine.run(replace(request, spec=spec), nothing)


MODES: Final = {
    "overhead": overhead,
    "fair": fair,
    "growth": growth,
    "kills": kills,
    "head": head,
    "real": real,
}


def main() -> None:
    """Run a cluster and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--count", type=int, default=40, help="overhead: reports and pictures")
    parser.add_argument("--jobs", type=int, default=200, help="fair; growth: of each slot")
    parser.add_argument("--people", type=int, default=20, help="fair: who ask for the jobs")
    parser.add_argument("--slots", type=int, default=8, help="fair; growth: at most")
    parser.add_argument("--kills", type=int, default=25, help="kills: of each kind")
    parser.add_argument("--of", choices=VICTIMS, action="append", help="kills: all, if left out")
    parser.add_argument("--seconds", type=float, default=120.0, help="head: how long it is gone")
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.0f} at the start", flush=True)
    with cluster() as running:
        asyncio.run(MODES[asked.mode](running, asked))


if __name__ == "__main__":
    main()
