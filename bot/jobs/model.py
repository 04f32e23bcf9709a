"""A job and its states, as plain frozen data; no Discord state, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from nst.options import Options

TOKEN_LIFE: Final = timedelta(minutes=15)


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
        fingerprint: how it looks (`nst.fingerprint`), 16 hexadecimal digits; None where unknown.
    """

    path: Path
    thumbnail: Path
    filename: str
    sha256: str
    width: int
    height: int
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStyle:
    """One style image of a job.

    Attributes:
        image: the picture whose look is wanted.
        weight: its share beside the other style images, above 0; only ratios count.
        credit: whose work it is, as the style shelf says it; empty for an upload.
    """

    image: SpooledImage
    weight: float = 1.0
    credit: str = ""


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
        device: where it was painted.
        raw: the same picture lossless and before the photo's colours were put back, from which it
            can be recoloured or painted on; None where none was kept.
        recording: history and frames of the painting (`nst.recording`); None where none was kept.
        notes: what the requester should know, e.g. that it was painted smaller than asked for.
    """

    path: Path
    width: int
    height: int
    seconds: float
    steps: int
    stopped_early: bool
    device: str = ""
    raw: Path | None = None
    recording: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything of it on disk."""
        return tuple(path for path in (self.path, self.raw, self.recording) if path)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What to make, of which pictures, and for whom: from the order to the worker.

    Attributes:
        options: what to make.
        content: the photo; None while it is on its way in.
        styles: the style images, at least one once they are in.
        max_result_bytes: the result file must not be larger.
        mask: white where to paint, black where the photo stays; None for everywhere.
        parent_id: the job that this one varies or goes on from.
        start_from: the raw picture of an earlier result to go on from, instead of from the photo.
        strengths: not empty for a strength sheet: one small picture at each of these strengths.
        locale: Discord's name of the requester's language, such as `de` or `pt-BR`.
        private: only the requester sees card and result.
        spoiler: the result is hidden until somebody clicks on it.
    """

    options: Options
    content: SpooledImage | None = None
    styles: tuple[JobStyle, ...] = ()
    max_result_bytes: int
    mask: SpooledImage | None = None
    parent_id: str | None = None
    start_from: Path | None = None
    strengths: tuple[int, ...] = ()
    locale: str = "en-US"
    private: bool = False
    spoiler: bool = False

    @property
    def photo(self) -> SpooledImage:
        """Return the content image.

        Raises:
            ValueError: it is still on its way in, or never came.
        """
        if self.content is None:
            raise ValueError("the photo of this job is not in")
        return self.content

    @property
    def style(self) -> SpooledImage:
        """Return the first style image, which stands for all where there is room for one only."""
        return self.styles[0].image

    @property
    def images(self) -> tuple[SpooledImage, ...]:
        """Return all pictures that are in: photo, styles, mask."""
        found = (self.content, *(style.image for style in self.styles), self.mask)
        return tuple(image for image in found if image)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job that is not in the store yet.

    Attributes:
        address: who asks, and where the card is.
        spec: what they want.
    """

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

    @property
    def token_dies_at(self) -> datetime:
        """When the interaction's token can no longer be used."""
        return (self.token_at or self.created_at) + TOKEN_LIFE
