"""A driver without a cluster: one slot that paints at once, and the first life of it fails.

python -m tests.bot.engine.drivers FAULT:FOLDER MOST_SLOTS OPTIONS
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from bot.engine.messages import PictureDone
from bot.engine.protocol import output
from bot.engine.ray.messages import (
    FROM_DRIVER,
    TO_SLOT,
    BeginAttempt,
    ClusterSeen,
    FromAttempt,
    FromDriver,
    SlotJoined,
    SlotLeft,
    SlotState,
)
from bot.records import ResultFile


def say(*messages: FromDriver) -> None:
    for message in messages:
        print(FROM_DRIVER.encode(message), flush=True)


def fail(fault: str) -> None:
    """Fail, in the middle of a run or before one."""
    if fault == "dies":
        os._exit(1)
    elif fault == "unknown slot":
        say(SlotState(slot=7, is_ready=True, trouble=None))
    elif fault == "gibberish":
        print("gibberish", flush=True)
    time.sleep(3600)  # "silent", too


def done(order: BeginAttempt, slot: int) -> FromAttempt:
    """Return what says that a run is done, on whatever slot."""
    file = output(order.request.job_id, ".png")
    result = ResultFile(file=file, width=4, height=3, seconds=0.5, steps=1, stopped_early=False)
    return FromAttempt(slot, order.attempt, PictureDone(result))


def join(slot: int, host: str) -> None:
    say(SlotJoined(slot=slot, host=host, device="cpu"), ClusterSeen())
    say(SlotState(slot=slot, is_ready=True, trouble=None))


def main() -> None:
    fault, _, folder = sys.argv[1].partition(":")
    lives = Path(folder) / "lives"
    life = len(lives.read_text()) if lives.exists() else 0
    lives.write_text("." * (life + 1))
    join(1, f"life {life}")
    zombie: BeginAttempt | None = None
    for line in sys.stdin.buffer:
        order = TO_SLOT.decode(line)
        if not isinstance(order, BeginAttempt):
            continue
        if fault == "zombie" and zombie is None:
            zombie = order
            say(SlotLeft(1, "it was halted"))
            join(2, "elsewhere")
            continue
        if zombie:
            say(done(zombie, slot=1), done(zombie, slot=2))
        elif life == 0 or fault == "always dies":
            fail(fault.removeprefix("always "))
        file = Path(order.folder) / Path(output(order.request.job_id, ".png")).name
        file.write_bytes(b"picture")
        say(done(order, order.slot))


if __name__ == "__main__":
    main()
