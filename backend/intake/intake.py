"""Attachments in: downloaded, unpacked and re-encoded before anything is queued."""

from __future__ import annotations

import asyncio
import logging
import shutil
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, Self

import aiohttp

from backend.errors import ImageRefused, ImageUnavailable, Problems
from backend.files.room import NO_ROOM
from backend.files.store import FileKey, open_kept
from backend.files.uses import UPLOADS, FileUses
from backend.intake.download import Downloader
from backend.intake.names import safe_filename
from backend.intake.screening import Screening
from backend.metrics import INTAKE
from backend.records import StoredFilm, StoredImage
from backend.tools import CheckedFilm, ImageTools
from backend.tools.turns import Turns
from nst.limits import Limits
from nst.text import Text

_log = logging.getLogger(__name__)

Role = Literal["photo", "style picture", "mask"]
_UNUSABLE: Final[dict[Role, Text]] = {
    "photo": Text("Your photo “{name}” cannot be used. {reason}"),
    "style picture": Text("Your style picture “{name}” cannot be used. {reason}"),
    "mask": Text("Your mask “{name}” cannot be used. {reason}"),
}
_MOST_KEPT: Final = 2**30
MOST_FILES: Final = 32
"""How many files come in at a time; with what they may have each, it bounds disk and memory."""
MOST_OF_PERSON: Final = 4
"""How many of them one person sends."""

_COPIES: Final = 2  # as it came, and clean
_FILM: Final = "film"
_FILM_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file as the chat announces it, of which nothing is believed, or one of the store."""

    url: str = ""  # signed, short-lived, never logged
    filename: str
    size: int | None = None  # where unknown
    content_type: str | None = None
    spoiler: bool = False
    file: FileKey | None = None  # in place of a link
    film: StoredFilm | None = None  # beside the file, if it is one of its frames

    @classmethod
    def of(cls, sent: Any) -> Self:
        """Return an attachment of discord.py's."""
        return cls(
            url=sent.url,
            filename=sent.filename,
            size=sent.size,
            content_type=sent.content_type,
            spoiler=sent.is_spoiler(),
        )

    def __repr__(self) -> str:
        """Leave the signed link out, so that no log can carry it."""
        name = safe_filename(self.filename)
        return f"Attachment({name!r}, {self.size} bytes, {self.content_type!r})"


