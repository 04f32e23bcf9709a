"""The pictures of a message, wherever in it they are, and those of a job's card."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote

import discord

from backend.errors import UserError
from backend.intake import Attachment
from backend.jobs.model import Job
from backend.records import StoredImage
from bot.ui.buttons import job_pattern
from bot.ui.media import result_name

MAX_CHOICES: Final = 25
_BUTTON: Final = re.compile(job_pattern(r"[a-z]+\d{0,3}"))
_PICTURES: Final = ("image/", "video/")
_SPOILERS: Final = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)
_LAYERS: Final = ("children", "accessory")

_Found = tuple[Sequence[str | None], str | None, bool]
"""Links to it, the best first; its content type, if known; whether it is a spoiler."""


def pictures_in(message: discord.Message, allows: Callable[[str], bool]) -> list[Attachment]:
    """Return what may be pictures: files, parts of layouts, embeds, stickers; forwarded ones, too.

    Args:
        message: what a context menu was opened on, or a message with a choice.
        allows: tells whether a link leads to Discord.

    Raises:
        UserError: there is none.
    """
    found: dict[str, Attachment] = {}
    layers: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for layer in layers:
        for links, kind, hidden in _candidates(layer):
            link = next((each for each in links if each and allows(each)), None)
            if link and _may_be_picture(kind):
                place = link.partition("?")[0]  # a file stands among the attachments, too
                known = place in found and found[place].spoiler
                found[place] = linked(link, spoiler=hidden or known)
    if not found:
        raise UserError("There is no picture in this message.")
    return list(found.values())[:MAX_CHOICES]


def linked(link: str, *, spoiler: bool = False) -> Attachment:
    """Return what lies behind a link that Discord gave; the download counts its bytes."""
    name = unquote(link.partition("?")[0].rpartition("/")[2])
    return Attachment(url=link, filename=name, spoiler=spoiler)


def pictures_of(job: Job) -> dict[str, Attachment]:
    """Return the pictures of a job, as they are kept: the result, the photo, the styles."""
    spec, result = job.spec, job.result
    images = {"photo": spec.content} if spec.content else {}
    images |= {f"style{at}": style.image for at, style in enumerate(spec.styles, start=1)}
    kept = {name: _kept(image, spoiler=spec.spoiler) for name, image in images.items()}
    if result is None:
        return kept
    painted = Attachment(filename=result_name(job), file=result.file, spoiler=spec.spoiler)
    return {"result": painted, **kept}


def job_of_card(message: discord.Message, bot_id: int) -> str | None:
    """Return the id of the job whose card a message is, as the buttons of the card carry it."""
    if message.author.id != bot_id:
        return None
    ids = (getattr(part, "custom_id", None) for part, _ in _parts(message.components))
    matches = (_BUTTON.fullmatch(each) for each in ids if each)
    return next((match["job"] for match in matches if match), None)


def _kept(image: StoredImage, *, spoiler: bool) -> Attachment:
    hidden = spoiler or image.spoiler
    return Attachment(filename=image.filename, file=image.file, film=image.film, spoiler=hidden)


def _candidates(layer: discord.Message | discord.MessageSnapshot) -> Iterator[_Found]:
    for sent in layer.attachments:
        yield [sent.url], sent.content_type, sent.is_spoiler()
    for part, hidden in _parts(layer.components):
        for item in (part, *getattr(part, "items", ())):
            if media := getattr(item, "media", None):
                links = [media.url, media.proxy_url]
                yield links, media.content_type, hidden or getattr(item, "spoiler", False)
    said_hidden = " ".join(_SPOILERS.findall(layer.content))
    for embed in layer.embeds:
        # What people choose from the list of GIFs is a short video, with its first frame beside it.
        # A link to a video has it alone; a page with a player has a picture, and no file.
        still = embed.image.url or embed.thumbnail.url
        moves = embed.video.url and (embed.type == "gifv" or not still)
        for image in (embed.video,) if moves else (embed.image, embed.thumbnail):
            yield [image.url, image.proxy_url], None, bool(embed.url and embed.url in said_hidden)
    for sticker in layer.stickers:
        if sticker.format is not discord.StickerFormatType.lottie:
            yield [sticker.url], None, False


def _parts(components: Sequence[Any], *, hidden: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yield all components, from top to bottom, and whether what they are in is a spoiler."""
    for part in components:
        yield part, hidden
        inner = [getattr(part, layer, None) or [] for layer in _LAYERS]
        below = [one for each in inner for one in (each if isinstance(each, list) else [each])]
        yield from _parts(below, hidden=hidden or getattr(part, "spoiler", False))


def _may_be_picture(kind: str | None) -> bool:
    """Tell by the content type, which Discord derives from the name: it may know none."""
    return kind is None or kind.startswith(_PICTURES) or kind == "application/octet-stream"
