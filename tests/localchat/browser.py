"""Debian's chromium, driven by playwright, looking at the local chat's page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

ARGUMENTS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
DESKTOP: Final = (1440, 900)
PHONE: Final = (390, 844)


def chromium() -> str | None:
    """Return path of an installed chromium: the environment variable CHROMIUM, or the PATH."""
    named = os.environ.get("CHROMIUM")
    if named and Path(named).is_file():
        return named
    return shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def browser(path: str) -> AsyncIterator[Browser]:
    """Yield the browser at `path`, while the block runs."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield running
        finally:
            await running.close()


def _complaint(message: ConsoleMessage) -> list[str]:
    """Return what the console says of an error, with the address that it is about."""
    return [f"{message.text} ({message.location['url']})"] if message.type == "error" else []


@asynccontextmanager
async def page(
    running: Browser,
    url: str,
    *,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    language: str = "en-US",
) -> AsyncIterator[Page]:
    """Yield a page of its own at `url`; what goes wrong in its script fails the block."""
    context = await running.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        locale=language,
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
        reduced_motion="reduce",
    )
    complaints: list[str] = []
    try:
        opened = await context.new_page()
        opened.set_default_timeout(15_000)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda message: complaints.extend(_complaint(message)))
        await opened.goto(url)
        await opened.wait_for_selector("#status.online, #status.offline", state="attached")
        yield opened
    finally:
        await context.close()
    assert complaints == [], complaints