@dataclass(slots=True)
class Intake:
    """Turns attachments into clean pictures in the file store; an async context manager."""

    uses: FileUses
    tools: ImageTools
    downloader: Downloader
    check_seconds: float = 60.0  # for a picture to be unpacked
    screening: Screening = field(default_factory=Screening)
    _session: aiohttp.ClientSession | None = field(init=False, default=None)
    _turns: Turns = field(init=False, default_factory=partial(Turns, MOST_FILES, MOST_OF_PERSON))

    async def __aenter__(self) -> Self:
        """Open the session for downloads."""
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def receive_all(
        self, sent: Sequence[tuple[Attachment, Role]], person: int, *, max_frames: int = 1
    ) -> list[StoredImage]:
        """Receive all pictures of a person; if one is refused, none is kept.

        A photo that moves is received as a film of so many frames at most.

        Raises:
            ImageRefused: naming every picture that is refused, and why.
        """
        received = await asyncio.gather(
            *(
                self.receive(file, role=role, person=person, max_frames=max_frames)
                for file, role in sent
            ),
            return_exceptions=True,
        )
        images = [one for one in received if isinstance(one, StoredImage)]
        if len(images) < len(sent):
            await self.discard(*images)
        problems = Problems()
        for one in received:
            if isinstance(one, ImageRefused):
                problems.add(one)
            elif isinstance(one, BaseException):
                raise one
        problems.check()
        return images

    async def receive(
        self,
        attachment: Attachment,
        *,
        role: Role,
        person: int | None = None,
        max_frames: int = 1,
    ) -> StoredImage:
        """Download, check and re-encode one attachment of a person, when their turn has come.

        A photo that moves comes with its frames, unless they cannot be had; a note says why.

        Raises:
            ImageRefused: naming the file, what is wrong with it, and the limit.
        """
        name = safe_filename(attachment.filename)
        try:
            room = self.uses.files.room
            most = self.downloader.limits.max_bytes  # no more comes in, whatever is announced
            size = min(attachment.size or most, most)
            with INTAKE.track_inprogress():
                async with self._turns.turn(person):
                    with room.hold(_COPIES * size):
                        return await self._receive(attachment, name, role, person, max_frames)
        except ImageRefused as refusal:
            # What people sent is no fault of ours, whose trace would tell anybody anything.
            trace = isinstance(refusal, ImageUnavailable)
            _log.info("Refused %r: %s", attachment, refusal, exc_info=trace)
            raise type(refusal)(_UNUSABLE[role], name=name, reason=refusal.text) from refusal
        except OSError as error:
            _log.exception("Cannot store %r", attachment)
            raise ImageUnavailable(_UNUSABLE[role], name=name, reason=_why(error)) from error

    async def discard(self, *images: StoredImage) -> None:
        """Let go of pictures that came in: those that nobody else uses by now are removed."""
        if images:
            await self.uses.discard(UPLOADS, [key for image in images for key in image.files])

    async def _receive(
        self, attachment: Attachment, name: str, role: Role, person: int | None, max_frames: int
    ) -> StoredImage:
        token = uuid.uuid4().hex
        async with self.uses.files.scratch() as folder:
            raw, clean, thumbnail = folder / "raw", folder / "clean", folder / "thumbnail"
            limits = await self._bring(attachment, raw)
            checked = await self.tools.check(
                raw,
                clean,
                thumbnail,
                limits=limits,
                seconds=self.check_seconds,
                person=person,
                most=role != "photo",
            )
            if checked.blank and role == "style picture":
                raise ImageRefused(
                    "This style picture is blank: it has one colour all over, so there is nothing "
                    "to paint with. Choose another one."
                )
            await self.screening.check(self._open_session, clean, checked.suffix, person)
            files = {
                FileKey(f"spool/{token}{checked.suffix}"): clean,
                FileKey(f"spool/{token}-thumbnail.jpg"): thumbnail,
            }
            file, small = files
            film: StoredFilm | None = None
            notes: tuple[Text, ...] = ()
            if role == "photo" and max_frames > 1 and (attachment.film or checked.frames > 1):
                unpack = partial(
                    self.tools.frames, raw, limits=limits, max_frames=max_frames, person=person
                )
                film, notes = await self._film(attachment.film, folder, unpack, person)
            if film:
                film = replace(film, file=FileKey(f"spool/{token}-film.tar"))
                files[film.file] = folder / _FILM
            await self.uses.keep(UPLOADS, files)
        return StoredImage(
            file=file,
            thumbnail=small,
            filename=name,
            sha256=checked.sha256,
            width=checked.width,
            height=checked.height,
            fingerprint=checked.fingerprint,
            frame=checked.frame,
            frames=film.frames if film and attachment.film else checked.frames,
            spoiler=attachment.spoiler,
            film=film,
            notes=notes,
        )

    async def _film(
        self,
        kept: StoredFilm | None,
        folder: Path,
        unpack: Callable[..., Awaitable[CheckedFilm]],
        person: int | None,
    ) -> tuple[StoredFilm | None, tuple[Text, ...]]:
        """Bring a film's frames into a folder; return it, its key aside, and what to say of it.

        Who sent one that is too long or damaged still gets a picture, as before there were films.
        """
        frames, sheet = folder / _FILM, folder / "sheet"
        if kept:
            async with open_kept(self.uses.files, [kept.file]) as paths:
                await asyncio.to_thread(shutil.copyfile, paths[kept.file], frames)
            return kept, ()
        try:
            with self.uses.files.room.hold(_FILM_BYTES):
                found = await unpack(frames, sheet)
        except ImageRefused as refusal:
            return None, (refusal.text,)
        if found.frames == 1:
            return None, found.notes
        await self.screening.check(self._open_session, sheet, ".jpg", person)
        return (
            StoredFilm(
                file=FileKey(""), frames=found.frames, seconds=found.seconds, video=found.video
            ),
            found.notes,
        )

    async def _bring(self, attachment: Attachment, raw: Path) -> Limits:
        """Write the file to a new one; return the limits to check it with."""
        limits = self.downloader.limits
        if attachment.file:
            async with open_kept(self.uses.files, [attachment.file]) as paths:
                await asyncio.to_thread(shutil.copyfile, paths[attachment.file], raw)
            return replace(limits, max_bytes=_MOST_KEPT)  # lossless copies may be larger
        await self.downloader.fetch(self._open_session, attachment.url, raw, attachment.size)
        return limits

    @property
    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("Intake is used outside `async with`.")
        return self._session


def check_pair(content: StoredImage, style: StoredImage) -> None:
    """Refuse two pictures that are the same file."""
    if content.sha256 == style.sha256:
        raise ImageRefused(
            "Your photo and your style picture are the same file, so there is nothing to paint. "
            "Choose another picture for one of them."
        )


def _why(error: OSError) -> Text:
    if error.errno in NO_ROOM:
        return Text("It could not be stored: no room is left here. Try again later.")
    return Text("It could not be stored. Try again later.")
