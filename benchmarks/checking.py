"""What a check of a stranger's picture costs: isolated or not, spawned or forked.

The same photo is checked in turn, each time in a process of its own, as for a command in the chat.
The processor seconds of those that are forked include the start of their server.

    python -m benchmarks.checking photo.jpg --times 40
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

from backend.tools import ImageTools, Spawning, quick_starter
from backend.tools.spawning import Starter
from nst.isolation import Isolation
from nst.limits import Limits

_ROUNDS: Final = 4
PHOTO = Path(__file__).parents[1] / "backend" / "examples" / "photos" / "coffee.jpg"


async def check(tools: ImageTools, photo: Path) -> float:
    """Return the seconds that one check took."""
    with tempfile.TemporaryDirectory() as name:
        began = time.perf_counter()
        await tools.check(photo, Path(name, "clean"), Path(name, "small"), limits=Limits())
        return time.perf_counter() - began


@asynccontextmanager
async def spawning() -> AsyncIterator[Starter]:
    """Yield what starts a new interpreter for each."""
    yield Spawning()


KINDS: Final[Mapping[str, tuple[Callable[[], AbstractAsyncContextManager[Starter]], Isolation]]] = {
    "spawned, not isolated": (spawning, Isolation.OFF),
    "spawned": (spawning, Isolation.BEST),
    "forked": (quick_starter, Isolation.BEST),
}


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


async def compare(photo: Path, times: int) -> None:
    """Print the median of each kind's seconds, and the mean of its processor seconds."""
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    processor = dict.fromkeys(KINDS, 0.0)
    for _ in range(_ROUNDS):
        for kind, (starting, isolation) in KINDS.items():
            before = _children()
            async with starting() as start:
                tools = ImageTools(start, isolation=isolation)
                seconds[kind] += [await check(tools, photo) for _ in range(times // _ROUNDS)]
            processor[kind] += _children() - before
    print(f"{'':24}{'wall':>10}{'processor':>12}")
    for kind, found in seconds.items():
        mean = processor[kind] / len(found)
        print(f"{kind:24}{median(found) * 1000:7.1f} ms{mean * 1000:9.1f} ms")


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTO)
    parser.add_argument("--times", type=int, default=40)
    arguments = parser.parse_args()
    asyncio.run(compare(arguments.photo, arguments.times))


if __name__ == "__main__":
    main()
