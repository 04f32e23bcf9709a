"""From an attachment's link to bytes on disk, bounded in size and time, from known hosts only."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiofiles
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from backend.errors import ImageRefused, ImageUnavailable
from nst.errors import ImageError
from nst.limits import Limits

_log = logging.getLogger(__name__)

DISCORD_HOSTS: Final = frozenset(
    {"cdn.discordapp.com", "media.discordapp.net", "images-ext-*.discordapp.net"}
)
"""Attachments and stickers; pictures of other sites, as Discord passes them on."""
UPLOAD_LIMITS: Final = Limits(max_bytes=25 * 2**20)
_CHUNK: Final = 2**18
_GONE: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


Opener = Callable[[str, int], int]


def private(path: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(path, flags, 0o600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloader:
    """Fetches what links give, from known hosts only: `host`, `host:port`, or `*` within a host."""

    hosts: Collection[str] = DISCORD_HOSTS
    limits: Limits = UPLOAD_LIMITS
    seconds: float = 60.0  # from the request to the last byte
    idle_seconds: float = 15.0  # to connect, and between two pieces of data
    opener: Opener = private

    async def fetch(
        self, session: ClientSession, url: str, target: Path, announced: int | None = None
    ) -> None:
        """Write what `url` gives to `target`, a new file only its owner may read.

        The size is counted as the bytes arrive; what was announced, as it is of files that are
        attached, can only make it refused earlier. Redirects are not followed. A file begun is left
        to the caller to remove.

        Raises:
            ImageRefused: with what happened, for the person who sent the attachment.
            OSError: the file cannot be written.
        """
        if not self.allows(url):
            _log.warning("Attachment from a host that is not allowed.")
            raise ImageRefused(
                "This file is not an attachment of this chat. Attach the file itself."
            )
        idle = self.idle_seconds
        timeout = ClientTimeout(total=self.seconds, sock_connect=idle, sock_read=idle)
        try:
            self._check(announced)
            async with session.get(
                url,
                allow_redirects=False,
                timeout=timeout,
                headers={"Accept-Encoding": "identity"},
            ) as response:
                _check_status(response, attached=announced is not None)
                await self._save(response, target)
        except ImageError as error:
            raise ImageRefused(error.text) from error
        except TimeoutError as error:
            raise ImageUnavailable(
                "The download stalled or took more than {seconds} seconds. Send it again.",
                seconds=self.seconds,
            ) from error
        except ClientError as error:
            raise ImageUnavailable("The download broke off. Send the file again.") from error

    def allows(self, url: str) -> bool:
        """Tell whether a link leads to a host that may be asked."""
        with suppress(ValueError):
            address = URL(url)
            place = address.host if address.is_default_port() else f"{address.host}:{address.port}"
            is_plain = address.scheme in {"http", "https"} and address.user is None
            return is_plain and any(fnmatchcase(str(place), host) for host in self.hosts)
        return False

    def _check(self, announced: int | None) -> None:
        if announced is not None:
            self.limits.check_bytes(announced)

    async def _save(self, response: ClientResponse, target: Path) -> None:
        self._check(response.content_length)
        count = 0
        async with aiofiles.open(target, "xb", opener=self.opener) as file:
            async for chunk in response.content.iter_chunked(_CHUNK):
                count += len(chunk)
                if count > self.limits.max_bytes:
                    raise ImageError(self.limits.too_many_bytes())
                await file.write(chunk)
        self.limits.check_bytes(count)


def _check_status(response: ClientResponse, *, attached: bool) -> None:
    """Refuse what is not there; who chose a picture of a message has `attached` no file."""
    if response.status == HTTPStatus.OK:
        return
    _log.warning("Attachment at %s: status %s", response.url.host, response.status)
    if response.status in _GONE:
        raise ImageRefused(
            "The link to this file has expired or was removed. Attach it again."
            if attached
            else "The link to this picture has expired, or the picture was removed. Choose it "
            "again from the menu of its message, or attach it."
        )
    raise ImageUnavailable(
        "The chat's file server did not give this file out (status {status}). "
        "Try again in a minute.",
        status=response.status,
    )
