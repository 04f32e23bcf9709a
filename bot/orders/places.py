"""Where an order comes from: channel, person, server, and what the bot may do there."""

from __future__ import annotations

from typing import Final

import discord

from backend.i18n import Text
from backend.jobs.model import Address
from bot.ui.language import Interaction

NEEDED: Final = {
    "view_channel": Text("View Channel"),
    "send_messages": Text("Send Messages"),
    "send_messages_in_threads": Text("Send Messages in Threads"),
    "embed_links": Text("Embed Links"),
    "attach_files": Text("Attach Files"),
    "read_message_history": Text("Read Message History"),  # to answer below the card
}


def places(interaction: Interaction) -> set[int]:
    """Return the ids of the channel, of a thread's channel, and of the category of either."""
    channel = interaction.channel
    # A thread's own `category_id` raises where its channel is not known, as in servers without me.
    category = getattr(getattr(channel, "parent", channel), "category_id", None)
    found = (interaction.channel_id, getattr(channel, "parent_id", None), category)
    return {one for one in found if one}


def address_of(interaction: Interaction, *, private: bool) -> Address:
    """Return where the card of an order is going to be."""
    if interaction.channel_id is None:
        raise RuntimeError("Discord did not say where the command was given")
    return Address(
        requester_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        message_id=0,
        # The bot's own token reaches no message that only one person sees.
        bot_is_member=not private and is_member(interaction),
        interaction_token=interaction.token,
        application_id=interaction.application_id,
    )


def roles_of(interaction: Interaction) -> list[str]:
    """Return names and ids of the roles of who asks."""
    member = interaction.user
    roles = member.roles if isinstance(member, discord.Member) else []
    return [text for role in roles for text in (role.name, str(role.id))]


def is_member(interaction: Interaction) -> bool:
    """Return whether the bot is in the server, or the direct messages, where this happens."""
    if interaction.guild_id is not None:
        return interaction.client.get_guild(interaction.guild_id) is not None
    return interaction.context.dm_channel or not interaction.context.private_channel


def missing_permissions(interaction: Interaction) -> list[Text]:
    """Return names of the permissions that the bot lacks in this channel.

    Where it is not a member it posts on behalf of who asks, whose permissions Discord applies.
    """
    if interaction.guild_id is None or not is_member(interaction):
        return []
    have = interaction.app_permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    unused = "send_messages" if is_thread else "send_messages_in_threads"
    return [text for name, text in NEEDED.items() if name != unused and not getattr(have, name)]
