"""Takes REST requests through the same gates as Discord: token, faults, rate limits, body."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from localchat.errors import METHOD_NOT_ALLOWED, NOT_FOUND, UNAUTHORIZED, ApiError
from localchat.faults import Faults
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
    return PREFIX + template.replace("_id}", "_id:[0-9]+}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The REST API.

    Attributes:
        world: the chat.
        gateway: tells the bot what happens.
        limits: the rate limits.
        faults: ordered by tests.
        observers: are told every exchange.
    """

    world: World
    gateway: Gateway
    limits: RateLimiter
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
                arrived=self.world.clock(),
            )
            headers: dict[str, str] = {}
            try:
                answer = await self._answer(request, route, call, headers)
            except RateLimited as limited:
                headers |= limited.headers()
                answer = Answer(429, limited.body())
            except ApiError as error:
                answer = Answer(error.status, error.body())
            self._observe(request, route, call, answer)
            if answer.body is None:
                return web.Response(status=answer.status, headers=headers)
            # Exactly this type, without a charset: libraries compare the whole header.
            headers["Content-Type"] = "application/json"
            body = json.dumps(answer.body).encode()
            return web.Response(status=answer.status, body=body, headers=headers)

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
        if route is None:
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
        await self._strike(request.method, path)
        if refusal is not None:
            raise refusal
        return await route.handler(call)

    def _check_token(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bot {self.world.token}".encode()):
            raise ApiError(*UNAUTHORIZED)

    async def _strike(self, method: str, path: str) -> None:
        fault = self.faults.take(method, path)
        if fault is None:
            return
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.error is not None and fault.error.status == 429:
            raise RateLimited(fault.retry_after)
        if fault.error is not None:
            raise fault.error

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
            )
        )
