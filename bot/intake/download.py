"""From an attachment's link to bytes on disk, bounded in size and time, from known hosts only."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiofiles
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from bot.errors import ImageRefused
from nst.errors import ImageError
from nst.limits import Limits

_log = logging.getLogger(__name__)

DISCORD_HOSTS: Final = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
_CHUNK: Final = 2**18
_GONE: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long intake waits, in seconds.

    Attributes:
        download: from the request to the last byte.
        idle: to connect, and between two pieces of data.
        check: to unpack the picture, in a process of its own.
    """

    download: float = 60.0
    idle: float = 15.0
    check: float = 60.0


Opener = Callable[[str, int], int]


def private(path: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(path, flags, 0o600)


async def download(
    session: ClientSession,
    url: str,
    target: Path,
    *,
    hosts: frozenset[str],
    limits: Limits,
    timeouts: Timeouts,
    opener: Opener = private,
) -> None:
    """Write what `url` gives to `target`, a new file only its owner may read.

    The size is counted as the bytes arrive; what the server declares can only make it refused
    earlier. Redirects are not followed. A file begun is left to the caller to remove.

    Args:
        session: its own timeouts do not matter.
        url: plain http or https.
        target: where to write.
        hosts: who may be asked; with ":port" where that is not the scheme's own.
        limits: of which `max_bytes` counts.
        timeouts: of which `download` and `idle` count.
        opener: creates the file, as that of `open`.

    Raises:
        ImageRefused: with what happened, for the person who sent the attachment.
        OSError: the file cannot be written.
    """
    address = _allowed(url, hosts)
    timeout = ClientTimeout(
        total=timeouts.download, sock_connect=timeouts.idle, sock_read=timeouts.idle
    )
    try:
        async with session.get(
            address,
            allow_redirects=False,
            timeout=timeout,
            headers={"Accept-Encoding": "identity"},
        ) as response:
            _check_status(response)
            await _save(response, target, limits, opener)
    except ImageError as error:
        raise ImageRefused(error.text) from error
    except TimeoutError as error:
        raise ImageRefused(
            "The download stalled or took more than {seconds} seconds. Send it again.",
            seconds=timeouts.download,
        ) from error
    except ClientError as error:
        raise ImageRefused("The download broke off. Send the file again.") from error


def _allowed(url: str, hosts: frozenset[str]) -> URL:
    with suppress(ValueError):
        address = URL(url)
        place = address.host if address.is_default_port() else f"{address.host}:{address.port}"
        if address.scheme in {"http", "https"} and place in hosts and address.user is None:
            return address
        _log.warning("Attachment from a host that is not allowed: %s", address.host)
    raise ImageRefused("This file is not an attachment of this chat. Attach the file itself.")


def _check_status(response: ClientResponse) -> None:
    if response.status == HTTPStatus.OK:
        return
    _log.warning("Attachment at %s: status %s", response.url.host, response.status)
    if response.status in _GONE:
        raise ImageRefused("The link to this file has expired or was removed. Attach it again.")
    raise ImageRefused(
        "The chat's file server did not give this file out (status {status}). "
        "Try again in a minute.",
        status=response.status,
    )


async def _save(response: ClientResponse, target: Path, limits: Limits, opener: Opener) -> None:
    if response.content_length is not None:
        limits.check_bytes(response.content_length)
    count = 0
    async with aiofiles.open(target, "xb", opener=opener) as file:
        async for chunk in response.content.iter_chunked(_CHUNK):
            count += len(chunk)
            if count > limits.max_bytes:
                raise ImageError(limits.too_many_bytes())
            await file.write(chunk)
    limits.check_bytes(count)
