"""Pictures a minute: the real queue and painters, everything but the chat.

    python -m benchmarks.throughput CONTENT STYLE [--jobs 60] [--size 512] [--painters 2]

All jobs are submitted at once; the clock runs from when the first few are done, so that the start
of the workers and the first capture of everything do not count, until the last one's files are
written: reading the pictures, painting, previews, the recording, encoding. With two painters on
a device one can read and encode while the other one paints.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from typing import Final

from benchmarks.waiting import image, new_job, real_queue, until
from nst.options import Options, Preset

LESSONS: Final = 4


async def measure(
    content: Path, style: Path, options: Options, jobs: int, painters: int = 1
) -> tuple[list[str], float]:
    """Return the devices, and the seconds that all jobs but the first few took."""
    async with real_queue(painters) as (devices, store, queue):
        images = [await image(store, path) for path in (content, style)]

        async def paint() -> None:
            job = await queue.submit(new_job(images, options))
            await until(queue, job, lambda state: state.is_final)

        await asyncio.gather(*(paint() for _ in range(LESSONS)))
        began = time.monotonic()
        await asyncio.gather(*(paint() for _ in range(jobs)))
        return devices, time.monotonic() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--jobs", type=int, default=60)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--painters", type=int, default=1, help="on each device")
    parser.add_argument("--preset", type=Preset, choices=list(Preset), default=Preset.STANDARD)
    arguments = parser.parse_args()
    options = Options(preset=arguments.preset, size=arguments.size)
    devices, seconds = asyncio.run(
        measure(arguments.content, arguments.style, options, arguments.jobs, arguments.painters)
    )
    print(
        f"{', '.join(devices)}: {arguments.jobs} pictures of {options.size} px, {options.preset}, "
        f"in {seconds:.1f} s: {arguments.jobs / seconds * 60:.0f} a minute, "
        f"{seconds / arguments.jobs * len(devices):.2f} s each"
    )


if __name__ == "__main__":
    main()
