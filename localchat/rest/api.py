"""Takes REST requests through the same gates as Discord: token, faults, rate limits, body."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from localchat.ban import AddressBan
from localchat.clock import ID
from localchat.errors import METHOD_NOT_ALLOWED, NOT_FOUND, UNAUTHORIZED, ApiError
from localchat.faults import Fault, Faults
from localchat.gateway import Gateway
from localchat.observe import Exchange, Observers
from localchat.ratelimit import RateLimited, RateLimiter
from localchat.rest import account, commands, interactions, messages
from localchat.rest.call import Answer, Call, Route, read_body
from localchat.world import World

_log = logging.getLogger(__name__)

PREFIX = "/api/v10"
ROUTES = (*account.ROUTES, *commands.ROUTES, *messages.ROUTES, *interactions.ROUTES)


_KNOWN_PATHS = [re.compile(re.sub(r"\{\w+\}", "[^/]+", route.template)) for route in ROUTES]


def _pattern(template: str) -> str:
    """Return the path pattern of a template: every `{…_id}` is a number, tokens are anything."""
    return PREFIX + template.replace("_id}", f"_id:{ID}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The REST API.

    Attributes:
        world: the chat.
        gateway: tells the bot what happens.
        limits: the rate limits.
        ban: of a bot that was refused too often.
        faults: ordered by tests.
        observers: are told every exchange.
    """

    world: World
    gateway: Gateway
    limits: RateLimiter
    ban: AddressBan
    faults: Faults
    observers: Observers

    def routes(self) -> list[web.RouteDef]:
        """Return all routes, and a last one for everything else under the prefix."""
        routes = [
            web.route(route.method, _pattern(route.template), self._endpoint(route))
            for route in ROUTES
        ]
        return [*routes, web.route("*", PREFIX + "/{rest:.*}", self._endpoint(None))]

    def _endpoint(
        self, route: Route | None
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def endpoint(request: web.Request) -> web.StreamResponse:
            call = Call(
                world=self.world,
                gateway=self.gateway,
                limits=self.limits,
                params=dict(request.match_info),
                query=dict(request.query),
            )
            headers: dict[str, str] = {}
            try:
                answer = await self._answer(request, route, call, headers)
            except RateLimited as limited:
                answer = Answer(429, limited.body(), headers=limited.headers())
            except ApiError as error:
                answer = Answer(error.status, error.body())
            except ConnectionResetError:  # ordered
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            shared = answer.headers.get("X-RateLimit-Scope") == "shared"
            self.ban.count(answer.status, shared=shared)
            self._observe(request, route, call, answer)
            return _response(answer, headers)

        return endpoint

    async def _answer(
        self, request: web.Request, route: Route | None, call: Call, headers: dict[str, str]
    ) -> Answer:
        path = request.path.removeprefix(PREFIX)
        # The body is read first: an answer that comes before it has been sent whole breaks the
        # connection of a client that is still sending.
        refusal: ApiError | None = None
        try:
            await read_body(request, call)
        except ApiError as error:
            refusal = error
        call.arrived = self.world.clock()
        if (left := self.ban.seconds_left) > 0:
            return proxy_page(429, left)
        is_bots = route is None or route.needs_token
        fault = self.faults.take(request.method, path, "bot" if is_bots else "interaction")
        if fault and not fault.done and (struck := await _strike(fault)):
            return struck
        answer = await self._handle(request, route, call, headers, refusal)
        if fault and fault.done:
            return await _strike(fault) or answer
        return answer

    async def _handle(
        self,
        request: web.Request,
        route: Route | None,
        call: Call,
        headers: dict[str, str],
        refusal: ApiError | None,
    ) -> Answer:
        """Do what a request asks for; `refusal` is what is wrong with its body."""
        if route is None:
            path = request.path.removeprefix(PREFIX)
            known = any(pattern.fullmatch(path) for pattern in _KNOWN_PATHS)
            raise ApiError(*(METHOD_NOT_ALLOWED if known else NOT_FOUND))
        if route.needs_token:
            self._check_token(request)
            self.limits.take_global()
        if route.limit is not None:
            major = call.params.get(route.major, "")
            bucket = (route.bucket, major, route.limit)
            try:
                self.limits.take(*bucket)
            finally:
                headers |= self.limits.headers(*bucket)
        if refusal is not None:
            raise refusal
        return await route.handler(call)

    def _check_token(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bot {self.world.token}".encode()):
            raise ApiError(*UNAUTHORIZED)

    def _observe(
        self, request: web.Request, route: Route | None, call: Call, answer: Answer
    ) -> None:
        template = route.template if route is not None else None
        _log.debug("%s %s -> %s", request.method, template, answer.status)
        self.observers.exchange(
            Exchange(
                method=request.method,
                template=template,
                path=request.path.removeprefix(PREFIX),
                query=call.query,
                request_json=call.body,
                files=tuple(call.file_parts),
                status=answer.status,
                response_json=answer.body,
                is_html=answer.html is not None,
            )
        )


async def _strike(fault: Fault) -> Answer | None:
    """Let an ordered fault strike; None if it only takes time.

    Raises:
        ApiError: the request is refused.
        ConnectionResetError: the connection must break.
    """
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.reset:
        raise ConnectionResetError
    if (error := fault.error) is None:
        return None
    if fault.is_page:
        return proxy_page(error.status, fault.retry_after, via=fault.via)
    if error.status == 429:
        raise RateLimited(fault.retry_after)
    raise error


def proxy_page(status: int, retry_after: float, *, via: bool = False) -> Answer:
    """Return the page of a proxy in front of Discord, as Cloudflare's when it bans an address.

    Args:
        status: HTTP status.
        retry_after: seconds, told with a 429.
        via: whether it carries the header `Via`, as whatever Discord itself says.
    """
    headers = {"Via": "1.1 localchat"} if via else {}
    if status == 429:
        headers["Retry-After"] = str(math.ceil(retry_after))
    page = f"<!doctype html>\n<html><head><title>Error {status}</title></head></html>\n"
    return Answer(status, html=page, headers=headers)


def _response(answer: Answer, limits: Mapping[str, str]) -> web.Response:
    if answer.html is not None:
        page = answer.html
        return web.Response(
            status=answer.status, text=page, content_type="text/html", headers=answer.headers
        )
    headers = {**limits, **answer.headers}
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    # Exactly this type, without a charset: libraries compare the whole header.
    headers["Content-Type"] = "application/json"
    body = json.dumps(answer.body).encode()
    return web.Response(status=answer.status, body=body, headers=headers)
