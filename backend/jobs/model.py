"""A job and its states, as plain frozen data; no Discord state, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from backend.records import JobSpec, ResultFile

TOKEN_LIFE: Final = timedelta(minutes=15)
ALL: Final = "all"
STARRED: Final = "starred"
"""Which of somebody's pictures."""


class JobState(StrEnum):
    """receiving → queued → running → done | failed | cancelled; any may fail or be cancelled."""

    RECEIVING = "receiving"  # noted, its pictures are on their way in
    QUEUED = "queued"  # waiting for a device
    RUNNING = "running"  # a device works on it
    DONE = "done"  # the result is stored (also when it was stopped early and kept)
    FAILED = "failed"  # it ended without a result; `error` says why, in words for the requester
    CANCELLED = "cancelled"  # the requester or a moderator ended it

    @property
    def is_final(self) -> bool:
        """Return whether the state never changes again."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


FINAL: Final = tuple(state for state in JobState if state.is_final)
SOURCES: Final = {
    JobState.RECEIVING: (),
    JobState.QUEUED: (JobState.RUNNING,),  # recovery after the bot ended in the middle
    JobState.RUNNING: (JobState.QUEUED,),
    JobState.DONE: (JobState.RUNNING,),
    JobState.FAILED: (JobState.RECEIVING, JobState.QUEUED, JobState.RUNNING),
    JobState.CANCELLED: (JobState.RECEIVING, JobState.QUEUED, JobState.RUNNING),
}
"""From which states each may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a job's card lives and whom it belongs to (all Discord snowflakes).

    Attributes:
        guild_id: their server; None in direct messages.
        message_id: the card itself; 0 while Discord has not told it.
        bot_is_member: whether the bot's own token can edit there after the interaction token died.
        interaction_token: valid for `TOKEN_LIFE`; never logged.
    """

    requester_id: int
    guild_id: int | None
    channel_id: int
    message_id: int
    bot_is_member: bool
    interaction_token: str
    application_id: int

    def __repr__(self) -> str:
        """Leave the token out, so that no log can carry it."""
        return f"Address(channel={self.channel_id}, message={self.message_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job that is not in the store yet: who asks, and for what."""

    address: Address
    spec: JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(NewJob):
    """One row of the store.

    Attributes:
        id: short, unique, sortable by age, safe in a `custom_id`.
        alt: the requester's own description of the result, None for the bot's.
        token_at: when `address.interaction_token` was renewed; None: it is as old as the job.
        told_id: the message that told the requester of the outcome.
        starred_at: when the requester gave it a star; None without one.
    """

    id: str
    state: JobState
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result: ResultFile | None = None
    error: str | None = None
    delivered: bool = False
    alt: str | None = None
    token_at: datetime | None = None
    told_id: int | None = None
    starred_at: datetime | None = None

    @property
    def token_dies_at(self) -> datetime:
        """Return when the interaction's token can no longer be used."""
        return (self.token_at or self.created_at) + TOKEN_LIFE


@dataclass(frozen=True, slots=True)
class PicturePage:
    """Some of a person's pictures that are kept, newest first, or of those with a star.

    Attributes:
        number: of the page, from 0.
        total: how many pictures there are on all pages.
    """

    jobs: tuple[Job, ...]
    number: int
    pages: int
    total: int
    starred: bool

    @property
    def kind(self) -> str:
        """Return which pictures they are."""
        return STARRED if self.starred else ALL
