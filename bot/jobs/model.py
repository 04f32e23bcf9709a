"""A job and its states, as plain frozen data; no Discord state, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from nst.options import Options


class JobState(StrEnum):
    """queued → running → done | failed | cancelled, and queued → failed | cancelled."""

    QUEUED = "queued"  # stored, waiting for a device
    RUNNING = "running"  # a device works on it
    DONE = "done"  # the result is in the spool (also when it was stopped early and kept)
    FAILED = "failed"  # it ended without a result; `error` says why, in words for the requester
    CANCELLED = "cancelled"  # the requester or a moderator ended it

    @property
    def is_final(self) -> bool:
        """A final state never changes."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledImage:
    """An attachment after intake: verified, oriented, sRGB, re-encoded by us.

    Attributes:
        path: the clean image (PNG) in the spool.
        thumbnail: a small JPEG of it for the card, in the spool.
        filename: what its sender called it, made safe to show.
        sha256: hex digest of the bytes as they were sent.
        width: pixels of the clean image.
        height: pixels of the clean image.
    """

    path: Path
    thumbnail: Path
    filename: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a job's card lives and whom it belongs to (all Discord snowflakes).

    Attributes:
        requester_id: the person who asked.
        guild_id: their server; None in direct messages.
        channel_id: channel of the card.
        message_id: the card itself; 0 while Discord has not told it.
        bot_is_member: whether the bot's own token can edit there after the interaction token died.
        interaction_token: valid 15 minutes from `created_at` of the job; never logged.
        application_id: needed beside the token.
    """

    requester_id: int
    guild_id: int | None
    channel_id: int
    message_id: int
    bot_is_member: bool
    interaction_token: str
    application_id: int

    def __repr__(self) -> str:
        """Leaves the token out, so that no log can carry it."""
        return f"Address(channel={self.channel_id}, message={self.message_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A finished picture in the spool, encoded to fit the upload limit.

    Attributes:
        path: the file; its suffix tells the format.
        width: pixels.
        height: pixels.
        seconds: time the device worked on it.
        steps: image updates done.
        stopped_early: somebody pressed stop-and-keep.
    """

    path: Path
    width: int
    height: int
    seconds: float
    steps: int
    stopped_early: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job that is not yet in the store."""

    address: Address
    options: Options
    content: SpooledImage
    style: SpooledImage
    max_result_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the store. `id` is short, unique, sortable by age, safe in a `custom_id`."""

    id: str
    state: JobState
    address: Address
    options: Options
    content: SpooledImage
    style: SpooledImage
    max_result_bytes: int
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result: ResultFile | None = None
    error: str | None = None
    delivered: bool = False
