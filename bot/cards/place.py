"""Where a card is: which ways there are to it, and which of them is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import discord
from discord import ui
from discord.http import Route

from backend.jobs.model import Address
from bot.cards.answers import FAILURES, Meaning, meaning_of
from bot.cards.ways import ChannelWay, Files, TokenWay, Way, sent
from bot.ui.language import Interaction

T = TypeVar("T")


class CardPlace:
    """All ways to one card.

    Args:
        token_dies_at: when the interaction's token can no longer be used; unknown if left out.
        reserve: for so many seconds before its end, the token is used only if nothing else works.
    """

    def __init__(
        self,
        client: discord.Client,
        address: Address,
        token_dies_at: datetime | None = None,
        *,
        reserve: float = 60.0,
    ) -> None:
        self.address = address
        self._token = TokenWay(client, address)
        self._channel = ChannelWay(client, address) if address.bot_is_member else None
        self._token_dies_at = token_dies_at
        self._reserve = timedelta(seconds=reserve)
        self._expired = False

    @property
    def ways(self) -> list[Way]:
        """Return the ways to the card that there are now, best first."""
        if self._channel is None:
            return [self._token]
        now = datetime.now(UTC)
        if self._expired or (self._token_dies_at and now >= self._token_dies_at):
            return [self._channel]
        if self._token_dies_at and now >= self._token_dies_at - self._reserve:
            return [self._channel, self._token]
        return [self._token, self._channel]

    async def through(self, act: Callable[[Way], Awaitable[T]], *, may_shrink: bool = False) -> T:
        """Do something in the first way in which Discord takes it.

        An outage ends the tries, and so does what is too large if it `may_shrink`.

        Raises:
            discord.HTTPException: an outage, or it is refused in every way.
        """
        return await self._first([partial(act, way) for way in self.ways], may_shrink=may_shrink)

    async def edit(self, view: ui.LayoutView, files: Files) -> discord.Message:
        """Replace what the card shows, files included; raises what `through` raises."""
        return await self.through(lambda way: way.edit(view, files))

    async def tell(self, said: str | ui.LayoutView, *, nonce: str, private: bool = False) -> int:
        """Say something below the card, once; see `TokenWay.tell`; raises what `through` raises.

        The channel comes first: there a nonce keeps it from being said twice. Where nobody may say
        anything, such as in a locked thread, the token still reaches the requester alone.
        """
        tries: list[Callable[[], Awaitable[int]]] = []
        if self._channel and not private:
            tries.append(partial(self._channel.tell, said, nonce=nonce, private=False))
        if self._token in self.ways:
            say = partial(self._token.tell, said, nonce=nonce)
            tries += [
                partial(say, private=alone) for alone in (False, True) if alone or not private
            ]
        return await self._first(tries)

    async def _first(
        self, tries: Iterable[Callable[[], Awaitable[T]]], *, may_shrink: bool = False
    ) -> T:
        refusal: discord.HTTPException | None = None
        for attempt in tries:
            try:
                return await attempt()
            except discord.HTTPException as error:
                meaning = meaning_of(error)
                if meaning is Meaning.OUTAGE or (may_shrink and meaning is Meaning.TOO_LARGE):
                    raise
                self._expired |= meaning is Meaning.EXPIRED
                if refusal is None or meaning is not Meaning.EXPIRED:
                    refusal = error
        raise refusal or RuntimeError("there is no way to a card")


def mention(address: Address) -> str:
    """Return what a message says to notify the requester."""
    return f"<@{address.requester_id}>"


async def find_card(client: discord.Client, address: Address) -> int:
    """Return the id of the message that acknowledged an interaction, within its 15 minutes.

    https://discord.com/developers/docs/interactions/receiving-and-responding#get-original-interaction-response
    """
    route = Route(
        "GET",
        "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
        webhook_id=address.application_id,
        webhook_token=address.interaction_token,
    )
    message = await sent(client.http.request(route))
    return int(message["id"])


async def is_reachable(interaction: Interaction) -> bool:
    """Return whether the bot's own token reaches the place of an interaction.

    Discord is asked about private threads only: the bot may be in the server and yet not in the
    thread, which no permission tells. While Discord does not answer, it is taken to be.
    """
    channel = interaction.channel
    if not isinstance(channel, discord.Thread) or not channel.is_private():
        return True
    try:
        await sent(interaction.client.http.get_channel(channel.id))
    except FAILURES as error:
        return meaning_of(error) is Meaning.OUTAGE
    return True
