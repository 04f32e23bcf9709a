"""What a child process of the bot does first: keep its pipes for messages, and die with the bot."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
from contextlib import suppress
from typing import IO, Final

from nst.isolation import IsolationError, process

NICENESS: Final = 5


def private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep stdin and stdout for messages: what anything prints goes to stderr instead."""
    sys.stdout.flush()
    inlet, outlet = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(inlet, "rb"), os.fdopen(outlet, "wb")


def settle_in(niceness: int = NICENESS) -> None:
    """Be a good child: die with the bot, leave signals to it, let its event loop go first."""
    with suppress(IsolationError):  # the end of input tells as well, if later
        process.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(niceness)
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
