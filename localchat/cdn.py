"""Files people and the bot upload: kept in a folder, served at signed links that expire.

A link carries `ex` and `is` (when it ends and was issued, hexadecimal seconds) and `hm`, an HMAC
over the path and both, as Discord's do. Whatever is wrong with a link, the answer is Discord's:
404 and one sentence.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from aiohttp import web

from localchat.clock import ID, Clock
from localchat.state import Attachment

GONE = "This content is no longer available."
INLINE_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/apng"}
)
"""Pictures, which a browser may show in place."""
VIDEO_TYPES = frozenset({"video/mp4", "video/webm", "video/quicktime"})
"""Videos, which it may play in place; everything else is offered as a download."""


class Links:
    """Signs and checks links.

    Args:
        clock: decides when a link has expired.
        base_url: scheme, host and port, without a slash at the end.
        seconds: how long a new link lives.
        key: signs them.
    """

    def __init__(self, clock: Clock, base_url: str, seconds: float, key: bytes) -> None:
        self.base_url = base_url
        self.seconds = seconds
        self._clock = clock
        self._key = key

    def path_of(self, attachment: Attachment) -> str:
        """Return the link's path and query, signed now.

        The time of issue is rounded down to a minute, so that a page that shows the same file
        again within it need not load it again.
        """
        issued = int(self._clock() // 60 * 60)
        expires = int(issued + self.seconds)
        path = f"/{attachment.folder}/{attachment.id}/{quote(attachment.filename, safe='')}"
        sign = self._sign(path, f"{expires:x}", f"{issued:x}")
        return f"{path}?ex={expires:x}&is={issued:x}&hm={sign}"

    def url_of(self, attachment: Attachment) -> str:
        """Return the whole link."""
        return self.base_url + self.path_of(attachment)

    def holds(self, path: str, expires: str, issued: str, sign: str) -> bool:
        """Return whether a link with these parameters was signed here and is still good."""
        if not hmac.compare_digest(sign.encode(), self._sign(path, expires, issued).encode()):
            return False
        return int(expires, 16) > self._clock()

    def _sign(self, path: str, expires: str, issued: str) -> str:
        text = f"{path}\n{expires}\n{issued}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


class Storage:
    """The bytes of all attachments, one file each.

    Args:
        folder: where; None for one that goes at the end.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = None if folder else TemporaryDirectory(prefix="localchat-")
        self._folder = folder or Path(self._temporary.name if self._temporary else "")
        self._attachments: dict[int, Attachment] = {}

    def path_for(self, attachment_id: int) -> Path:
        """Return where the bytes of a new attachment go; its sender has no say in the name."""
        return self._folder / str(attachment_id)

    def all(self) -> list[Attachment]:
        """Return all attachments that are kept."""
        return list(self._attachments.values())

    def adopt(self, attachments: Iterable[Attachment]) -> None:
        """Know attachments whose files are in the folder already; other files there go."""
        self._attachments = {each.id: each for each in attachments if each.path.is_file()}
        for path in self._folder.iterdir():
            if path.name.isdecimal() and int(path.name) not in self._attachments:
                path.unlink()

    async def add(self, attachment: Attachment, data: bytes) -> None:
        """Keep a file."""
        await asyncio.to_thread(attachment.path.write_bytes, data)
        self._attachments[attachment.id] = attachment

    async def drop(self, attachment: Attachment) -> None:
        """Forget a file; its links answer 404 from now on."""
        if self._attachments.pop(attachment.id, None) is not None:
            await asyncio.to_thread(attachment.path.unlink, missing_ok=True)

    def get(self, attachment_id: int) -> Attachment | None:
        """Return the attachment with this id, while it is kept."""
        return self._attachments.get(attachment_id)

    async def close(self) -> None:
        """Delete everything in a temporary folder."""
        self._attachments.clear()
        if self._temporary:
            await asyncio.to_thread(self._temporary.cleanup)


class Cdn:
    """Serves the links.

    Args:
        links: checks them.
        storage: has the files.
    """

    def __init__(self, links: Links, storage: Storage) -> None:
        self._links = links
        self._storage = storage
        self._expired: set[int] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return `GET /attachments/…` and `GET /ephemeral-attachments/…`."""
        tail = f"{{owner:{ID}}}/{{attachment:{ID}}}/{{filename}}"
        return [
            web.get(f"/{folder}/{tail}", self._serve)
            for folder in ("attachments", "ephemeral-attachments")
        ]

    def expire(self, attachment_id: int) -> None:
        """Let every link to this attachment count as expired from now on."""
        self._expired.add(attachment_id)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        attachment = self._storage.get(int(request.match_info["attachment"]))
        query = request.query
        good = self._links.holds(
            request.rel_url.raw_path, query.get("ex", ""), query.get("is", ""), query.get("hm", "")
        )
        if attachment is None or not good or attachment.id in self._expired:
            return web.Response(status=404, text=GONE)
        content_type = attachment.content_type
        inline = content_type.partition(";")[0].strip().lower() in INLINE_TYPES | VIDEO_TYPES
        return web.FileResponse(
            attachment.path,
            headers={
                "Content-Type": content_type,
                "Content-Disposition": "inline" if inline else "attachment",
                # A file is data from a stranger: never a page of ours, whatever it claims to be.
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, max-age=3600",
            },
        )
