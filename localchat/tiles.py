"""What a message shows of a file, as HTML: a picture, a video to play, or a line to download it."""

from __future__ import annotations

from html import escape

from localchat.cdn import INLINE_TYPES, VIDEO_TYPES
from localchat.errors import Json
from localchat.state import Attachment
from localchat.words import Words


def human_size(size: float) -> str:
    """Return bytes as people read them: `512 B`, `3.2 KiB`, `1.4 MiB`."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024 or unit == "MiB":
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError("unreachable")


def is_media(attachment: Attachment) -> bool:
    """Return whether it is a picture or a video."""
    return attachment.content_type in INLINE_TYPES | VIDEO_TYPES


def tile(attachment: Attachment, url: str, description: str | None, words: Words) -> str:
    """Return a picture to open, or a video to play; of anything else, its download.

    Args:
        attachment: the file.
        url: where its bytes are.
        description: alternative text; None if it has none.
        words: of whoever looks.
    """
    if attachment.content_type in VIDEO_TYPES:
        return _video(attachment, url, description)
    if attachment.content_type in INLINE_TYPES:
        return _picture(attachment, url, description, words)
    return download(attachment, url)


def loose(attachment: Attachment, url: str, words: Words) -> str:
    """Return an attachment that no component shows; hidden if it is a spoiler."""
    shown = tile(attachment, url, attachment.description, words)
    return hidden(shown, {"spoiler": attachment.spoiler}, words)


def download(attachment: Attachment, url: str) -> str:
    """Return its name and size, to download."""
    name = escape(attachment.filename, quote=True)
    return (
        f'<a class="file" href="{escape(url, quote=True)}" download="{name}">'
        f'<span class="name">{name}</span>'
        f'<span class="size">{human_size(attachment.size)}</span></a>'
    )


def hidden(html: str, node: Json, words: Words) -> str:
    """Hide something behind a click, if the component or item is marked as a spoiler."""
    if not node.get("spoiler"):
        return html
    return f'<details class="spoiler"><summary>{words("Spoiler")}</summary>{html}</details>'


def _picture(attachment: Attachment, url: str, description: str | None, words: Words) -> str:
    source = escape(url, quote=True)
    alt = escape(description or "", quote=True)
    size, shape = "", ""
    if attachment.width and attachment.height:
        # At most twice as large as it is, where there is room: beyond that it is a blur.
        size = f' width="{2 * attachment.width}" height="{2 * attachment.height}"'
        shape = _shape(attachment.width, attachment.height)
    image = f'<img src="{source}" alt="{alt}"{size}>'
    name = escape(attachment.filename, quote=True)
    label = escape(words("Open {name}", name=description or attachment.filename), quote=True)
    return (
        f'<a class="picture{shape}" href="{source}" download="{name}" data-zoom'
        f' aria-label="{label}" title="{alt}">{image}</a>'
    )


def _shape(width: int, height: int) -> str:
    """Return classes that tell the style sheet what it cannot see."""
    if 3 * width >= 4 * height:
        return " wide"
    return " tall" if height > width else ""


def _video(attachment: Attachment, url: str, description: str | None) -> str:
    source = escape(url, quote=True)
    label = escape(description or attachment.filename, quote=True)
    return (
        f'<div class="video"><video src="{source}" controls preload="metadata" playsinline'
        f' aria-label="{label}"></video></div>'
    )
