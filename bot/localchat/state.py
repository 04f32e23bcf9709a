"""What the local chat is made of: plain data, no behaviour, no JSON."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any

from bot.localchat.errors import Json


class Permission(IntFlag):
    """The bits the local chat looks at. Source: Discord's API documentation, "Permissions"."""

    ADMINISTRATOR = 1 << 3
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38


NO_PERMISSION = Permission(0)

BOT_PERMISSIONS = Permission(274878024704)
"""What the invitation asks for: view, send (also in threads), embed, attach, read history."""

MEMBER_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
)
"""What anybody in the server may do."""

MODERATOR_PERMISSIONS = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES
"""What a moderator may do."""


class MessageFlag(IntFlag):
    """Message flags the local chat knows. Source: Discord's "Message Flags"."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


NO_FLAG = MessageFlag(0)


class InteractionKind(IntEnum):
    """Discord's interaction types."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody in the chat: a person, or the bot."""

    id: int
    username: str
    display_name: str
    bot: bool = False
    permissions: Permission = MEMBER_PERMISSIONS
    joined_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A text channel of the one guild."""

    id: int
    name: str
    topic: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An uploaded file.

    Attributes:
        id: snowflake.
        filename: what its sender calls it, made safe for a URL as Discord does.
        content_type: what its sender claims, or what the name suggests.
        size: bytes.
        width: pixels, None where the file's first bytes do not tell.
        height: pixels, None likewise.
        description: alternative text.
        folder: first parts of its address: `attachments/<channel>` or
            `ephemeral-attachments/<application>`.
        path: the file on this machine.
    """

    id: int
    filename: str
    content_type: str | None
    size: int
    width: int | None
    height: int | None
    description: str | None
    folder: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The interaction a message answers: Discord's `interaction_metadata`."""

    interaction_id: int
    kind: InteractionKind
    user: User
    command: str | None
    pressed_message_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One state of a message; an edit makes a new one.

    `components` are in the shape of Discord's answers, except that media carry no links: those
    are signed anew each time they are shown (`payloads.py`).
    """

    id: int
    channel_id: int
    author: User
    created_at: float
    type: int = 0
    content: str = ""
    components: tuple[Json, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[Json, ...] = ()
    flags: MessageFlag = NO_FLAG
    edited_at: float | None = None
    mentions: tuple[User, ...] = ()
    reference_id: int | None = None
    nonce: str | int | None = None
    origin: Origin | None = None
    visible_to: int | None = None

    @property
    def is_v2(self) -> bool:
        """Whether it is made of Components V2."""
        return bool(self.flags & MessageFlag.COMPONENTS_V2)


@dataclass(slots=True, kw_only=True)
class Interaction:
    """Something a person did that the bot must answer.

    Attributes:
        id: snowflake.
        token: opaque; valid 15 minutes after `created_at`.
        kind: command, component or autocomplete.
        user: who did it.
        channel_id: where.
        created_at: clock seconds.
        data: Discord's `data` of the gateway event.
        message_id: the message whose button was pressed.
        acknowledged_at: clock seconds of the bot's first answer; None before.
        callback_type: type of that answer (4 to 9).
        response_message_id: the "original response"; for a button's update, the message itself.
        followup_ids: further messages sent through the token.
        choices: what autocomplete suggested.
        modal: the form the bot opened.
    """

    id: int
    token: str
    kind: InteractionKind
    user: User
    channel_id: int
    created_at: float
    data: Json
    message_id: int | None = None
    acknowledged_at: float | None = None
    callback_type: int | None = None
    response_message_id: int | None = None
    followup_ids: list[int] = field(default_factory=list)
    choices: list[Json] | None = None
    modal: Json | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds_to_acknowledge(self) -> float | None:
        """Seconds from the event to the bot's first answer; None before it."""
        if self.acknowledged_at is None:
            return None
        return self.acknowledged_at - self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A registered application command: ids, and Discord's payload of it."""

    id: int
    version: int
    payload: dict[str, Any]
