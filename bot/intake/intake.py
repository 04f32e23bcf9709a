"""Attachments in: downloaded, unpacked and re-encoded before anything is queued."""

from __future__ import annotations

import errno
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Self

import aiohttp

from bot.errors import ImageRefused
from bot.files.store import FileKey
from bot.files.uses import UPLOADS, FileUses
from bot.intake.download import DISCORD_HOSTS, Opener, Timeouts, download, private
from bot.intake.names import safe_filename
from bot.records import StoredImage
from bot.tools import CheckedImage, ImageTools
from nst.errors import ImageError
from nst.limits import Limits
from nst.text import Text

_log = logging.getLogger(__name__)

UPLOAD_LIMITS: Final = Limits(max_bytes=25 * 2**20)

Role = Literal["photo", "style picture", "mask"]
_UNUSABLE: Final[dict[Role, Text]] = {
    "photo": Text("Your photo “{name}” cannot be used. {reason}"),
    "style picture": Text("Your style picture “{name}” cannot be used. {reason}"),
    "mask": Text("Your mask “{name}” cannot be used. {reason}"),
}

_BLANK: Final = Text(
    "This style picture is blank: it has one colour all over, so there is nothing to paint "
    "with. Choose another one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file as the chat announces it; nothing of it is believed.

    Attributes:
        url: where it lies; signed, short-lived, never logged.
        filename: what its sender calls it.
        size: bytes.
        content_type: MIME type, None where unknown.
    """

    url: str
    filename: str
    size: int
    content_type: str | None = None

    def __repr__(self) -> str:
        """Leave the signed link out, so that no log can carry it."""
        name = safe_filename(self.filename)
        return f"Attachment({name!r}, {self.size} bytes, {self.content_type!r})"


class Intake:
    """Turns attachments into clean pictures in the file store; an async context manager.

    Args:
        uses: of the store that the pictures go to.
        tools: check what was downloaded.
        session: for downloads; left to its owner to close. Without one, intake makes its own.
        limits: what to refuse.
        allowed_hosts: hosts that attachments may come from; with ":port" where that is not the
            scheme's own.
        timeouts: how long to wait for what.
        opener: creates the files that downloads are written to, as that of `open`.
    """

    def __init__(
        self,
        uses: FileUses,
        tools: ImageTools,
        *,
        session: aiohttp.ClientSession | None = None,
        limits: Limits = UPLOAD_LIMITS,
        allowed_hosts: Iterable[str] = DISCORD_HOSTS,
        timeouts: Timeouts | None = None,
        opener: Opener = private,
    ) -> None:
        self._uses = uses
        self._tools = tools
        self._session = session
        self._own_session: aiohttp.ClientSession | None = None
        self._limits = limits
        self._hosts = frozenset(allowed_hosts)
        self._timeouts = timeouts or Timeouts()
        self._opener = opener

    async def __aenter__(self) -> Self:
        """Make a session if none was given."""
        if self._session is None:
            self._own_session = self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close the session that intake made."""
        if self._own_session is not None:
            await self._own_session.close()
            self._own_session = self._session = None

    async def receive(self, attachment: Attachment, *, role: Role) -> StoredImage:
        """Download, check and re-encode one attachment.

        Raises:
            ImageRefused: naming the file, what is wrong with it, and the limit.
        """
        name = safe_filename(attachment.filename)
        try:
            return await self._receive(attachment, name, role)
        except ImageRefused as refusal:
            _log.info("Refused %r: %s", attachment, refusal, exc_info=True)
            raise ImageRefused(_UNUSABLE[role], name=name, reason=refusal.text) from refusal
        except OSError as error:
            _log.exception("Cannot store %r", attachment)
            raise ImageRefused(_UNUSABLE[role], name=name, reason=_why(error)) from error

    async def discard(self, *images: StoredImage) -> None:
        """Let go of pictures that came in: those that nobody else uses by now are removed."""
        if images:
            await self._uses.discard(UPLOADS, [key for image in images for key in image.files])

    async def _receive(self, attachment: Attachment, name: str, role: Role) -> StoredImage:
        if self._session is None:
            raise RuntimeError("Intake is used outside `async with`.")
        try:
            self._limits.check_bytes(attachment.size)
        except ImageError as error:
            raise ImageRefused(error.text) from error
        token = uuid.uuid4().hex
        async with self._uses.files.scratch() as folder:
            raw, clean, thumbnail = folder / "raw", folder / "clean", folder / "thumbnail"
            await download(
                self._session,
                attachment.url,
                raw,
                hosts=self._hosts,
                limits=self._limits,
                timeouts=self._timeouts,
                opener=self._opener,
            )
            checked = await self._tools.check(
                raw, clean, thumbnail, limits=self._limits, seconds=self._timeouts.check
            )
            _check_content(checked, role)
            file = FileKey(f"spool/{token}{checked.suffix}")
            small = FileKey(f"spool/{token}-thumbnail.jpg")
            await self._uses.keep(UPLOADS, {file: clean, small: thumbnail})
        return StoredImage(
            file=file,
            thumbnail=small,
            filename=name,
            sha256=checked.sha256,
            width=checked.width,
            height=checked.height,
            fingerprint=checked.fingerprint,
        )


def _check_content(checked: CheckedImage, role: Role) -> None:
    if checked.blank and role == "style picture":
        raise ImageRefused(_BLANK)


def check_pair(content: StoredImage, style: StoredImage) -> None:
    """Refuse two pictures that make no sense together.

    Raises:
        ImageRefused: they are the same file.
    """
    if content.sha256 == style.sha256:
        raise ImageRefused(
            "Your photo and your style picture are the same file, so there is nothing to paint. "
            "Choose another picture for one of them."
        )


def _why(error: OSError) -> Text:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Text("It could not be stored: no room is left here. Try again later.")
    return Text("It could not be stored. Try again later.")
