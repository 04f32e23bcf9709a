"""Everything that is in the chat now, and the one place that changes messages."""

from __future__ import annotations

import asyncio
import mimetypes
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from bot.localchat.cdn import Links, Storage
from bot.localchat.clock import Clock, Snowflakes
from bot.localchat.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, ApiError, Json
from bot.localchat.media import picture_size
from bot.localchat.state import (
    BOT_PERMISSIONS,
    MEMBER_PERMISSIONS,
    NO_PERMISSION,
    Attachment,
    Channel,
    Command,
    Interaction,
    InteractionKind,
    Message,
    Permission,
    User,
)

UPLOAD_LIMIT = 10 * 1024 * 1024

# What the standard library's table lacks where the system has none of its own.
_TYPES = mimetypes.MimeTypes()
for _suffix in ("webp", "avif", "heic", "apng"):
    _TYPES.add_type(f"image/{_suffix}", f".{_suffix}")

Change = Literal["create", "update", "delete"]
Listener = Callable[[Change, Message], None]


@dataclass(frozen=True, slots=True)
class File:
    """A file on its way in: what its sender calls it and claims it to be, and its bytes."""

    filename: str
    content_type: str | None
    data: bytes


class World:
    """One application with its bot, one guild with two channels, the people, and what they said.

    Args:
        clock: every timestamp, deadline and expiry reads it.
        links: signs attachment links.
        storage: keeps attachments.
        upload_limit: largest file the bot may upload, in bytes.

    Attributes:
        editing: held while a message goes from one state to the next.
    """

    def __init__(
        self, *, clock: Clock, links: Links, storage: Storage, upload_limit: int = UPLOAD_LIMIT
    ) -> None:
        self.clock = clock
        self.ids = Snowflakes(clock)
        self.links = links
        self.storage = storage
        self.upload_limit = upload_limit
        self.application_id = self.ids.next()
        self.token = f"{self.application_id}.{secrets.token_urlsafe(32)}"
        self.bot = User(
            id=self.application_id,
            username="stylize",
            display_name="Stylize",
            bot=True,
            permissions=BOT_PERMISSIONS | MEMBER_PERMISSIONS,
            joined_at=clock(),
        )
        self.guild_id = self.ids.next()
        self.guild_name = "Art café"
        self.bot_role_id = self.ids.next()
        self.owner = User(
            id=self.ids.next(), username="owner", display_name="Owner", joined_at=clock()
        )
        topics = {"painting": "Turn photos into paintings", "gallery": "The finished ones"}
        self.channels = {
            channel.id: channel
            for position, (name, topic) in enumerate(topics.items())
            for channel in [Channel(id=self.ids.next(), name=name, topic=topic, position=position)]
        }
        self.people: dict[str, User] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self.commands: dict[int | None, dict[tuple[int, str], Command]] = {None: {}}
        self.listeners: list[Listener] = []
        self.editing = asyncio.Lock()
        self._denied: dict[int, Permission] = {}
        self._by_token: dict[str, Interaction] = {}

    # people and places

    def person(self, name: str, permissions: Permission | None = None) -> User:
        """The member called `name`, who joins if nobody is called that yet.

        Args:
            name: the display name.
            permissions: what they may do from now on; None leaves a member's as they are.
        """
        user = self.people.get(name)
        if user is None:
            username = re.sub(r"[^a-z0-9_.]+", "_", name.lower()) or "somebody"
            user = User(
                id=self.ids.next(),
                username=username,
                display_name=name,
                joined_at=self.clock(),
            )
        if permissions is not None:
            user = replace(user, permissions=permissions)
        self.people[name] = user
        return user

    def channel(self, channel_id: int) -> Channel:
        """Raises ApiError (Unknown Channel) for an id nobody has."""
        try:
            return self.channels[channel_id]
        except KeyError:
            raise ApiError(*UNKNOWN_CHANNEL) from None

    def channel_named(self, name: str | None) -> Channel:
        """The channel called `name`, with or without `#`; the first one for None.

        Raises:
            LookupError: there is none.
        """
        if name is None:
            return next(iter(self.channels.values()))
        wanted = name.removeprefix("#")
        for channel in self.channels.values():
            if channel.name == wanted:
                return channel
        raise LookupError(f"there is no channel #{wanted}")

    def bot_permissions(self, channel_id: int) -> Permission:
        """What the bot may do in a channel."""
        return self.bot.permissions & ~self.denied(channel_id)

    def denied(self, channel_id: int) -> Permission:
        """What an overwrite takes from the bot in a channel."""
        return self._denied.get(channel_id, NO_PERMISSION)

    def deny(self, channel_id: int, permissions: Permission) -> None:
        """Sets what the bot may not do in a channel (`NO_PERMISSION`: nothing)."""
        self._denied[channel_id] = permissions

    # messages

    def message(self, message_id: int) -> Message:
        """Raises ApiError (Unknown Message) for an id nobody has."""
        try:
            return self.messages[message_id]
        except KeyError:
            raise ApiError(*UNKNOWN_MESSAGE) from None

    def add_message(self, message: Message) -> None:
        """A new message appears."""
        self.messages[message.id] = message
        self._tell("create", message)

    async def change_message(self, message: Message) -> None:
        """A message has a new state; files it no longer has are deleted."""
        before = self.messages[message.id]
        self.messages[message.id] = message
        self._tell("update", message)
        kept = {attachment.id for attachment in message.attachments}
        for attachment in before.attachments:
            if attachment.id not in kept:
                await self.storage.drop(attachment)

    async def remove_message(self, message: Message) -> None:
        """A message and its files disappear."""
        if self.messages.pop(message.id, None) is None:
            raise ApiError(*UNKNOWN_MESSAGE)
        self._tell("delete", message)
        for attachment in message.attachments:
            await self.storage.drop(attachment)

    def _tell(self, change: Change, message: Message) -> None:
        for listener in tuple(self.listeners):
            listener(change, message)

    # files

    def new_attachment(
        self, file: File, *, folder: str, description: str | None = None
    ) -> Attachment:
        """Describes a file; its bytes are kept by `storage.add`."""
        size = picture_size(file.data)
        attachment_id = self.ids.next()
        filename = safe_filename(file.filename)
        claimed = file.content_type
        if claimed is None or not re.fullmatch(r"[ -~]{1,255}", claimed):
            claimed = _TYPES.guess_type(filename)[0]
        return Attachment(
            id=attachment_id,
            filename=filename,
            content_type=claimed,
            size=len(file.data),
            width=size[0] if size else None,
            height=size[1] if size else None,
            description=description,
            folder=folder,
            path=self.storage.path_for(attachment_id),
        )

    # interactions

    def add_interaction(
        self,
        *,
        kind: InteractionKind,
        user: User,
        channel_id: int,
        data: Json,
        message_id: int | None = None,
    ) -> Interaction:
        """A person did something; the caller tells the bot."""
        interaction = Interaction(
            id=self.ids.next(),
            token=secrets.token_urlsafe(120),
            kind=kind,
            user=user,
            channel_id=channel_id,
            created_at=self.clock(),
            data=data,
            message_id=message_id,
        )
        self.interactions[interaction.id] = interaction
        self._by_token[interaction.token] = interaction
        return interaction

    def interaction_with(self, token: str) -> Interaction | None:
        """The interaction this token belongs to, dead or alive."""
        return self._by_token.get(token)


def safe_filename(name: str) -> str:
    """A name as Discord makes it: no folders, no spaces, only characters that are safe in a URL."""
    cleaned = re.sub(r"[^\w.\-]+", "_", name.replace("\\", "/").rpartition("/")[2], flags=re.ASCII)
    cleaned = cleaned.strip("._") if set(cleaned) <= set("._") else cleaned
    return cleaned[-255:] or "unknown"
