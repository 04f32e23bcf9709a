"""Discord's numbers for kinds of channels, messages, interactions and stickers."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class MessageFlag(IntFlag):
    """Message flags the local chat knows. Source: Discord's "Message Flags"."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    HAS_SNAPSHOT = 1 << 14
    COMPONENTS_V2 = 1 << 15


NO_FLAG = MessageFlag(0)


class InteractionKind(IntEnum):
    """Discord's interaction types."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class ChannelKind(IntEnum):
    """Types of channels that the local chat has."""

    TEXT = 0
    DIRECT = 1
    VOICE = 2
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16


THREADS = frozenset(
    {
        ChannelKind.ANNOUNCEMENT_THREAD,
        ChannelKind.PUBLIC_THREAD,
        ChannelKind.PRIVATE_THREAD,
    }
)
POSTS_ONLY = frozenset({ChannelKind.FORUM, ChannelKind.MEDIA})
"""Channels that consist of threads: messages go into these."""


class StickerFormat(IntEnum):
    """Discord's "Sticker Format Types"."""

    PNG = 1
    APNG = 2
    LOTTIE = 3
    GIF = 4

    @property
    def suffix(self) -> str:
        """How the file's name ends; an APNG is called a PNG."""
        return {StickerFormat.LOTTIE: "json", StickerFormat.GIF: "gif"}.get(self, "png")

    @property
    def content_type(self) -> str:
        """The type of the file."""
        return "application/json" if self is StickerFormat.LOTTIE else f"image/{self.suffix}"


class Context(IntEnum):
    """Where an interaction happens: Discord's "Interaction Context Types"."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2


class Install(IntEnum):
    """Whom an application is installed for: Discord's "Application Integration Types"."""

    GUILD = 0
    USER = 1
