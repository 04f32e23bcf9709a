"""Several attachments in at once: all of them, or none and the reasons."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import discord

from bot.errors import ImageRefused
from bot.i18n import Text
from bot.intake import Attachment, Intake, Role
from bot.records import StoredImage

_BOTH: Final = "{first}\n{others}"
Sent = tuple[Attachment, Role]


def attachment(sent: discord.Attachment) -> Attachment:
    """Return a file that somebody attached as intake takes it."""
    return Attachment(
        url=sent.url, filename=sent.filename, size=sent.size, content_type=sent.content_type
    )


async def receive(intake: Intake, sent: Sequence[Sent]) -> list[StoredImage]:
    """Receive all pictures at once; if one is refused, none is kept.

    Raises:
        ImageRefused: naming every picture that is refused, and why.
    """
    received = await asyncio.gather(
        *(intake.receive(file, role=role) for file, role in sent), return_exceptions=True
    )
    images = [one for one in received if isinstance(one, StoredImage)]
    if len(images) == len(sent):
        return images
    await intake.discard(*images)
    errors = [one for one in received if isinstance(one, BaseException)]
    for error in errors:
        if not isinstance(error, ImageRefused):
            raise error
    *others, last = [error.text for error in errors if isinstance(error, ImageRefused)]
    for other in reversed(others):
        last = Text(_BOTH, first=other, others=last)
    raise ImageRefused(last)
