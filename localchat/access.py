"""Who may see and do what where."""

from __future__ import annotations

from dataclasses import replace

from localchat.clock import Clock
from localchat.config import ChatConfig
from localchat.directory import Directory
from localchat.enums import ChannelKind
from localchat.permissions import (
    ALL_PERMISSIONS,
    MEMBER_PERMISSIONS,
    NO_PERMISSION,
    Permission,
)
from localchat.state import Channel, User


class Access(Directory):
    """The directory with permissions.

    Args:
        clock: when somebody or something came to be.
        config: how the chat begins.
    """

    def __init__(self, clock: Clock, config: ChatConfig) -> None:
        self._denied: dict[int, Permission] = {}
        self._allowed: dict[int, dict[int, Permission]] = {}
        super().__init__(clock, config)
        self._first_permissions = self.bot.permissions

    def start_over(self) -> None:
        """Forget what was taken from the bot as well, and give its role what it had at first."""
        self._denied.clear()
        self._allowed.clear()
        self.bot = replace(self.bot, permissions=self._first_permissions)
        super().start_over()

    def may_see(self, user: User, channel: Channel) -> bool:
        """Return whether somebody finds a channel in their list."""
        if channel.guild_id is None:
            return user.id in channel.recipient_ids
        return self._is_let_in(user, channel)

    def _is_let_in(self, user: User, channel: Channel) -> bool:
        """Return whether a thread is open to somebody: private ones are for their members."""
        if channel.kind is not ChannelKind.PRIVATE_THREAD or user.id in channel.member_ids:
            return True
        return Permission.MANAGE_THREADS in self.permissions_of(user, channel)

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
        return permissions | self.allowed(channel).get(user.id, NO_PERMISSION)

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

    def bot_sees(self, channel: Channel) -> bool:
        """Return whether the bot can do anything in a channel with its own token."""
        permitted = Permission.VIEW_CHANNEL in self.bot_permissions(channel.id)
        return permitted and self._is_let_in(self.bot, channel)

    def app_permissions(self, user: User, channel: Channel) -> Permission:
        """Return what an interaction says that the application may do where it is.

        Where the bot is no member, the application acts on behalf of the person and may do what
        they may. That the bot is not in a private thread does not show here.
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

    def allowed(self, channel: Channel) -> dict[int, Permission]:
        """Return what overwrites of a channel, or of a thread's channel, add, by people's ids."""
        return self._allowed.get(channel.parent_id or channel.id, {})

    def allow(self, user: User, channel: Channel, permissions: Permission) -> None:
        """Set what somebody may do in a channel beside what they may do everywhere."""
        self._allowed.setdefault(channel.id, {})[user.id] = permissions

    def deny(self, channel_id: int, permissions: Permission) -> None:
        """Set what the bot may not do in a channel (`NO_PERMISSION`: nothing)."""
        self._denied[channel_id] = permissions
