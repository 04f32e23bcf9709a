"""What the local chat is made of: plain data, no behaviour, no JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localchat.enums import (
    NO_FLAG,
    THREADS,
    ChannelKind,
    InteractionKind,
    MessageFlag,
    StickerFormat,
)
from localchat.errors import Json
from localchat.permissions import MEMBER_PERMISSIONS, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody in the chat: a person, or the bot.

    `permissions` hold in every guild; roles may add to them in theirs.
    """

    id: int
    username: str
    display_name: str
    bot: bool = False
    permissions: Permission = MEMBER_PERMISSIONS
    joined_at: float = 0.0
    locale: str = "en-US"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of a guild, and what it adds to its members' permissions."""

    id: int
    guild_id: int
    name: str
    permissions: Permission
    position: int


@dataclass(slots=True, kw_only=True)
class Guild:
    """A server. Everybody in the chat is a member of every guild.

    Attributes:
        id: snowflake; also the id of the role @everyone.
        name: what people see.
        locale: its preferred language.
        has_bot: whether the bot is a member.
        bot_role_id: the role the bot has while it is one.
        roles: beside @everyone and the bot's own, by id.
        given: ids of the roles of each member, by the member's id.
    """

    id: int
    name: str
    locale: str
    has_bot: bool
    bot_role_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    given: dict[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel or a thread of a guild, or a conversation of two.

    Attributes:
        guild_id: None for a conversation.
        nsfw: whether it is for adults only.
        parent_id: the channel that a thread belongs to.
        recipient_ids: who is in a conversation, the bot possibly among them.
        archived: of a thread, whether it is closed; a new message opens it again.
        locked: of a thread, whether only those who may manage threads can open it again.
        member_ids: who is in a thread; a private one is for them alone.
    """

    id: int
    name: str
    topic: str
    position: int
    kind: ChannelKind = ChannelKind.TEXT
    guild_id: int | None = None
    nsfw: bool = False
    parent_id: int | None = None
    recipient_ids: tuple[int, ...] = ()
    archived: bool = False
    locked: bool = False
    member_ids: frozenset[int] = frozenset()

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread, a forum's post included."""
        return self.kind in THREADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sticker:
    """A sticker and its file, a PNG, APNG, GIF or Lottie animation."""

    id: int
    name: str
    format: StickerFormat
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An uploaded file.

    Attributes:
        id: snowflake.
        filename: what its sender calls it, made safe for a URL as Discord does.
        content_type: what the end of the name says, as on Discord.
        size: bytes.
        width: pixels, None where the file's first bytes do not tell.
        height: pixels, None likewise.
        description: alternative text.
        folder: first parts of its address: `attachments/<channel>` or
            `ephemeral-attachments/<application>`.
        spoiler: whether it is hidden until somebody clicks.
        path: the file on this machine.
    """

    id: int
    filename: str
    content_type: str
    size: int
    width: int | None
    height: int | None
    description: str | None
    folder: str
    spoiler: bool
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The interaction a message answers: Discord's `interaction_metadata`.

    Attributes:
        owners: for whom the application is installed that answered (`{"0": guild, "1": user}`).
        command: name of the command, if it was one.
        pressed_message_id: the message whose button or menu was used.
        target_message_id: the message a context menu was opened on.
        target_user: the member a context menu was opened on.
        trigger: for a submitted modal, what opened it.
    """

    interaction_id: int
    kind: InteractionKind
    user: User
    owners: Mapping[str, str]
    command: str | None = None
    pressed_message_id: int | None = None
    target_message_id: int | None = None
    target_user: User | None = None
    trigger: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One state of a message; an edit makes a new one.

    `components` are in the shape of Discord's answers, except that media carry no links: those
    are signed anew each time they are shown (`payloads.py`). `forwarded` is another message as it
    was when somebody passed it on; `reference_id` names it then, instead of what is replied to.
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
    stickers: tuple[Sticker, ...] = ()
    flags: MessageFlag = NO_FLAG
    edited_at: float | None = None
    mentions: tuple[User, ...] = ()
    reference_id: int | None = None
    nonce: str | int | None = None
    origin: Origin | None = None
    visible_to: int | None = None
    forwarded: Message | None = None

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
        kind: command, component, autocomplete or submitted modal.
        user: who did it.
        channel_id: where.
        created_at: clock seconds.
        data: Discord's `data` of the gateway event.
        origin: what messages that answer it say about it.
        message_id: the message whose button was pressed.
        acknowledged_at: clock seconds of the bot's first answer; None before.
        callback_type: type of that answer (4 to 9).
        response_message_id: the "original response"; for a button's update, the message itself.
        followup_ids: further messages sent through the token.
        choices: what autocomplete suggested.
        modal: the form the bot opened: `custom_id`, `title` and `components`.
    """

    id: int
    token: str
    kind: InteractionKind
    user: User
    channel_id: int
    created_at: float
    data: Json
    origin: Origin
    message_id: int | None = None
    acknowledged_at: float | None = None
    callback_type: int | None = None
    response_message_id: int | None = None
    followup_ids: list[int] = field(default_factory=list)
    choices: list[Json] | None = None
    modal: Json | None = None

    @property
    def seconds_to_acknowledge(self) -> float | None:
        """Seconds from the event to the bot's first answer; None before it."""
        if self.acknowledged_at is None:
            return None
        return self.acknowledged_at - self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A registered application command: ids, Discord's payload of it, and the one guild it is for
    (None: it is for all)."""

    id: int
    version: int
    payload: dict[str, Any]
    guild_id: int | None = None
