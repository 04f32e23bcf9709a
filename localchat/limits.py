"""Discord's own limits as arguments, so that a test need not wait or send thousands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordLimits:
    """The limits of one local chat; the defaults are Discord's.

    Attributes:
        acknowledge_seconds: from an interaction to the bot's first answer.
        token_seconds: how long an interaction's token can be used.
        link_seconds: how long a link to an attachment works.
        upload_bytes: the largest file that the bot may upload.
    """

    acknowledge_seconds: float = 3.0
    token_seconds: float = 15 * 60.0
    link_seconds: float = 24 * 3600.0
    upload_bytes: int = 10 * 1024 * 1024
