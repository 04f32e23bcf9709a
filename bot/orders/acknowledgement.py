"""The first answer: what takes longer is announced, and orders are noted for the next start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial
from typing import Final, TypeVar

import discord

from backend.database.lease import LEASE_SECONDS
from backend.jobs.model import NewJob
from backend.jobs.store import JobStore
from bot.cards.place import find_card
from bot.cards.retries import Retries
from bot.ui.language import Interaction

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

# The acknowledgement has three seconds; a slow disk must not use them up.
_NOTE_SECONDS: Final = 1.0
_AT_ONCE_SECONDS: Final = 1.0
# Before each attempt. Together they are longer than a lead goes on without its database: it ends
# before it shows a card that the next lead would not know.
_NOTE_PAUSES: Final = (0.0, 0.2, 1.0, 2.0, LEASE_SECONDS)


async def note(store: JobStore, asked: NewJob, job_id: str) -> bool:
    """Note a command, again after a hiccup of the database; return whether that worked."""
    for pause in _NOTE_PAUSES:
        await asyncio.sleep(pause)
        try:
            await store.receive(asked, job_id)
        except Exception:
            _LOG.warning("A command could not be noted.", exc_info=True)
        else:
            return True
    _LOG.error("A command is not noted; a restart now would forget its card.")
    return False


async def show_when_noted(
    interaction: Interaction,
    card: discord.ui.LayoutView,
    asked: NewJob,
    noting: asyncio.Task[bool],
    retries: Retries,
) -> int:
    """Answer with a card as soon as its command is noted; return which message it is.

    Until then Discord says that the bot is thinking, and after a while that it did not answer.
    """
    private = asked.spec.private
    await asyncio.wait({noting}, timeout=_NOTE_SECONDS)
    if noting.done():
        answer = await interaction.response.send_message(view=card, ephemeral=private)
        if answer.message_id:
            return answer.message_id
        # What Discord said was lost on its way.
        looking = partial(find_card, interaction.client, asked.address)
        return await retries.until_answered(looking, "Finding a card")
    await interaction.response.defer(ephemeral=private, thinking=True)
    await asyncio.wait({noting})
    return (await interaction.edit_original_response(view=card)).id


async def patiently(interaction: Interaction, work: Awaitable[T], *, thinking: bool = True) -> T:
    """Return what comes of work that may wait for others, such as for a database that is locked.

    Discord is told in time that an answer will come: a new one, or with `thinking` left out,
    another state of the message that was pressed.
    """
    working = asyncio.ensure_future(work)
    await asyncio.wait({working}, timeout=_AT_ONCE_SECONDS)
    if not working.done() and not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True, thinking=thinking)
    return await working
