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
        guilds_per_connection: how many guilds one gateway connection may serve.
        identify_seconds: least time between two identifications (of the same concurrency bucket).
        max_concurrency: number of these buckets; a shard's is its number modulo this one.
        session_starts: identifications a day.
        invalid_requests: answers of 401, 403 or 429 within 10 minutes that get the bot banned.
        ban_seconds: how long such a ban lasts; Discord does not tell.
    """

    acknowledge_seconds: float = 3.0
    token_seconds: float = 15 * 60.0
    link_seconds: float = 24 * 3600.0
    upload_bytes: int = 10 * 1024 * 1024
    guilds_per_connection: int = 2500
    identify_seconds: float = 5.0
    max_concurrency: int = 1
    session_starts: int = 1000
    invalid_requests: int = 10_000
    ban_seconds: float = 3600.0
