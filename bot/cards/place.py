"""Where a card is: editing it and answering below it, whichever token may do so."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import ui
from discord.http import Route

from bot.jobs.model import Address


class CardPlace:
    """One message in the chat.

    Edits go through the channel with the bot's own token, which does not expire; where the bot is
    not in the server, through the interaction's webhook, which lives for 15 minutes:
    https://discord.com/developers/docs/interactions/receiving-and-responding

    Every method raises discord.HTTPException when Discord refuses.
    """

    def __init__(self, client: discord.Client, address: Address) -> None:
        self._client = client
        self._address = address
        self._channel = client.get_partial_messageable(
            address.channel_id, guild_id=address.guild_id
        )
        self._webhook = discord.Webhook.partial(
            address.application_id, address.interaction_token, client=client
        )

    async def edit(self, view: ui.LayoutView, files: Sequence[discord.File]) -> None:
        """Replace what the card shows, files included; nobody whom it names is notified."""
        card = self._address.message_id
        # The client's own default is not applied to an edit without text.
        nobody = discord.AllowedMentions.none()
        if self._address.bot_is_member:
            message = self._channel.get_partial_message(card)
            await message.edit(view=view, attachments=files, allowed_mentions=nobody)
        else:
            await self._webhook.edit_message(
                card, view=view, attachments=files, allowed_mentions=nobody
            )

    async def delete(self, message_id: int) -> None:
        """Take away the card, or what was said below it."""
        if self._address.bot_is_member:
            await self._channel.get_partial_message(message_id).delete()
        else:
            await self._webhook.delete_message(message_id)

    async def tell(self, text: str, *, nonce: str, private: bool = False) -> int:
        """Answer below the card and mention the requester, once.

        Args:
            text: what to say, in it the requester's `mention`; nobody else is notified.
            nonce: the same one within a few minutes is not posted twice.
            private: only the requester sees it, as they alone see the card.

        Returns:
            Id of the message.
        """
        person = discord.Object(self._address.requester_id)
        mentions = discord.AllowedMentions(users=[person], replied_user=False)
        if private:
            return await self._whisper(text)
        if self._address.bot_is_member:
            card = discord.MessageReference(
                message_id=self._address.message_id,
                channel_id=self._address.channel_id,
                guild_id=self._address.guild_id,
                fail_if_not_exists=False,
            )
            said = await self._channel.send(
                text, reference=card, allowed_mentions=mentions, nonce=nonce
            )
            return said.id
        return (await self._webhook.send(text, allowed_mentions=mentions, wait=True)).id

    async def _whisper(self, text: str) -> int:
        # discord.py sends ephemeral messages through webhooks of interactions only, and does not
        # let one be made from an application's id and a token.
        route = Route(
            "POST",
            "/webhooks/{webhook_id}/{webhook_token}",
            webhook_id=self._address.application_id,
            webhook_token=self._address.interaction_token,
        )
        body = {
            "content": text,
            "flags": discord.MessageFlags(ephemeral=True).value,
            "allowed_mentions": {"parse": [], "users": [str(self._address.requester_id)]},
        }
        return int((await self._client.http.request(route, json=body))["id"])


def mention(address: Address) -> str:
    """Return what a message says to notify the requester."""
    return f"<@{address.requester_id}>"


async def find_card(client: discord.Client, address: Address) -> int:
    """Return the id of the message that acknowledged the interaction of `address`.

    https://discord.com/developers/docs/interactions/receiving-and-responding#get-original-interaction-response

    Raises:
        discord.HTTPException: it was never acknowledged, or more than 15 minutes ago.
    """
    route = Route(
        "GET",
        "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
        webhook_id=address.application_id,
        webhook_token=address.interaction_token,
    )
    message = await client.http.request(route)
    return int(message["id"])
