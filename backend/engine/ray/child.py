"""The Ray driver as a child process of the bot."""

from __future__ import annotations

import os
import sys
from typing import Final

from backend.engine.launch import worker_environment
from backend.engine.process import ChildProcess, start_child
from backend.engine.ray.messages import (
    FROM_DRIVER,
    OPTIONS,
    TO_SLOT,
    FromDriver,
    SlotOptions,
    ToSlot,
)

DRIVER: Final = "backend.engine.ray.driver"
Driver = ChildProcess[ToSlot, FromDriver]


async def start_driver(module: str, address: str, most_slots: int, options: SlotOptions) -> Driver:
    """Start a driver for the cluster at an address; it gets no setting but those of Ray."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}
    told = [address, str(most_slots), OPTIONS.encode(options)]
    child = await start_child(
        [sys.executable, "-P", "-m", module, *told], worker_environment("", 1) | settings
    )
    return ChildProcess("Ray driver", child, TO_SLOT, FROM_DRIVER)
