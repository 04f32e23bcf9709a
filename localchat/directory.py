"""Who and what is in the chat: guilds, channels, roles, people, and who may do what where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from localchat.clock import Clock, Snowflakes
from localchat.config import ChatConfig
from localchat.errors import UNKNOWN_CHANNEL, UNKNOWN_GUILD, ApiError
from localchat.permissions import (
    ALL_PERMISSIONS,
    BOT_PERMISSIONS,
    MEMBER_PERMISSIONS,
    NO_PERMISSION,
    Permission,
)
from localchat.state import Channel, ChannelKind, Context, Guild, Role, User


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
        self._denied: dict[int, Permission] = {}
        self._open()

    def start_over(self) -> None:
        """Forget all places and people; open the first guilds anew, with other ids."""
        for known in (self.guilds, self.channels, self.people, self.installed, self._denied):
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
        try:
            return self.guilds[guild_id]
        except KeyError:
            raise ApiError(*UNKNOWN_GUILD) from None

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
        self, name: str, permissions: Permission | None = None, *, locale: str | None = None
    ) -> User:
        """Return the member called `name`, who joins if nobody is called that yet.

        Args:
            name: the display name.
            permissions: what they may do from now on; None leaves a member's as they are.
            locale: the language of their client from now on; None likewise.
        """
        user = self.people.get(name)
        if user is None:
            user = User(
                id=self.ids.next(),
                username=username_of(name),
                display_name=name,
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
        try:
            return self.channels[channel_id]
        except KeyError:
            raise ApiError(*UNKNOWN_CHANNEL) from None

    def channel_named(self, name: str | int | None) -> Channel:
        """Return the channel of this name (with or without `#`) or id; for None the first one.

        Raises:
            LookupError: there is none.
        """
        if name is None:
            return next(iter(self.channels.values()))
        wanted = name.removeprefix("#") if isinstance(name, str) else name
        for channel in self.channels.values():
            if wanted in {channel.name, channel.id}:
                return channel
        raise LookupError(f"there is no such channel: {wanted}")

    def add_channel(
        self,
        guild: Guild,
        name: str,
        *,
        topic: str = "",
        nsfw: bool = False,
        parent: Channel | None = None,
    ) -> Channel:
        """Add a text channel, or with `parent` a thread of that channel."""
        channel = Channel(
            id=self.ids.next(),
            name=name,
            topic=topic,
            position=sum(each.guild_id == guild.id for each in self.channels.values()),
            kind=ChannelKind.TEXT if parent is None else ChannelKind.THREAD,
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
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def context_of(self, channel: Channel) -> Context:
        """Return what an interaction says about where it happens."""
        if channel.guild_id is not None:
            return Context.GUILD
        with_bot = self.bot.id in channel.recipient_ids
        return Context.BOT_DM if with_bot else Context.PRIVATE_CHANNEL

    # permissions

    def may_see(self, user: User, channel: Channel) -> bool:
        """Return whether somebody finds a channel in their list."""
        return channel.guild_id is not None or user.id in channel.recipient_ids

    def permissions_of(self, user: User, channel: Channel) -> Permission:
        """Return what a person may do in a channel."""
        guild = self.guild_of(channel)
        if guild is None:
            return MEMBER_PERMISSIONS if user.id in channel.recipient_ids else NO_PERMISSION
        permissions = user.permissions
        for role_id in guild.given.get(user.id, ()):
            permissions |= guild.roles[role_id].permissions
        if Permission.ADMINISTRATOR in permissions or user.id == self.owner.id:
            return ALL_PERMISSIONS
        return permissions

    def bot_permissions(self, channel_id: int) -> Permission:
        """Return what the bot may do in a channel with its own token."""
        channel = self.channel(channel_id)
        guild = self.guild_of(channel)
        if guild is None:
            with_bot = self.bot.id in channel.recipient_ids
            return MEMBER_PERMISSIONS if with_bot else NO_PERMISSION
        if not guild.has_bot:
            return NO_PERMISSION
        return self.permissions_of(self.bot, channel) & ~self.denied(channel_id)

    def app_permissions(self, user: User, channel: Channel) -> Permission:
        """Return what an interaction says that the application may do where it is.

        Where the bot is no member, the application acts on behalf of the person and may do what
        they may.
        """
        guild = self.guild_of(channel)
        if guild is not None and guild.has_bot:
            return self.bot_permissions(channel.id)
        return self.permissions_of(user, channel) & MEMBER_PERMISSIONS

    def denied(self, channel_id: int) -> Permission:
        """Return what an overwrite takes from the bot in a channel or in a thread's channel."""
        parent = self.channel(channel_id).parent_id
        inherited = NO_PERMISSION if parent is None else self.denied(parent)
        return self._denied.get(channel_id, NO_PERMISSION) | inherited

    def deny(self, channel_id: int, permissions: Permission) -> None:
        """Set what the bot may not do in a channel (`NO_PERMISSION`: nothing)."""
        self._denied[channel_id] = permissions
