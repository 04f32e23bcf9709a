"""Who and what is in the chat: guilds, channels, roles, people, and who may do what where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from localchat.bulk import GuildBlock
from localchat.clock import Clock, Snowflakes
from localchat.config import ChatConfig
from localchat.enums import ChannelKind, Context
from localchat.errors import UNKNOWN_CHANNEL, UNKNOWN_GUILD, ApiError
from localchat.permissions import (
    ALL_PERMISSIONS,
    BOT_PERMISSIONS,
    MEMBER_PERMISSIONS,
    NO_PERMISSION,
    Permission,
)
from localchat.state import Channel, Guild, Role, User


def username_of(name: str) -> str:
    """Return a name in the characters that Discord allows in usernames."""
    return re.sub(r"[^a-z0-9_.]+", "_", name.lower()) or "somebody"


class Directory:
    """One application with its bot, its guilds and channels, and the people.

    Args:
        clock: when somebody or something came to be.
        config: the bot's name, and the guilds that are there from the start.

    Attributes:
        guilds: by id; the first one is home.
        channels: of all guilds, threads and conversations included, by id.
        people: by display name.
        installed: ids of the people who have installed the application for themselves.
    """

    def __init__(self, clock: Clock, config: ChatConfig) -> None:
        self.clock = clock
        self.config = config
        self.ids = Snowflakes(clock)
        self.application_id = self.ids.next()
        self.bot = User(
            id=self.application_id,
            username=username_of(config.bot_name),
            display_name=config.bot_name,
            bot=True,
            permissions=BOT_PERMISSIONS | MEMBER_PERMISSIONS,
            joined_at=clock(),
        )
        self.owner = User(
            id=self.ids.next(),
            username="owner",
            display_name="Owner",
            permissions=ALL_PERMISSIONS,
            joined_at=clock(),
        )
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.people: dict[str, User] = {}
        self.installed: set[int] = set()
        self._blocks: list[GuildBlock] = []
        self._block_ms = self.application_id >> 22  # blocks are older than everything else
        self._open()

    def start_over(self) -> None:
        """Forget all places and people; open the first guilds anew, with other ids."""
        for known in (self.guilds, self.channels, self.people, self.installed, self._blocks):
            known.clear()
        self._open()

    def _open(self) -> None:
        for server in self.config.servers:
            guild = self.add_guild(server.name, has_bot=server.has_bot)
            for channel in server.channels:
                self.add_channel(guild, channel.name, topic=channel.topic, nsfw=channel.nsfw)
            for role in server.roles:
                self.add_role(guild, role)

    # guilds

    @property
    def home(self) -> Guild:
        """The first guild."""
        return next(iter(self.guilds.values()))

    def guild(self, guild_id: int) -> Guild:
        """Return a guild; raise ApiError (Unknown Guild) for an id that nobody has."""
        guild = self.find_guild(guild_id)
        if guild is None:
            raise ApiError(*UNKNOWN_GUILD)
        return guild

    def find_guild(self, guild_id: int) -> Guild | None:
        """Return the guild with this id, or None; one of many is kept from now on."""
        if guild_id not in self.guilds and any(guild_id in block.ids for block in self._blocks):
            guild, channels = self.look_at(guild_id)
            self.guilds[guild.id] = guild
            self.channels |= {channel.id: channel for channel in channels}
        return self.guilds.get(guild_id)

    def look_at(self, guild_id: int) -> tuple[Guild, list[Channel]]:
        """Return a guild and its channels without keeping it, if it is one of many.

        Raises:
            KeyError: there is none with this id.
        """
        if guild_id not in self.guilds:
            for block in self._blocks:
                if guild_id in block.ids:
                    return block.make(guild_id)
        return self.guilds[guild_id], self.channels_of(guild_id)

    def joined(self) -> list[int]:
        """Return the ids of all guilds that the bot is a member of."""
        kept = [guild.id for guild in self.guilds.values() if guild.has_bot]
        many = (guild_id for block in self._blocks for guild_id in block.ids)
        return kept + [guild_id for guild_id in many if guild_id not in self.guilds]

    def add_guilds(self, count: int, *, channels: int, roles: int) -> GuildBlock:
        """Add many guilds with the bot in them, which take no memory until somebody acts there."""
        self._block_ms -= count
        block = GuildBlock(self._block_ms << 22, count, channels, roles)
        self._blocks.append(block)
        return block

    def add_guild(self, name: str, *, locale: str = "en-US", has_bot: bool = True) -> Guild:
        """Add a guild without channels."""
        guild = Guild(
            id=self.ids.next(),
            name=name,
            locale=locale,
            has_bot=has_bot,
            bot_role_id=self.ids.next(),
        )
        self.guilds[guild.id] = guild
        return guild

    def add_role(self, guild: Guild, name: str, permissions: Permission = NO_PERMISSION) -> Role:
        """Add a role, above those that there are."""
        role = Role(
            id=self.ids.next(),
            guild_id=guild.id,
            name=name,
            permissions=permissions,
            position=len(guild.roles) + 2,
        )
        guild.roles[role.id] = role
        return role

    def roles(self) -> list[Role]:
        """Return the roles of all guilds, but for @everyone and the bot's own."""
        return [role for guild in self.guilds.values() for role in guild.roles.values()]

    def roles_of(self, user: User) -> list[Role]:
        """Return the roles that somebody has."""
        guilds = self.guilds.values()
        return [guild.roles[id_] for guild in guilds for id_ in guild.given.get(user.id, ())]

    def give_roles(self, user: User, roles: Sequence[Role]) -> None:
        """Let somebody have exactly these roles from now on, in all guilds."""
        for guild in self.guilds.values():
            given = dict.fromkeys(role.id for role in roles if role.guild_id == guild.id)
            guild.given[user.id] = tuple(given)

    # people

    def person(
        self,
        name: str,
        permissions: Permission | None = None,
        *,
        locale: str | None = None,
        bot: bool = False,
    ) -> User:
        """Return the member called `name`, who joins if nobody is called that yet.

        Args:
            name: the display name.
            permissions: what they may do from now on; None leaves a member's as they are.
            locale: the language of their client from now on; None likewise.
            bot: somebody new is another application's bot.
        """
        user = self.people.get(name)
        if user is None:
            user = User(
                id=self.ids.next(),
                username=username_of(name),
                display_name=name,
                bot=bot,
                joined_at=self.clock(),
            )
        if permissions is not None:
            user = replace(user, permissions=permissions)
        if locale is not None:
            user = replace(user, locale=locale)
        self.people[name] = user
        return user

    def everybody(self) -> list[User]:
        """Return the owner, the bot and all people, as they are now."""
        return [self.owner, self.bot, *self.people.values()]

    def user(self, user_id: int) -> User | None:
        """Return whoever has this id."""
        return next((user for user in self.everybody() if user.id == user_id), None)

    # channels

    def channel(self, channel_id: int) -> Channel:
        """Return a channel; raise ApiError (Unknown Channel) for an id that nobody has."""
        channel = self.find_channel(channel_id)
        if channel is None:
            raise ApiError(*UNKNOWN_CHANNEL)
        return channel

    def find_channel(self, channel_id: int) -> Channel | None:
        """Return the channel with this id, or None."""
        if channel_id not in self.channels:
            for block in self._blocks:
                self.find_guild(block.guild_with(channel_id) or 0)
        return self.channels.get(channel_id)

    def channels_of(self, guild_id: int) -> list[Channel]:
        """Return the channels and threads of a guild."""
        return [channel for channel in self.channels.values() if channel.guild_id == guild_id]

    def channel_named(self, name: str | int | None) -> Channel:
        """Return the channel of this name (with or without `#`) or id; for None the first one.

        Raises:
            LookupError: there is none.
        """
        if name is None:
            return next(iter(self.channels.values()))
        if isinstance(name, int):
            found = self.find_channel(name)
        else:
            wanted = name.removeprefix("#")
            found = next((each for each in self.channels.values() if each.name == wanted), None)
        if found is None:
            raise LookupError(f"there is no such channel: {name}")
        return found

    def add_channel(
        self,
        guild: Guild,
        name: str,
        *,
        topic: str = "",
        nsfw: bool = False,
        kind: ChannelKind = ChannelKind.TEXT,
        parent: Channel | None = None,
    ) -> Channel:
        """Add a channel; one of the kinds of threads needs its `parent`."""
        channel = Channel(
            id=self.ids.next(),
            name=name,
            topic=topic,
            position=len(self.channels_of(guild.id)),
            kind=kind,
            guild_id=guild.id,
            nsfw=nsfw if parent is None else parent.nsfw,
            parent_id=None if parent is None else parent.id,
        )
        self.channels[channel.id] = channel
        return channel

    def conversation(self, one: User, other: User) -> Channel:
        """Return the direct messages of two, which begin when they are first asked for."""
        for channel in self.channels.values():
            if set(channel.recipient_ids) == {one.id, other.id}:
                return channel
        channel = Channel(
            id=self.ids.next(),
            name="",
            topic="",
            position=0,
            kind=ChannelKind.DIRECT,
            recipient_ids=(one.id, other.id),
        )
        self.channels[channel.id] = channel
        return channel

    def guild_of(self, channel: Channel) -> Guild | None:
        """Return the guild a channel belongs to; None for a conversation."""
        return None if channel.guild_id is None else self.guild(channel.guild_id)

    def context_of(self, channel: Channel) -> Context:
        """Return what an interaction says about where it happens."""
        if channel.guild_id is not None:
            return Context.GUILD
        with_bot = self.bot.id in channel.recipient_ids
        return Context.BOT_DM if with_bot else Context.PRIVATE_CHANNEL
