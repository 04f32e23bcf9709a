"""What isolation adds to the check of a stranger's picture.

The same photo is checked with and without isolation in turn, each time in a process of its own, as
for a command in the chat.

    python -m benchmarks.checking photo.jpg --times 40
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from statistics import median

from backend.tools import ImageTools
from nst.isolation import Isolation
from nst.limits import Limits

PHOTO = Path(__file__).parents[1] / "backend" / "examples" / "photos" / "coffee.jpg"


async def check_once(tools: ImageTools, photo: Path) -> tuple[float, float]:
    """Return the seconds that one check took, and its processor seconds."""
    with tempfile.TemporaryDirectory() as name:
        before, began = _children(), time.perf_counter()
        await tools.check(photo, Path(name, "clean"), Path(name, "small"), limits=Limits())
        return time.perf_counter() - began, _children() - before


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


async def compare(photo: Path, times: int) -> None:
    """Print the medians of both, and their difference."""
    kinds = {kind: ImageTools(isolation=kind) for kind in (Isolation.OFF, Isolation.BEST)}
    found: dict[Isolation, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for _ in range(times):
        for kind, tools in kinds.items():
            found[kind].append(await check_once(tools, photo))
    print(f"{'':12}{'wall':>10}{'processor':>12}")
    medians = {}
    for kind, seconds in found.items():
        medians[kind] = [median(column) * 1000 for column in zip(*seconds, strict=True)]
        print(f"{kind:12}{medians[kind][0]:7.1f} ms{medians[kind][1]:9.1f} ms")
    added = [best - off for off, best in zip(*medians.values(), strict=True)]
    print(f"{'added':12}{added[0]:7.1f} ms{added[1]:9.1f} ms")


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTO)
    parser.add_argument("--times", type=int, default=40)
    arguments = parser.parse_args()
    asyncio.run(compare(arguments.photo, arguments.times))


if __name__ == "__main__":
    main()
