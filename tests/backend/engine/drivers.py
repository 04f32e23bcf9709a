"""A driver without a cluster: one slot that paints at once, and the first life of it fails.

Of "late", the first run has a checkpoint, and is told to be done after it was ended: once there is
a file `go`.

python -m tests.backend.engine.drivers FAULT:FOLDER MOST_SLOTS OPTIONS
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from backend.engine.messages import PictureDone
from backend.engine.protocol import CHECKPOINT, output
from backend.engine.ray.messages import (
    FROM_DRIVER,
    TO_SLOT,
    BeginAttempt,
    CheckpointSaved,
    ClusterSeen,
    FromAttempt,
    FromDriver,
    KillAttempt,
    SlotJoined,
    SlotLeft,
    SlotState,
)
from backend.files.store import FileKey
from backend.records import ResultFile


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


def make(order: BeginAttempt, ending: str) -> FileKey:
    """Make a file of a run; return its key."""
    key = output(order.request.job_id, ending)
    (Path(order.folder) / Path(key).name).write_bytes(b"picture")
    return key


def save(order: BeginAttempt) -> None:
    say(FromAttempt(order.slot, order.attempt, CheckpointSaved(make(order, CHECKPOINT))))


def be_late(order: BeginAttempt, go: Path) -> None:
    """Save a checkpoint; once the run was ended, save another one, and say that it is done."""
    save(order)
    while not isinstance(TO_SLOT.decode(sys.stdin.buffer.readline()), KillAttempt):
        pass
    while not go.exists():
        time.sleep(0.01)
    save(order)
    make(order, ".png")
    say(done(order, order.slot))


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
        if fault == "late" and order.attempt == 1:
            be_late(order, Path(folder) / "go")
            continue
        if zombie:
            say(done(zombie, slot=1), done(zombie, slot=2))
        elif fault not in {"none", "late"} and (life == 0 or fault == "always dies"):
            fail(fault.removeprefix("always "))
        save(order)
        make(order, ".png")
        say(done(order, order.slot))


if __name__ == "__main__":
    main()
