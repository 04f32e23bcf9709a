"""`stylize-bot demo`: the whole way of one job, unattended, in the local chat."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiofiles
import aiohttp
import typer

from bot.app import running_bot
from bot.examples import ExamplePicture, list_examples
from bot.local_chat import local_chat
from bot.settings import Settings
from localchat import InvalidInput, LocalChat, NotAcknowledged, Upload

_PATIENCE_SECONDS: Final = 900.0
_READY: Final = "Your picture is ready"
_FAILURES: Final = ("That did not work", "could not be painted", "cannot be posted", "Cancelled")
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_BROWSER_OPTIONS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-quic", "--window-size=720,1000", "--force-device-scale-factor=2"),
)


class DemoFailed(Exception):
    """The demo did not end with a picture; the text says why."""


async def run_demo(settings: Settings, out: Path) -> None:
    """Paint one example in the style of another; print each state of the card; save the outcome.

    `out` gets the result, `card.html` and, where a browser is installed, `card.png`.
    """
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    photo, style = _pick("photo"), _pick("style")
    with TemporaryDirectory(prefix="stylize-demo-") as folder:
        settings = settings.model_copy(update={"data_dir": Path(folder)})
        async with local_chat(port=0) as (chat, server), running_bot(settings, server):
            typer.echo(
                f"The bot is in the local chat. Ada runs /stylize: {photo.name}, {style.name}"
            )
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    message_id, message = await _stylize(chat, photo, style)
            except TimeoutError:
                raise DemoFailed(f"no picture after {_PATIENCE_SECONDS:.0f} seconds") from None
            await _save(chat, message_id, message, out)


async def _stylize(
    chat: LocalChat, photo: ExamplePicture, style: ExamplePicture
) -> tuple[int, dict[str, Any]]:
    content, look = await _upload(photo), await _upload(style)
    try:
        interaction = await chat.person("Ada").run(
            "stylize", {"content": content, "style": look, "seed": 1}
        )
    except (InvalidInput, NotAcknowledged) as error:
        raise DemoFailed(f"the command was not taken: {error}") from error
    if interaction.response_message_id is None:
        raise DemoFailed("the command was answered without a card")
    start, shown = time.monotonic(), ""
    async for message in chat.watch(interaction.response_message_id):
        texts = (each["content"] for each in _every(message["components"]) if "content" in each)
        words = " · ".join(next(texts).removeprefix("### ").splitlines())
        if words != shown:
            typer.echo(f"{time.monotonic() - start:6.1f} s  {words}")
            shown = words
        if _READY in words:
            return interaction.response_message_id, message
        if any(failure in words for failure in _FAILURES):
            raise DemoFailed(words)
    raise DemoFailed("the card was deleted")


async def _save(chat: LocalChat, message_id: int, message: dict[str, Any], out: Path) -> None:
    page = out / "card.html"
    async with aiofiles.open(page, "w", encoding="utf-8") as file:
        await file.write(await chat.export_message(message_id))
    items = (item for each in _every(message["components"]) for item in each.get("items", []))
    result = next(item["media"] for item in items if "stylized-" in item["media"]["url"])
    async with aiohttp.ClientSession() as session, session.get(result["url"]) as answer:
        if answer.status != 200:
            raise DemoFailed(f"the result cannot be downloaded: {answer.status}")
        name = Path(answer.url.path).name
        async with aiofiles.open(out / f"result{Path(name).suffix}", "wb") as file:
            await file.write(await answer.read())
    pictured = await asyncio.to_thread(_screenshot, page, out / "card.png")
    typer.echo(f"Saved {out / f'result{Path(name).suffix}'} and {page}{' (.png)' * pictured}.")


def _screenshot(page: Path, picture: Path) -> bool:
    """Photograph the page with an installed browser; False where there is none."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        return False
    with TemporaryDirectory() as profile, suppress(subprocess.TimeoutExpired):
        folder, shot = f"--user-data-dir={profile}", f"--screenshot={picture.resolve()}"
        subprocess.run(  # noqa: S603 - the browser that the host installed
            [browser, *_BROWSER_OPTIONS, folder, shot, page.resolve().as_uri()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
    return picture.is_file()


def _pick(kind: str) -> ExamplePicture:
    return next(example for example in list_examples() if example.kind == kind)


async def _upload(example: ExamplePicture) -> Upload:
    async with aiofiles.open(example.path, "rb") as file:
        return Upload(example.path.name, await file.read(), "image/jpeg")


def _every(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield components from top to bottom, each before those inside it."""
    for component in components:
        yield component
        yield from _every(component.get("components", []))
