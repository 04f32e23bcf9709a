"""The page for people: what it loads, what it is told live, what it may ask for.

The page is `page/index.html` with its style and script; messages come as HTML from `render.py`
over server-sent events. Whoever opens it is a member of the guild called "You"; `?as=Name` is
somebody else, to try what other people see and may do.
"""

from __future__ import annotations

import asyncio
import json
import logging
from importlib import resources

from aiohttp import web

from localchat.clock import ID
from localchat.describe import describe
from localchat.errors import Json
from localchat.export import export_message
from localchat.gateway import Gateway
from localchat.page_actions import PageActions
from localchat.render import Renderer
from localchat.state import Message, User
from localchat.words import Words, locale_of
from localchat.world import Change, World

_log = logging.getLogger(__name__)

PAGE = resources.files("localchat") / "page"
_STYLES = ("message", "components", "media", "page", "composer", "screens", "forms")
_MODULES = (
    *("api", "chooser", "composer", "dom", "fields", "identity", "language", "menu", "modal"),
    *("morph", "page", "places", "times", "view", "writer"),
)
FILES = {
    "/": ("index.html", "text/html"),
    "/page/icon.svg": ("icon.svg", "image/svg+xml"),
    **{f"/page/{name}.css": (f"{name}.css", "text/css") for name in _STYLES},
    **{f"/page/{name}.js": (f"{name}.js", "text/javascript") for name in _MODULES},
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class Site:
    """The page's routes, all of them below `/<key>/`.

    Args:
        world: what it shows.
        gateway: whether a bot is connected; told what people do.
        key: random; who does not know it (another user of this machine, say) gets nothing.
    """

    def __init__(self, world: World, gateway: Gateway, key: str) -> None:
        self.key = key
        self._world = world
        self._gateway = gateway
        self._examples = tuple(world.config.examples)
        self._actions = PageActions(world, gateway)
        self._streams: set[asyncio.Queue[str | None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return everything that is not the API, the gateway or the CDN."""
        page = f"/{self.key}/page"
        return [
            web.get("/", _no_key),
            *(web.get(f"/{self.key}{path}", self._file) for path in FILES),
            web.get(page + "/words", self._words),
            web.get(page + "/events", self._events),
            web.get(page + "/example/{number:[0-9]{1,9}}", self._example),
            web.get(page + f"/export/{{message:{ID}}}", self._export),
            *self._actions.routes(page),
        ]

    def close(self) -> None:
        """End all event streams."""
        for stream in self._streams:
            stream.put_nowait(None)

    # what the page loads

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name, content_type = FILES[request.path.removeprefix(f"/{self.key}")]
        text = await asyncio.to_thread((PAGE / name).read_text, "utf-8")
        headers = {
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-cache",
        }
        return web.Response(text=text, content_type=content_type, headers=headers)

    def _describe(self, name: str) -> Json:
        """Return everything but messages, for whoever is called that now."""
        user = self._world.person(name)
        return describe(self._world, user, online=self._gateway.connected)

    async def _example(self, request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["number"])
        if number >= len(self._examples):
            raise web.HTTPNotFound
        return web.FileResponse(
            self._examples[number].path,
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"},
        )

    async def _export(self, request: web.Request) -> web.StreamResponse:
        viewer = self._actions.person(request.query.get("as")).user
        message = self._world.messages.get(int(request.match_info["message"]))
        if message is None or not self._sees(viewer, message):
            raise web.HTTPNotFound
        html = await export_message(self._world, message, Words(viewer.locale))
        disposition = f'attachment; filename="message-{message.id}.html"'
        headers = {"Content-Disposition": disposition}
        return web.Response(text=html, content_type="text/html", headers=headers)

    def _sees(self, viewer: User, message: Message) -> bool:
        channel = self._world.channels.get(message.channel_id)
        if channel is None or not self._world.may_see(viewer, channel):
            return False
        return message.visible_to in {None, viewer.id}

    # what the page is told

    async def _words(self, request: web.Request) -> web.StreamResponse:
        """Tell the page's words; who is new has the language that the browser asks for."""
        is_new = self._actions.name(request.query.get("as")) not in self._world.people
        user = self._actions.person(request.query.get("as")).user
        if is_new and (found := locale_of(request.headers.get("Accept-Language", ""))):
            user = self._world.person(user.display_name, locale=found)
        words = Words(user.locale)
        return web.json_response({"locale": words.locale, "words": dict(words.catalogue)})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        viewer = self._actions.person(request.query.get("as")).user
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        stream: asyncio.Queue[str | None] = asyncio.Queue()

        def listen(change: Change, message: Message) -> None:
            if self._sees(viewer, message):
                stream.put_nowait(self._event(viewer, change, message))

        shown = [each for each in self._world.messages.values() if self._sees(viewer, each)]
        stream.put_nowait(_sse("reset", self._describe(viewer.display_name)))
        for message in shown:
            listen("create", message)
        stream.put_nowait(_sse("ready", {}))
        self._streams.add(stream)
        self._world.listeners.append(listen)
        try:
            await self._pump(stream, response, viewer)
        except ConnectionError:
            _log.debug("a page went away")
        finally:
            self._world.stop_telling(listen)
            self._streams.discard(stream)
        return response

    async def _pump(
        self, stream: asyncio.Queue[str | None], response: web.StreamResponse, viewer: User
    ) -> None:
        """Write events as they come; tells what else changed (commands, bot) now and then."""
        told = self._describe(viewer.display_name)
        while True:
            try:
                text = await asyncio.wait_for(stream.get(), 1.0)
            except TimeoutError:
                now = self._describe(viewer.display_name)
                text = ": still here\n\n" if now == told else _sse("state", now)
                told = now
            if text is None:
                return
            await response.write(text.encode())

    def _event(self, viewer: User, change: Change, message: Message) -> str:
        if change == "delete":
            return _sse("gone", {"id": str(message.id)})
        words = Words(viewer.locale)
        renderer = Renderer(self._world, self._world.links.path_of, viewer, words=words)
        data = {
            "id": str(message.id),
            "channel": str(message.channel_id),
            "html": renderer.message(message),
        }
        return _sse("message", data)


async def _no_key(_: web.Request) -> web.StreamResponse:
    text = "Open the whole address that was printed at the start: it ends in a key.\n"
    return web.Response(status=404, text=text)


def _sse(name: str, data: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
