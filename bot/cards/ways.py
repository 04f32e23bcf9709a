"""The two ways to a card: the interaction's token while it lives, and the channel.

An interaction's webhook reaches its card for 15 minutes, also where the bot is not in the server or
may not post; it has a bucket of its own and does not count towards the 50 requests a second of the
bot's own token. The channel does not expire, but asks for the bot's membership and permissions:
https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

import discord
from discord import ui
from discord.http import Route

from backend.jobs.model import Address
from bot.cards.answers import NO_HISTORY
from bot.cards.scheduler import Bucket

T = TypeVar("T")

_OLD: Final = timedelta(hours=1)
_OLD_EDITS: Final = (3, 6.0)  # of messages older than an hour, as Discord enforces them (30046)
_NOBODY: Final = discord.AllowedMentions.none()


Files = Sequence[Any]
"""Files to send (`discord.File`), and what the message keeps: anything that can name itself."""


class UnreadableAnswer(discord.DiscordException):
    """An answer that discord.py stumbles over, of Discord or a proxy before it."""


class TokenWay:
    """Through the interaction's webhook."""

    def __init__(self, client: discord.Client, address: Address) -> None:
        self._client = client
        self._address = address
        self._webhook = discord.Webhook.partial(
            address.application_id, address.interaction_token, client=client
        )
        self.bucket = Bucket(address.interaction_token)

    async def edit(self, view: ui.LayoutView, files: Files) -> discord.Message:
        """Replace what the card shows, files included; nobody whom it names is notified."""
        return await sent(
            self._webhook.edit_message(
                self._address.message_id,
                view=view,
                attachments=files,
                allowed_mentions=_NOBODY,
            )
        )

    async def delete(self, message_id: int) -> None:
        """Take away the card, or what was said below it."""
        await sent(self._webhook.delete_message(message_id))

    async def tell(self, said: str | ui.LayoutView, *, nonce: str, private: bool) -> int:  # noqa: ARG002 - webhooks know no nonces
        """Say something below the card and mention the requester; return the message's id.

        Args:
            said: in it the requester's `mention`; nobody else is notified.
            nonce: the same one within a few minutes is not posted twice, where that is possible.
            private: only the requester sees it, as they alone see the card.
        """
        # discord.py sends ephemeral messages through webhooks of interactions only, and does not
        # let one be made from an application's id and a token.
        route = Route(
            "POST",
            "/webhooks/{webhook_id}/{webhook_token}",
            webhook_id=self._address.application_id,
            webhook_token=self._address.interaction_token,
        )
        flags = discord.MessageFlags(ephemeral=private, components_v2=not isinstance(said, str))
        body: dict[str, Any] = {
            "flags": flags.value,
            "allowed_mentions": {"parse": [], "users": [str(self._address.requester_id)]},
        }
        if isinstance(said, str):
            body["content"] = said
        else:
            body["components"] = cast("Any", said).to_components()  # discord.py does not type it
        return int((await sent(self._client.http.request(route, json=body)))["id"])


class ChannelWay:
    """With the bot's own token."""

    def __init__(self, client: discord.Client, address: Address) -> None:
        self._address = address
        self._channel = client.get_partial_messageable(
            address.channel_id, guild_id=address.guild_id
        )

    @property
    def bucket(self) -> Bucket:
        """The channel's bucket, or the narrower one of its old messages."""
        channel_id = self._address.channel_id
        created_at = discord.utils.snowflake_time(self._address.message_id)
        if datetime.now(UTC) - created_at < _OLD:
            return Bucket(channel_id)
        return Bucket((channel_id, "old"), *_OLD_EDITS)

    async def edit(self, view: ui.LayoutView, files: Files) -> discord.Message:
        """Replace what the card shows, files included; nobody whom it names is notified."""
        # The client's own default of mentions is not applied to an edit without text.
        message = self._channel.get_partial_message(self._address.message_id)
        return await sent(message.edit(view=view, attachments=files, allowed_mentions=_NOBODY))

    async def delete(self, message_id: int) -> None:
        """Take away the card, or what was said below it."""
        await sent(self._channel.get_partial_message(message_id).delete())

    async def tell(self, said: str | ui.LayoutView, *, nonce: str, private: bool) -> int:  # noqa: ARG002 - what is private has no such way
        """Say something in answer to the card, or just below it; see `TokenWay.tell`."""
        try:
            return await self._send(said, nonce, is_reply=True)
        except discord.HTTPException as error:
            if error.code != NO_HISTORY:
                raise
            return await self._send(said, nonce, is_reply=False)

    async def _send(self, said: str | ui.LayoutView, nonce: str, *, is_reply: bool) -> int:
        card = discord.MessageReference(
            message_id=self._address.message_id,
            channel_id=self._address.channel_id,
            guild_id=self._address.guild_id,
            fail_if_not_exists=False,
        )
        person = discord.Object(self._address.requester_id)
        options: dict[str, Any] = {
            "allowed_mentions": discord.AllowedMentions(users=[person], replied_user=False),
            "nonce": nonce,
            **({"reference": card} if is_reply else {}),
            **({"content": said} if isinstance(said, str) else {"view": said}),
        }
        message: discord.Message = await sent(self._channel.send(**options))
        return message.id


async def sent(request: Awaitable[T]) -> T:
    """Wait for a request of discord.py, which stumbles over answers such as a 429 of HTML."""
    try:
        return await request
    except (TypeError, KeyError, ValueError) as error:
        raise UnreadableAnswer("the answer could not be read") from error


Way = TokenWay | ChannelWay
