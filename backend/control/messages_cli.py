"""`stylize-bot announce` and `stylize-bot maintenance`: what the host tells everybody."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from backend.control.cli import command, fitting, tell

Words = Annotated[str, typer.Argument(metavar="TEXT", help="Left out: no longer.")]


@command
async def announce(text: Words = "") -> None:
    """Show a text on all cards and with answers, until it is called without one."""
    text = fitting(text)
    said = "Announced." if text else "Nothing is announced any more."
    await tell(said, announcement=text, announced_at=int(time.time()))


@command
async def maintenance(text: Words = "") -> None:
    """Refuse all that people ask for with a text, until it is called without one.

    Pictures that wait are still painted; `stylize-bot jobs pause` stops that.
    """
    text = fitting(text)
    said = "Commands are refused with this." if text else "Commands are taken again."
    await tell(said, maintenance=text)
