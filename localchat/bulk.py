"""Thousands of similar guilds, each of them made only when somebody looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from localchat.permissions import NO_PERMISSION
from localchat.state import Channel, Guild, Role

_STEP = 1 << 22
"""From one guild's id to the next; what is within a guild has the ids in between."""


@dataclass(frozen=True, slots=True)
class GuildBlock:
    """Guilds with the same number of channels and roles, the bot in all of them.

    Ids grow by one millisecond of their time stamp, so that shards share the guilds evenly.

    Attributes:
        first: the id of the first guild.
        count: number of guilds.
        channels: text channels of each.
        roles: roles of each, beside @everyone and the bot's own.
    """

    first: int
    count: int
    channels: int
    roles: int

    @property
    def ids(self) -> range:
        """The ids of the guilds."""
        return range(self.first, self.first + self.count * _STEP, _STEP)

    def guild_with(self, id_: int) -> int | None:
        """Return the id of the guild that has this id, or has something with this id in it."""
        guild_id = id_ // _STEP * _STEP
        return guild_id if guild_id in self.ids else None

    def make(self, guild_id: int) -> tuple[Guild, list[Channel]]:
        """Return a guild and its channels."""
        number = self.ids.index(guild_id)
        first_role = guild_id + 1 + self.channels
        roles = [
            Role(
                id=first_role + at,
                guild_id=guild_id,
                name=f"role {at}",
                permissions=NO_PERMISSION,
                position=at + 2,
            )
            for at in range(self.roles)
        ]
        guild = Guild(
            id=guild_id,
            name=f"Server {number}",
            locale="en-US",
            has_bot=True,
            bot_role_id=first_role + self.roles,
            roles={role.id: role for role in roles},
        )
        channels = [
            Channel(
                id=guild_id + 1 + at,
                name=f"channel-{number}-{at}",
                topic="",
                position=at,
                guild_id=guild_id,
            )
            for at in range(self.channels)
        ]
        return guild, channels
