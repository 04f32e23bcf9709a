"""Photograph the bot in the local chat's page, with an installed chromium.

python docs/make_screenshots.py [--language de] [--out docs/cards]

Every state of the card, and what people meet beside it (menus, forms, the shelf, settings, private
pictures, strengths, direct messages): contact sheets for each theme, on a desktop and on a phone;
and one card by itself, `card.jpg`.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import discord
from playwright.async_api import Browser

from backend.i18n import load_catalogues, words_for
from bot.local_chat import CHAT
from docs.card_states import card_states
from docs.chat_scenes import chat_scenes
from docs.contact_sheets import Scene, opened_page, photograph, save, sheet
from localchat import LocalChat
from tests.localchat.browser import DESKTOP, PHONE, browser, chromium

HERE: Final = Path(__file__).parent
DEVICES: Final = (("desktop", DESKTOP, 400), ("phone", PHONE, 300))
THEMES: Final = (("light", "#e4dac9", "#2a241d"), ("dark", "#000000", "#f0e9df"))


async def shoot(
    running: Browser, chat: LocalChat, scenes: Sequence[Scene], out: Path, prefix: str
) -> None:
    """Photograph the scenes on every device in every theme, and save a sheet of each."""
    for device, size, width in DEVICES:
        for theme, paper, ink in THEMES:
            dark = theme == "dark"
            async with opened_page(running, chat.page_url, size=size, dark=dark) as opened:
                taken = await photograph(opened, scenes)
            names = [scene.name for scene in scenes]
            total = sheet(taken, names, width=width, paper=paper, ink=ink)
            save(total, out / f"{prefix}{device}-{theme}.webp")


async def make(out: Path, language: str) -> None:
    """Paint, post, photograph, save."""
    path = chromium()
    if path is None:
        raise SystemExit("There is no chromium on the PATH; name one in CHROMIUM.")
    load_catalogues()
    async with browser(path) as running:
        async with LocalChat(config=CHAT) as chat, card_states(chat, words_for(language)) as scenes:
            await shoot(running, chat, scenes, out, "")
        async with chat_scenes(language) as (chat, scenes):
            await shoot(running, chat, scenes, out, "play-")
            # As others see it: what mentions oneself is marked.
            async with opened_page(
                running, chat.page_url, size=DESKTOP, dark=False, person="Grace"
            ) as opened:
                (card,) = await photograph(opened, scenes[:1])
            card.save(out / "card.jpg", quality=90)


def main() -> None:
    """Read the command line and make the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", default="en-US", help="Discord's name of a language")
    parser.add_argument("--out", type=Path, default=HERE / "cards", help="folder of the sheets")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    discord.utils.setup_logging()
    asyncio.run(make(arguments.out, arguments.language))


if __name__ == "__main__":
    main()
