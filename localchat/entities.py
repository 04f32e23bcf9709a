"""The members, roles and channels that a select menu offers."""

from __future__ import annotations

from localchat.errors import Json
from localchat.kinds import Component
from localchat.state import Message
from localchat.world import World


def entity_options(world: World, message: Message, node: Json) -> list[Json]:
    """Return the options of such a menu, in the shape of a string select's."""
    kind = node["type"]
    guild = world.guild_of(world.channel(message.channel_id))
    named: list[tuple[int, str]] = []
    if kind in {Component.USER_SELECT, Component.MENTIONABLE_SELECT}:
        named += [(user.id, user.display_name) for user in world.everybody()]
    if kind in {Component.ROLE_SELECT, Component.MENTIONABLE_SELECT} and guild:
        named += [(role.id, f"@{role.name}") for role in guild.roles.values()]
    if kind == Component.CHANNEL_SELECT and guild:
        channels = world.channels_of(guild.id)
        named += [(channel.id, f"#{channel.name}") for channel in channels]
    chosen = {str(default["id"]) for default in node.get("default_values", [])}
    return [
        {"value": str(id_), "label": name, "default": str(id_) in chosen} for id_, name in named
    ]
