"""What can be changed in a running chat: servers, channels, roles, permissions, limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from localchat.enums import ChannelKind, StickerFormat
from localchat.parts import ChatParts
from localchat.permissions import NO_PERMISSION, Permission
from localchat.person import Person
from localchat.state import Channel, Guild, Message, Role, Sticker
from localchat.stickers import check_sticker


class Administration(ChatParts):
    """The part of `LocalChat` that changes things."""

    # people and servers

    def person(
        self, name: str, permissions: Permission | None = None, *, locale: str | None = None
    ) -> Person:
        """Return the person called `name`, who joins if there is nobody yet.

        `permissions` (such as `MODERATOR_PERMISSIONS`) and `locale` (such as `de`) are theirs from
        now on; None leaves them as they are, which for somebody new is `MEMBER_PERMISSIONS` and
        `en-US`.
        """
        user = self._world.person(name, permissions, locale=locale)
        return Person(self._world, self._gateway, user)

    def other_bot(self, name: str) -> Person:
        """Return another application's bot, which can `say` things with embeds and components."""
        return Person(self._world, self._gateway, self._world.person(name, bot=True))

    def add_guild(
        self,
        name: str,
        channels: Sequence[str] = ("general",),
        *,
        locale: str = "en-US",
        has_bot: bool = True,
    ) -> Guild:
        """Add a server with these channels; with `has_bot`, the bot is invited at once."""
        guild = self._world.add_guild(name, locale=locale, has_bot=has_bot)
        for channel in channels:
            self._world.add_channel(guild, channel)
        if has_bot:
            self._gateway.tell_guild(guild)
        return guild

    def add_guilds(self, count: int, *, channels: int = 40, roles: int = 15) -> range:
        """Add thousands of servers with the bot in them, and return their ids.

        They are told of when the bot identifies, and take no memory until somebody acts in one:
        `chat.channels(chat.guild(guild_id))`. The page does not list them before.
        """
        return self._world.add_guilds(count, channels=channels, roles=roles).ids

    def guild(self, guild_id: int) -> Guild:
        """Return the server with this id.

        Raises:
            ApiError: there is none.
        """
        return self._world.guild(guild_id)

    def invite_bot(self, guild: Guild) -> None:
        """Make the bot a member of a server."""
        guild.has_bot = True
        self._gateway.tell_guild(guild)

    def remove_bot(self, guild: Guild) -> None:
        """Throw the bot out of a server, or delete the server: the bot cannot tell."""
        guild.has_bot = False
        self._gateway.tell_guild(guild)

    # channels and roles

    def add_channel(
        self,
        name: str,
        *,
        guild: Guild | None = None,
        topic: str = "",
        nsfw: bool = False,
        kind: ChannelKind = ChannelKind.TEXT,
    ) -> Channel:
        """Add a channel, age-restricted with `nsfw`."""
        place = guild or self._world.home
        channel = self._world.add_channel(place, name, topic=topic, nsfw=nsfw, kind=kind)
        self._gateway.tell_channel(channel, "create")
        return channel

    def add_thread(self, name: str, parent: Channel, *, private: bool = False) -> Channel:
        """Add a thread to a channel; the bot is in a private one once `add_to_thread` says so."""
        kind = ChannelKind.PRIVATE_THREAD if private else ChannelKind.PUBLIC_THREAD
        if parent.kind is ChannelKind.ANNOUNCEMENT:
            kind = ChannelKind.ANNOUNCEMENT_THREAD
        guild = self._world.guild(parent.guild_id or 0)
        thread = self._world.add_channel(guild, name, kind=kind, parent=parent)
        self._gateway.tell_channel(thread, "create")
        return thread

    def add_to_thread(self, thread: Channel, *people: Person, bot: bool = False) -> None:
        """Make people, and the bot if so wanted, members of a thread."""
        thread = self._world.channel(thread.id)
        added = {person.user.id for person in people} | ({self._world.bot.id} if bot else set())
        self._world.change_channel(replace(thread, member_ids=thread.member_ids | added))

    def remove_bot_from_thread(self, thread: Channel) -> None:
        """Take the bot out of a thread."""
        thread = self._world.channel(thread.id)
        left = thread.member_ids - {self._world.bot.id}
        self._world.change_channel(replace(thread, member_ids=left))

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Archive a thread; `locked`, only who may manage threads can write in it again."""
        thread = self._world.channel(thread.id)
        self._world.change_channel(replace(thread, archived=True, locked=locked))

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel with its threads; the bot is told of the channel only."""
        self._gateway.tell_channel(channel, "delete")
        for thread in self._world.channels_of(channel.guild_id or 0):
            if thread.parent_id == channel.id:
                del self._world.channels[thread.id]
        del self._world.channels[channel.id]

    def add_role(
        self, name: str, permissions: Permission = NO_PERMISSION, *, guild: Guild | None = None
    ) -> Role:
        """Add a role, which adds `permissions` to those of its members."""
        place = guild or self._world.home
        role = self._world.add_role(place, name, permissions)
        self._gateway.tell_role(place, role)
        return role

    def give_role(self, person: Person, role: Role) -> None:
        """Give somebody a role."""
        self._world.give_roles(person.user, [*self._world.roles_of(person.user), role])

    def allow(self, person: Person, permissions: Permission, channel: str | int) -> None:
        """Give somebody permissions in one channel alone; `NO_PERMISSION` takes them away."""
        place = self._world.channel_named(channel)
        self._world.allow(person.user, place, permissions)
        self._gateway.tell_channel(place)

    def deny_bot(self, permissions: Permission, channel: str | int | None = None) -> None:
        """Take permissions from the bot in one channel; `NO_PERMISSION` gives all back."""
        place = self._world.channel_named(channel)
        self._world.deny(place.id, permissions)
        self._gateway.tell_channel(place)

    def permit_bot(self, permissions: Permission) -> None:
        """Give the bot's role exactly these permissions, in all servers."""
        self._world.bot = replace(self._world.bot, permissions=permissions)

    # messages and files

    async def remove_message(self, message_id: int) -> None:
        """Delete a message and its files.

        Raises:
            ApiError: there is no such message.
        """
        await self._world.remove_message(self._world.message(message_id))

    def restore_message(self, message: Message) -> None:
        """Put a message into a state of one's own without telling anybody.

        So a client sees it that has not heard of the last edit, or one that made the state up.
        """
        self._world.messages[message.id] = message

    def add_sticker(self, name: str, kind: StickerFormat, data: bytes) -> Sticker:
        """Add a sticker, for `Person.say`."""
        sticker = Sticker(id=self._world.ids.next(), name=name, format=kind, data=data)
        self._world.assets.stickers[sticker.id] = sticker
        return sticker

    def upload_sticker(self, name: str, data: bytes) -> Sticker:
        """Add a sticker as people do; raises ValueError where Discord would refuse it."""
        return self.add_sticker(name, check_sticker(name, data), data)

    def add_external_picture(self, url: str, data: bytes) -> None:
        """Let the proxy serve a picture of another site, at the `proxy_url` of what shows it."""
        self._world.assets.add_external(url, data)

    def limit_uploads(self, size: int, *, told: int | None = None) -> None:
        """Let the bot upload `size` bytes a file; interactions say `told`, or the truth."""
        self._world.upload_limit = size
        self._world.told_upload_limit = told

    def limit_links(self, seconds: float) -> None:
        """Make links live so long from now on; below zero they are dead when they are made."""
        self._world.links.seconds = seconds

    def expire_link(self, attachment_id: int) -> None:
        """Let every link to this attachment answer 404 from now on."""
        self._cdn.expire(attachment_id)

    def lift_ban(self) -> None:
        """End the ban of a bot that was refused too often."""
        self._ban.lift()

    # the gateway

    def ask_to_reconnect(self) -> None:
        """Send RECONNECT to the bot, which should connect again and resume."""
        self._gateway.ask_to_reconnect()

    async def drop_gateway(self, code: int = 4000, *, forget_sessions: bool = False) -> None:
        """Close the bot's websocket; with `forget_sessions` it cannot resume."""
        await self._gateway.drop(code, forget_sessions=forget_sessions)
