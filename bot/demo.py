"""`stylize-bot demo`: the whole way of one job, unattended, in the local chat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, Final

import aiohttp
import typer

from backend.errors import ConfigurationError
from backend.examples import list_examples
from backend.settings import Settings
from backend.tools import ImageTools
from bot.app import running_bot
from bot.local_chat import local_chat
from localchat import InvalidInput, LocalChat, NotAcknowledged, Upload, photograph

_PATIENCE_SECONDS: Final = 900.0
_FIRST_FRAMES: Final = 6  # of which none is left out
_MOST_FRAMES: Final = 16
_STATE_MILLISECONDS: Final = 900
_LAST_MILLISECONDS: Final = 4000
_TOUR_BYTES: Final = 900_000
_READY: Final = "Your picture is ready"
_FAILURES: Final = ("That did not work", "could not be painted", "cannot be posted", "Cancelled")


class DemoFailed(Exception):
    """The demo did not end with a picture; the text says why."""


async def run_demo(settings: Settings, out: Path) -> None:
    """Paint one example in the style of another; print each state of the card; save the outcome.

    `out` gets the result, `card.html` and, where a browser is installed, `card.png` and
    `tour.webp`, in which the card changes.
    """
    await asyncio.to_thread(_make, out)
    (photo, content), (style, look) = _pick("photo"), _pick("style")
    options = {"content": content, "style": look, "seed": 1}
    with TemporaryDirectory(prefix="stylize-demo-") as folder:
        settings = settings.model_copy(update={"data_dir": Path(folder)})
        async with local_chat(port=0) as (chat, server), running_bot(settings, server):
            typer.echo(f"The bot is in the local chat. Ada runs /stylize: {photo}, {style}")
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    card = await _stylize(chat, options)
            except TimeoutError:
                raise DemoFailed(f"no picture after {_PATIENCE_SECONDS:.0f} seconds") from None
            await _save(chat, card, out)
        await _film(card.states, ImageTools(isolation=settings.isolation), out)


def _make(out: Path) -> None:
    """Make the folder, and try it before minutes of work are for nothing."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"{out} cannot be used ({error.strerror}): choose another folder with --out."
        ) from error


@dataclass(slots=True)
class Card:
    """The demo's card: its message, as it is now, and a page of each state that it has shown."""

    id: int
    message: dict[str, Any] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)


async def _stylize(chat: LocalChat, options: dict[str, Any]) -> Card:
    try:
        interaction = await chat.person("Ada").run("stylize", options)
    except (InvalidInput, NotAcknowledged) as error:
        raise DemoFailed(f"the command was not taken: {error}") from error
    if interaction.response_message_id is None:
        raise DemoFailed("the command was answered without a card")
    card = Card(interaction.response_message_id)
    start, shown = time.monotonic(), ""
    seen: tuple[str, ...] = ()
    async for message in chat.watch(card.id):
        words = next(_texts(message))
        if words != shown:
            typer.echo(f"{time.monotonic() - start:6.1f} s  {words}")
            shown = words
        if (looks := (words, *_pictures(message))) != seen:
            seen, card.message = looks, message
            with suppress(OSError):  # it has changed again, and a file is gone
                card.states.append(await chat.export_message(card.id, live=True))
        if _READY in words:
            return card
        if any(failure in words for failure in _FAILURES):
            raise DemoFailed(words)
    told = [chat.message_json(each) for each in chat.all_messages() if each.visible_to]
    raise DemoFailed(" · ".join(_texts(told[-1])) if told else "the card was deleted")


async def _save(chat: LocalChat, card: Card, out: Path) -> None:
    page = out / "card.html"
    await asyncio.to_thread(page.write_text, await chat.export_message(card.id), "utf-8")
    items = (item for each in _every(card.message["components"]) for item in each.get("items", []))
    link = next(url for item in items if "stylized-" in (url := item["media"]["url"]))
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        if answer.status != 200:
            raise DemoFailed(f"the result cannot be downloaded: {answer.status}")
        result = out / f"result{Path(answer.url.path).suffix}"
        await asyncio.to_thread(result.write_bytes, await answer.read())
    pictured = await asyncio.to_thread(photograph, page, out / "card.png")
    typer.echo(f"Saved {result} and {page}{' (.png)' * pictured}.")


async def _film(states: list[str], tools: ImageTools, out: Path) -> None:
    """Leave `tour.webp`: the states of the card one after the other, the last one for longer."""
    begun, rest = states[:_FIRST_FRAMES], states[_FIRST_FRAMES:]
    step = max(1, -(-len(rest) // (_MOST_FRAMES - _FIRST_FRAMES)))
    chosen = begun + rest[::-step][::-1]
    frames = [out / f"tour-{number}.png" for number in range(len(chosen))]
    milliseconds = [*[_STATE_MILLISECONDS] * (len(chosen) - 1), _LAST_MILLISECONDS]
    try:
        for html, frame in zip(chosen, frames, strict=True):
            if not await asyncio.to_thread(_photograph, html, frame):
                typer.echo("No tour.webp, in which the card changes: chromium is not installed.")
                return
        film = await tools.animate(frames, milliseconds, max_bytes=_TOUR_BYTES)
        await asyncio.to_thread((out / "tour.webp").write_bytes, film.data)
        typer.echo(f"Saved {out / 'tour.webp'}: {len(chosen)} states of the card.")
    finally:
        for frame in frames:
            frame.unlink(missing_ok=True)


def _photograph(html: str, picture: Path) -> bool:
    page = picture.with_suffix(".html")
    page.write_text(html, "utf-8")
    try:
        return photograph(page, picture, size=(640, 1100), scale=1)
    finally:
        page.unlink()


def _texts(message: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a message, each in one line."""
    for each in _every(message["components"]):
        if "content" in each:
            yield " · ".join(each["content"].removeprefix("### ").splitlines())


def _pictures(message: dict[str, Any]) -> Iterator[str]:
    """Yield the addresses of the pictures of a card, without signatures."""
    for each in _every(message["components"]):
        for item in each.get("items", []):
            yield str(item["media"]["url"]).partition("?")[0]


def _pick(kind: str) -> tuple[str, Upload]:
    """Return the first example of a kind: what it is called, and its file."""
    example = next(example for example in list_examples() if example.kind == kind)
    return example.name, Upload(example.path.name, example.path.read_bytes(), "image/jpeg")


def _every(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _every(component.get("components", []))
