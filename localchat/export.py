"""One message as a page of its own: no script, no request, pictures and videos as `data:` URLs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import shutil
import subprocess
from contextlib import suppress
from html import escape
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from localchat.cdn import INLINE_TYPES, VIDEO_TYPES
from localchat.render import Renderer
from localchat.state import Attachment, Message
from localchat.words import ENGLISH, Words
from localchat.world import World

_PAGE = resources.files("localchat") / "page"
_STYLES = ("message.css", "components.css", "media.css")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_BROWSER_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--disable-quic",
)


def _data_url(attachment: Attachment) -> str:
    claimed = attachment.content_type
    content_type = claimed if claimed in INLINE_TYPES | VIDEO_TYPES else "application/octet-stream"
    data = base64.b64encode(attachment.path.read_bytes()).decode()
    return f"data:{content_type};base64,{data}"


async def export_message(
    world: World, message: Message, words: Words = ENGLISH, *, live: bool = False
) -> str:
    """Return the page; raise OSError if a file of the message is gone.

    Its buttons do nothing; with `live` they look as if they did, for screenshots.
    """
    shown: list[Attachment] = []

    def note(attachment: Attachment) -> str:
        shown.append(attachment)
        return ""

    # Rendered once to learn which files it shows; those are read off the event loop.
    Renderer(world, note, live=live, words=words).message(message)
    urls = await asyncio.to_thread(lambda: {file.id: _data_url(file) for file in shown})
    article = Renderer(world, lambda file: urls[file.id], live=live, words=words).message(message)
    css = await asyncio.to_thread(_style)
    title = f"{message.author.display_name} · {_place(world, message, words)}"
    return _page(article, css, title, words.locale)


def _style() -> str:
    return "\n".join((_PAGE / name).read_text("utf-8") for name in _STYLES)


def _place(world: World, message: Message, words: Words) -> str:
    guild = world.guild_of(world.channel(message.channel_id))
    return words("Direct messages") if guild is None else guild.name


def _page(article: str, css: str, title: str, language: str) -> str:
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; media-src data:; "
        f"style-src 'sha256-{digest}'; base-uri 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{css}</style>\n</head>\n"
        f'<body class="export">\n<main class="messages">{article}</main>\n</body>\n</html>\n'
    )


def photograph(
    page: Path, picture: Path, *, size: tuple[int, int] = (720, 1000), scale: float = 2
) -> bool:
    """Photograph an exported page with an installed browser; return False where there is none.

    Args:
        page: the HTML.
        picture: the PNG to make.
        size: of the window, in its own pixels.
        scale: pixels of the picture for each of them.
    """
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        return False
    with TemporaryDirectory() as profile, suppress(subprocess.TimeoutExpired):
        window = f"--window-size={size[0]},{size[1]}", f"--force-device-scale-factor={scale}"
        folder, shot = f"--user-data-dir={profile}", f"--screenshot={picture.resolve()}"
        subprocess.run(  # noqa: S603 - the browser that is installed
            [browser, *_BROWSER_OPTIONS, *window, folder, shot, page.resolve().as_uri()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
    return picture.is_file()
