"""What a takedown means for pictures that are waiting to be painted."""

from __future__ import annotations

from collections.abc import Sequence

from bot.i18n import Text
from bot.jobs.queue import JobQueue
from bot.records import StoredImage
from bot.shelf import ShelfStyle
from bot.shelf.image_hash import Look


async def refuse_waiting(
    jobs: JobQueue, guild_id: int, image: StoredImage, gone: Sequence[ShelfStyle]
) -> None:
    """End the server's jobs that wait to be painted with a style that is banned now.

    Those that look like it, from the shelf or sent along, and those whose files are gone. One that
    is being painted has read its files, and is finished.
    """
    look, files = Look(image), {style.image.file for style in gone}
    for update in jobs.overview():
        if update.job.address.guild_id != guild_id:
            continue
        styles = [style.image for style in update.job.spec.styles]
        if any(
            style.file in files or look.is_like(style.sha256, style.fingerprint) for style in styles
        ):
            reason = Text(
                "The style that you chose was taken down before your picture's turn came. Please "
                "choose another one."
            )
            await jobs.refuse(update.job.id, reason)
