"""What is downloaded besides attachments: stickers, and pictures of other sites through a proxy.

Sources: Discord's API documentation, "Image Formatting" (stickers), "Embed Object" and "Unfurled
Media Item" (`proxy_url`). Assumption: a proxied address is `/external/<signature>/<scheme>/<rest>`,
as those of images-ext-1.discordapp.net are seen to be.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from aiohttp import web

from localchat.cdn import GONE
from localchat.clock import ID
from localchat.media import Size, content_type_of, picture_size
from localchat.state import Sticker

_SAFE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


@dataclass(frozen=True, slots=True)
class ExternalPicture:
    """A picture of another site: its bytes, its type and its size in pixels."""

    data: bytes
    content_type: str
    size: Size | None


class Assets:
    """The stickers and the pictures of other sites that this chat knows.

    Args:
        base_url: scheme, host and port, without a slash at the end.

    Attributes:
        stickers: by id.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._key = secrets.token_bytes(16)
        self._external: dict[str, ExternalPicture] = {}
        self.stickers: dict[int, Sticker] = {}

    def clear(self) -> None:
        """Forget all stickers and pictures."""
        self.stickers.clear()
        self._external.clear()

    def add_external(self, url: str, data: bytes) -> None:
        """Let the proxy know a picture of another site."""
        content_type = content_type_of(url.partition("?")[0])
        self._external[url] = ExternalPicture(data, content_type, picture_size(data))

    def external(self, url: str) -> ExternalPicture | None:
        """Return the picture at an address of another site, if this chat knows it."""
        return self._external.get(url)

    def proxy_url(self, url: str) -> str:
        """Return the address of the proxy for an address of another site."""
        scheme, _, rest = url.partition("://")
        return f"{self._base_url}/external/{self._sign(url)}/{scheme}/{rest}"

    def routes(self) -> list[web.RouteDef]:
        """Return `GET /stickers/…` and `GET /external/…`."""
        return [
            web.get(f"/stickers/{{id:{ID}}}.{{suffix}}", self._serve_sticker),
            web.get("/external/{sign}/{scheme}/{rest:.+}", self._serve_external),
        ]

    async def _serve_sticker(self, request: web.Request) -> web.StreamResponse:
        sticker = self.stickers.get(int(request.match_info["id"]))
        if sticker is None or sticker.format.suffix != request.match_info["suffix"]:
            return web.Response(status=404, text=GONE)
        return web.Response(
            body=sticker.data, content_type=sticker.format.content_type, headers=_SAFE
        )

    async def _serve_external(self, request: web.Request) -> web.StreamResponse:
        about = request.match_info
        query = f"?{request.query_string}" if request.query_string else ""
        url = f"{about['scheme']}://{about['rest']}{query}"
        found = self._external.get(url)
        if found is None or not hmac.compare_digest(about["sign"], self._sign(url)):
            return web.Response(status=404, text=GONE)
        return web.Response(body=found.data, content_type=found.content_type, headers=_SAFE)

    def _sign(self, url: str) -> str:
        return hmac.new(self._key, url.encode(), hashlib.sha256).hexdigest()[:43]
