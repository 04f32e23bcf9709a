"""An end for cards of commands that the bot's own end cut off before they were jobs."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Final

import aiohttp
import discord

from bot.i18n import words_for
from bot.jobs.arrivals import Arrival
from bot.ui.cards import INTERRUPTED, interrupted_card
from bot.ui.place import CardPlace, find_card, mention

_LOG = logging.getLogger(__name__)

_RETRY_SECONDS: Final = (2.0, 10.0, 60.0)
_SERVER_FAILED: Final = 500


async def apologize(client: discord.Client, arrival: Arrival) -> bool:
    """Say on the card of an arrival, and to its requester, that it has to be sent again.

    What Discord refuses for good is logged and forgotten; what fails for now is tried again, and
    once more at the next start.

    Returns:
        Whether the arrival can be forgotten.
    """
    for pause in (*_RETRY_SECONDS, None):
        try:
            await _explain(client, arrival)
        except discord.HTTPException as error:
            if error.status < _SERVER_FAILED:
                # Never acknowledged, so that Discord has told the person; or deleted; or forbidden.
                _LOG.info("A command was cut off, and there is no card to say so: %s", error.text)
                return True
            _LOG.warning("A command was cut off; saying so failed.", exc_info=True)
        except (aiohttp.ClientError, TimeoutError):
            _LOG.warning("A command was cut off; saying so failed.", exc_info=True)
        else:
            return True
        if pause is not None:
            await asyncio.sleep(pause)
    return False


async def _explain(client: discord.Client, arrival: Arrival) -> None:
    address = arrival.address
    if not address.message_id:
        address = replace(address, message_id=await find_card(client, address))
    place = CardPlace(client, address)
    words = words_for(arrival.locale)
    card = interrupted_card(arrival.options, address.requester_id, words)
    await place.edit(card.view, [])
    said = f"{mention(address)} {words(INTERRUPTED)}"
    # Where the bot is no member it may be that only the requester sees the card.
    await place.tell(said, nonce=str(address.message_id), private=not address.bot_is_member)
