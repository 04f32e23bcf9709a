"""Tell the user when a command failed before a job existed: refused, or cut off by the bot's end.

What fails for now is tried again after growing pauses; what Discord refuses for good is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import aiohttp
import discord

from bot.cards.place import CardPlace, find_card, mention
from bot.i18n import words_for
from bot.jobs.model import Address, Job
from bot.ui.cards import INTERRUPTED, Card, interrupted_card

_LOG = logging.getLogger(__name__)

_RETRY_SECONDS: Final = (2.0, 10.0, 60.0)
_SERVER_FAILED: Final = 500


async def refuse(
    interaction: discord.Interaction[Any], address: Address, card: Card, reason: str
) -> bool:
    """Say on the card of a command why nothing comes of it.

    Where the bot may not edit its card, the interaction's token is tried, and then only who asked
    is told.

    Args:
        interaction: the command, acknowledged with that card.
        address: where the card is.
        card: what it is to show.
        reason: what only who asked is told instead, if it must be.

    Returns:
        Whether somebody was told, or nobody can be.
    """
    ways = [address]
    if address.bot_is_member:
        ways.append(replace(address, bot_is_member=False))

    async def say() -> None:
        for way in ways:
            try:
                await CardPlace(interaction.client, way).edit(card.view, [])
            except discord.HTTPException as error:
                if error.status >= _SERVER_FAILED:
                    raise
                _LOG.warning("A refusal could not be shown on its card.", exc_info=True)
            else:
                return
        await interaction.followup.send(reason, ephemeral=True)

    return await _persist(say)


async def tell_interrupted(client: discord.Client, job: Job) -> bool:
    """Say on the card of a command that was cut off, and to its requester, to send it again.

    Returns:
        Whether the command can be forgotten; otherwise the next start is to try again.
    """

    async def explain() -> None:
        await _explain(client, job)

    return await _persist(explain)


async def _persist(attempt: Callable[[], Awaitable[None]]) -> bool:
    """Try until it is done or cannot be; False if Discord cannot be reached."""
    for pause in (*_RETRY_SECONDS, None):
        try:
            await attempt()
        except discord.HTTPException as error:
            if error.status < _SERVER_FAILED:
                # Never acknowledged, so that Discord has told the person; or deleted; or forbidden.
                _LOG.info("A command came to nothing, and no card can say so: %s", error.text)
                return True
            _LOG.warning("A command came to nothing; saying so failed.", exc_info=True)
        except (aiohttp.ClientError, TimeoutError):
            _LOG.warning("A command came to nothing; saying so failed.", exc_info=True)
        else:
            return True
        if pause is not None:
            await asyncio.sleep(pause)
    return False


async def _explain(client: discord.Client, job: Job) -> None:
    address = job.address
    if not address.message_id:
        address = replace(address, message_id=await find_card(client, address))
    place = CardPlace(client, address)
    words = words_for(job.spec.locale)
    card = interrupted_card(job.spec.options, address.requester_id, words)
    await place.edit(card.view, [])
    said = f"{mention(address)} {words(INTERRUPTED)}"
    # Where the bot is no member it may be that only the requester sees the card.
    await place.tell(said, nonce=str(address.message_id), private=not address.bot_is_member)
