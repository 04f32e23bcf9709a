"""`stylize-bot demo`: the whole way of one job, unattended, in the local chat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
import typer

from bot.app import running_bot
from bot.examples import list_examples
from bot.local_chat import local_chat
from bot.settings import Settings
from localchat import InvalidInput, LocalChat, NotAcknowledged, Upload, photograph

_PATIENCE_SECONDS: Final = 900.0
_READY: Final = "Your picture is ready"
_FAILURES: Final = ("That did not work", "could not be painted", "cannot be posted", "Cancelled")


class DemoFailed(Exception):
    """The demo did not end with a picture; the text says why."""


async def run_demo(settings: Settings, out: Path) -> None:
    """Paint one example in the style of another; print each state of the card; save the outcome.

    `out` gets the result, `card.html` and, where a browser is installed, `card.png`.
    """
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    (photo, content), (style, look) = _pick("photo"), _pick("style")
    options = {"content": content, "style": look, "seed": 1}
    with TemporaryDirectory(prefix="stylize-demo-") as folder:
        settings = settings.model_copy(update={"data_dir": Path(folder)})
        async with local_chat(port=0) as (chat, server), running_bot(settings, server):
            typer.echo(f"The bot is in the local chat. Ada runs /stylize: {photo}, {style}")
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    message_id, message = await _stylize(chat, options)
            except TimeoutError:
                raise DemoFailed(f"no picture after {_PATIENCE_SECONDS:.0f} seconds") from None
            await _save(chat, message_id, message, out)


async def _stylize(chat: LocalChat, options: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    try:
        interaction = await chat.person("Ada").run("stylize", options)
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
    await asyncio.to_thread(page.write_text, await chat.export_message(message_id), "utf-8")
    items = (item for each in _every(message["components"]) for item in each.get("items", []))
    link = next(url for item in items if "stylized-" in (url := item["media"]["url"]))
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        if answer.status != 200:
            raise DemoFailed(f"the result cannot be downloaded: {answer.status}")
        result = out / f"result{Path(answer.url.path).suffix}"
        await asyncio.to_thread(result.write_bytes, await answer.read())
    pictured = await asyncio.to_thread(photograph, page, out / "card.png")
    typer.echo(f"Saved {result} and {page}{' (.png)' * pictured}.")


def _pick(kind: str) -> tuple[str, Upload]:
    """Return the first example of a kind: what it is called, and its file."""
    example = next(example for example in list_examples() if example.kind == kind)
    return example.name, Upload(example.path.name, example.path.read_bytes(), "image/jpeg")


def _every(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _every(component.get("components", []))
