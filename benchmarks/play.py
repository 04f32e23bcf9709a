"""How long a finished card takes to change its colours, from the press to the new picture.

    python -m benchmarks.play [--size 512] [--presses 10]

The whole bot over the local chat, in one process with it: a draft is painted, then its buttons
Photo's colours and Style's colours are pressed in turn. Exits with 1 if the median is a second or
more.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from backend.examples import list_examples
from backend.settings import load_settings
from bot.app import running_bot
from bot.local_chat import local_chat
from localchat import LocalChat, Upload

MAX_SECONDS: Final = 1.0
WHO: Final = "Ada"
_BUTTONS: Final = ("tophoto:", "tostyle:")


async def measure(size: int, presses: int) -> list[float]:
    """Seconds of each press."""
    photo, style = (
        Upload(path.name, path.read_bytes(), "image/jpeg")
        for kind in ("photo", "style")
        for path in [next(each.path for each in list_examples() if each.kind == kind)]
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_dir=Path(folder))
        async with local_chat(0) as (chat, server), running_bot(settings, server):
            given: dict[str, str | int | float | bool | Upload] = {
                "content": photo,
                "style": style,
                "preset": "draft",
                "size": size,
            }
            asked = await chat.person(WHO).run("stylize", given)
            card = asked.response_message_id or 0
            await _until(chat, card, _BUTTONS[0])
            seconds = [await _press(chat, card) for _ in range(presses)]
            await asyncio.sleep(0.5)  # the chat shows the last edit before the bot hears of it
            return seconds


async def _press(chat: LocalChat, card: int) -> float:
    before = [file.id for file in chat.message(card).attachments]
    button = next(
        part for part in str(chat.message(card).components).split("'") if part.startswith(_BUTTONS)
    )
    began = time.monotonic()
    await chat.person(WHO).press(card, button)
    async for _ in chat.watch(card):
        if [file.id for file in chat.message(card).attachments] != before:
            break
    return time.monotonic() - began


async def _until(chat: LocalChat, card: int, words: str) -> None:
    async for _ in chat.watch(card):
        if words in str(chat.message(card).components):
            return


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.play", allow_abbrev=False)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--presses", type=int, default=10)
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    seconds = asyncio.run(measure(args.size, args.presses))
    median = statistics.median(seconds)
    print(
        f"{args.size} px, {len(seconds)} presses: median {median:.2f} s, worst {max(seconds):.2f} s"
    )
    return int(median >= MAX_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
