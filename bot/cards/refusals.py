"""Tell the user when a command failed before a job existed: refused, or cut off by a restart."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import discord

from backend.i18n import words_for
from backend.jobs.model import Job, NewJob
from bot.cards.answers import Meaning, meaning_of
from bot.cards.place import CardPlace, find_card, mention
from bot.cards.retries import Retries
from bot.cards.ways import sent
from bot.ui.cards import INTERRUPTED, Card, interrupted_card
from bot.ui.language import Interaction
from bot.ui.layouts import announced

_LOG = logging.getLogger(__name__)


async def refuse(interaction: Interaction, command: NewJob, card: Card, retries: Retries) -> None:
    """Say to who gave a command alone why nothing comes of it, however long that takes.

    A card that everybody sees goes; only where nothing can be said any more is it told there.
    """
    place, private = CardPlace(interaction.client, command.address), command.spec.private
    is_told = False

    async def say() -> None:
        nonlocal is_told
        if not (private or is_told):
            try:
                await sent(interaction.followup.send(view=card.view, ephemeral=True))
                is_told = True
            except discord.HTTPException as error:
                if meaning_of(error) is Meaning.OUTAGE:
                    raise
                _LOG.warning("A refusal could not be told to who asked alone.", exc_info=True)
        if is_told:
            await place.through(lambda way: way.delete(command.address.message_id))
        else:
            await place.edit(card.view, [])

    await _insist(say, retries)


async def tell_interrupted(
    client: discord.Client, job: Job, retries: Retries, announcement: str
) -> None:
    """Say on the card of a command that was cut off, and to its requester, to send it again."""
    await _insist(lambda: _explain(client, job, announcement), retries)


async def _insist(say: Callable[[], Awaitable[None]], retries: Retries) -> None:
    try:
        await retries.until_answered(say, "Saying that a command came to nothing")
    except discord.HTTPException as error:
        # Never acknowledged, so that Discord has told the person; or deleted; or forbidden.
        _LOG.info("A command came to nothing, and nothing can say so: %s", error.text)


async def _explain(client: discord.Client, job: Job, announcement: str) -> None:
    address = job.address
    if not address.message_id:
        address = replace(address, message_id=await find_card(client, address))
    place = CardPlace(client, address, job.token_dies_at)
    words = words_for(job.spec.locale)
    card = interrupted_card(job.spec, address.requester_id, words)
    announced(card.view, announcement)
    await place.edit(card.view, [])
    said = f"{mention(address)} {words(INTERRUPTED)}"
    # Where the bot is no member it may be that only the requester sees the card.
    await place.tell(said, nonce=str(address.message_id), private=not address.bot_is_member)
