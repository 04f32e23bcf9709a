"""Painting on a Ray cluster beside painting on this host: how late reports are, what faults cost.

    unshare --map-root-user --net sh -c 'ip link set lo up && exec python -m benchmarks.cluster'

Pool and cluster run in turn, with painters that only say what time it is; then a host of the
cluster is killed, process by process, while it paints.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.engine.pool import PoolEngine
from bot.engine.protocol import Engine, EngineProgress, EngineRequest, output
from bot.engine.ray.engine import RayEngine
from bot.errors import HostLost, JobCancelled
from bot.records import ResultFile
from tests.cluster import ADDRESS, Cluster, Host, cluster, true, until
from tests.contracts.requests import act_of, files_in, request_for

if TYPE_CHECKING:
    from bot.engine.worker import Paint, Report, ShouldStop
    from bot.engine.workspace import Workspace

PAINTER = "benchmarks.cluster:load"
PREVIEW = b"p" * 20_000
REPORT_SECONDS = 0.26


def load(_device: str) -> Paint:
    """Return what reports the time as its loss; its act says how often, with what pauses."""
    return paint


def paint(
    request: EngineRequest, place: Workspace, report: Report, _should_stop: ShouldStop
) -> ResultFile:
    """Report so many times, as the request says, with a pause after each."""
    steps, pause = act_of(request).split()
    kept, began = place.path(request.checkpoint), time.monotonic()
    first = int(kept.read_text()) if kept.exists() else 0
    for step in range(first + 1, int(steps) + 1):
        report(
            EngineProgress(
                step=step,
                steps=int(steps),
                fraction=step / int(steps),
                seconds=0.0,
                seconds_left=None,
                total_loss=time.time(),
                preview=PREVIEW,
            )
        )
        time.sleep(float(pause))
        half = kept.with_name(f"{kept.name}.new")
        half.write_text(str(step))
        half.replace(kept)
    kept.unlink(missing_ok=True)
    file = output(request.job_id, ".png")
    place.path(file).write_bytes(PREVIEW)
    return ResultFile(
        file=file,
        width=4,
        height=3,
        seconds=time.monotonic() - began,
        steps=int(steps),
        stopped_early=False,
    )


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


async def killed(engine: RayEngine, running: Cluster, named: str, times: int) -> None:
    """Kill one kind of process on a host while three hosts paint; nothing may be lost."""
    noticed: list[float] = []
    again: list[float] = []
    untouched = 0
    for number in range(times):
        host = await joined(engine, running)
        seen = {f"{name}{number}": 0 for name in "abc"}
        restarts = dict.fromkeys(seen, 0)
        jobs = [
            asyncio.create_task(
                run(engine, job_id, "60 0.1", partial(note, seen, restarts, job_id))
            )
            for job_id in seen
        ]
        await true(partial(are_beyond, seen, 25))
        at = time.monotonic()
        lost = asyncio.Event()
        engine.watch(lost.set)  # a slot may be back before anybody looks again
        host.kill() if not named else host.signal(signal.SIGKILL, named)
        await asyncio.wait_for(lost.wait(), 60)
        noticed.append(time.monotonic() - at)
        await asyncio.gather(*jobs)
        again.append(time.monotonic() - at)
        untouched += sorted(restarts.values())[:2] == [0, 0]
        host.kill()
        await until(engine, 2, seconds=60)
    print(
        f"killed {named or 'a whole host'}, {times} times: noticed after {median(noticed):.1f} s "
        f"(worst {max(noticed):.1f}), all done after {median(again):.1f} s, "
        f"others untouched {untouched} times, none lost",
        flush=True,
    )


def are_beyond(seen: dict[str, int], step: int) -> bool:
    """Return whether all jobs are beyond a step."""
    return min(seen.values()) > step


def note(
    seen: dict[str, int], restarts: dict[str, int], job_id: str, progress: EngineProgress
) -> None:
    """Note how far a job is, and whether it was further before."""
    restarts[job_id] += progress.step < seen[job_id]
    seen[job_id] = progress.step


async def joined(engine: RayEngine, running: Cluster) -> Host:
    """Let another host join, and wait until it can paint."""
    host = running.join()
    await until(engine, 3, seconds=90)
    await asyncio.gather(*(run(engine, f"warm{number}", "1 1", nothing) for number in range(3)))
    return host


async def grow(engine: RayEngine, running: Cluster, count: int) -> None:
    """Print how many pictures of 0.3 s are painted a second as hosts join."""
    for slots in (2, 4):
        while engine.slots < slots:
            running.join()
            await until(engine, engine.slots + 1, seconds=90)
        await asyncio.gather(*(run(engine, f"warm{each}", "1 1", nothing) for each in range(slots)))
        began = time.monotonic()
        await asyncio.gather(
            *(run(engine, f"many{each}", "3 0.1", nothing) for each in range(count * slots))
        )
        print(f"{slots} slots: {count * slots / (time.monotonic() - began):.2f} pictures a second")


def memory(running: Cluster) -> None:
    """Print how much memory the hosts' processes use, as they share it fairly (PSS)."""
    for name, host in [("head", running.head), *[("host", host) for host in running.hosts[:1]]]:
        total = 0
        for pid in host.processes():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        print(f"memory of the {name}: {total / 1024:.0f} MiB")


async def measure(running: Cluster, count: int, kills: int) -> None:
    """Print all figures."""
    with TemporaryDirectory() as folder:
        files = await files_in(Path(folder))
        async with PoolEngine(["cpu", "cpu"], files, painter=PAINTER) as pool:
            await compare(pool, "pool", count)
        async with RayEngine(ADDRESS, files, painter=PAINTER) as engine:
            await until(engine, 2, seconds=90)
            await compare(engine, "ray", count)
            memory(running)
            for named in ("ray::Slot", "raylet/raylet", "") if kills else ():
                await killed(engine, running, named, kills)
            await grow(engine, running, count)


def main() -> None:
    """Run a cluster of two hosts and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40, help="reports and pictures of each kind")
    parser.add_argument("--kills", type=int, default=5, help="of each kind of process")
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.0f} at the start")
    with cluster() as running:
        running.join()
        running.join()
        asyncio.run(measure(running, asked.count, asked.kills))


if __name__ == "__main__":
    main()
