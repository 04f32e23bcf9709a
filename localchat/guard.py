"""Only this machine, only our own pages: what stands before every request.

A page on the internet can make a browser send requests to 127.0.0.1. The Host check stops names
that were made to point here (DNS rebinding); the Origin check stops forms, scripts and websockets
of other pages. Other users of this machine are kept out by what they do not know: the page's key,
the bot's token, the signatures of links.
"""

from __future__ import annotations

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def loopback_only(port: int) -> Middleware:
    """Return a middleware that lets through what is meant for 127.0.0.1 or localhost at this port,
    and nothing that a page from elsewhere makes a browser send."""
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")} | (
        {"127.0.0.1", "localhost"} if port == 80 else set()
    )

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host.lower() not in hosts:
            return web.Response(status=421, text="This server answers to 127.0.0.1 only.\n")
        changes = request.method not in _SAFE_METHODS or hdrs.UPGRADE in request.headers
        origin = request.headers.get(hdrs.ORIGIN)
        if changes and origin is not None and not is_own_origin(request):
            return web.Response(status=403, text="Requests from other pages are refused.\n")
        return await handler(request)

    return guard


def is_own_origin(request: web.Request) -> bool:
    """Return whether the browser says that the request comes from a page of this server."""
    return request.headers.get(hdrs.ORIGIN, "").lower() == f"http://{request.host.lower()}"
