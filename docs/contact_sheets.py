"""Photographs of the local chat's page, and sheets of them. For `make_screenshots.py`."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps
from playwright.async_api import Browser, Page

from tests.localchat.browser import PHONE, page

LARGEST: Final = 300_000
GAP: Final = 16
CAPTION: Final = 26  # pixels above each picture
FONT: Final = ImageFont.load_default(15)
TALL: Final = 1800  # so that nothing has to be scrolled
COLUMNS: Final = 4
OPEN: Final = """channel => {
  const menu = document.getElementById("place");
  menu.value = channel;
  menu.dispatchEvent(new Event("change"));
}"""
CARD_WIDTH: Final = """message => {
  const texts = [...message.querySelectorAll(".text:not(.components .text)")];
  for (const text of texts) text.style.maxWidth = "40rem"; // as wide as a card
  const rights = [...message.querySelectorAll(".components > *"), ...texts]
    .map((node) => node.getBoundingClientRect().right);
  return Math.max(...rights) - message.getBoundingClientRect().left + 16;
}"""
LOADED: Final = """message => Promise.all(
  [...message.querySelectorAll("img")].map((image) => image.decode()),
)"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Something to photograph.

    Attributes:
        name: its caption.
        channel: where it is.
        message: id of the message; None if there is none.
        press: what the `custom_id` of a button of it begins with, to photograph the form that
            this opens.
        command: likewise a command that opens one.
    """

    name: str
    channel: int
    message: int | None = None
    press: str | None = None
    command: str | None = None


@asynccontextmanager
async def opened_page(
    running: Browser, url: str, *, size: tuple[int, int], dark: bool, person: str = "Ada"
) -> AsyncIterator[Page]:
    """Yield the page as somebody sees it, tall enough for everything."""
    async with page(running, f"{url}?as={person}", size=size, dark=dark) as opened:
        await opened.set_viewport_size({"width": size[0], "height": TALL})
        yield opened


async def photograph(opened: Page, scenes: Sequence[Scene]) -> list[Image.Image]:
    """Each scene as the page shows it."""
    taken = []
    for scene in scenes:
        await opened.evaluate(OPEN, str(scene.channel))
        if scene.press or scene.command:
            taken.append(await _form(opened, scene))
        else:
            taken.append(await _message(opened, scene))
    return taken


async def _message(opened: Page, scene: Scene) -> Image.Image:
    if opened.viewport_size and opened.viewport_size["width"] == PHONE[0]:
        # Make room: the command panel covers half of a phone.
        await opened.locator("#composer").evaluate("node => node.classList.add('collapsed')")
    message = opened.locator(f"#m{scene.message}")
    await message.scroll_into_view_if_needed()
    await message.evaluate(LOADED)
    width = await message.evaluate(CARD_WIDTH)
    image = Image.open(io.BytesIO(await message.screenshot())).convert("RGB")
    return image.crop((0, 0, min(image.width, round(width)), image.height))


async def _form(opened: Page, scene: Scene) -> Image.Image:
    """Return the form that a button or a command opens; it is put away again."""
    if scene.command:
        await opened.locator("#composer").evaluate("node => node.classList.remove('collapsed')")
        await opened.locator("#command").select_option(value=scene.command)
        await opened.locator(".go .button").click()
    else:
        await opened.locator(f"#m{scene.message} [data-press^='{scene.press}']").click()
    dialog = opened.locator("#modal")
    await dialog.wait_for()
    # What lies behind its corners is not part of it.
    await dialog.evaluate("node => { node.style.borderRadius = 0; document.activeElement.blur(); }")
    image = Image.open(io.BytesIO(await dialog.screenshot())).convert("RGB")
    image = ImageOps.crop(image, 1)  # where its edge lies between two pixels
    await opened.keyboard.press("Escape")
    await dialog.wait_for(state="hidden")
    return image


def sheet(
    pictures: Sequence[Image.Image], names: Sequence[str], *, width: int, paper: str, ink: str
) -> Image.Image:
    """All pictures `width` pixels wide below their names, in columns of about the same height."""
    columns: list[list[Image.Image]] = [[] for _ in range(COLUMNS)]
    for picture, name in zip(pictures, names, strict=True):
        shortest = min(columns, key=lambda column: sum(each.height + GAP for each in column))
        shortest.append(_captioned(picture, name, width=width, paper=paper, ink=ink))
    tallest = max(sum(each.height + GAP for each in column) for column in columns)
    total = Image.new("RGB", (COLUMNS * (width + GAP) + GAP, tallest + GAP), paper)
    for column, pictures_of_it in enumerate(columns):
        top = GAP
        for each in pictures_of_it:
            total.paste(each, (GAP + column * (width + GAP), top))
            top += each.height + GAP
    return total


def _captioned(picture: Image.Image, name: str, *, width: int, paper: str, ink: str) -> Image.Image:
    height = round(picture.height * width / picture.width)
    total = Image.new("RGB", (width, CAPTION + height), paper)
    ImageDraw.Draw(total).text((2, 3), name, fill=ink, font=FONT)
    total.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (0, CAPTION))
    return total


def save(image: Image.Image, path: Path) -> None:
    """Write a WebP of at most `LARGEST` bytes, as good as that allows."""
    for quality in range(90, 30, -5):
        image.save(path, quality=quality, method=6)
        if path.stat().st_size <= LARGEST:
            return
    raise ValueError(f"{path.name} cannot be made small enough")
