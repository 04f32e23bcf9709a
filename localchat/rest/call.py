"""One REST request as its handler sees it, and the reading of its body."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, web

from localchat.clock import ID
from localchat.errors import (
    INVALID_JSON,
    TOO_LARGE,
    TOO_MANY_ATTACHMENTS,
    ApiError,
    Json,
)
from localchat.gateway import Gateway
from localchat.observe import FilePart
from localchat.ratelimit import Limit, RateLimiter
from localchat.world import File, World

MAX_FILES = 10
MAX_JSON_BYTES = 4 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Call:
    """A request.

    Attributes:
        world: the chat.
        gateway: tells the bot what happens.
        limits: for sub-limits within a handler.
        params: the variable parts of the path.
        query: the query's parameters.
        arrived: clock seconds when all of it had arrived: a slow line makes it late.
        body: the JSON body, or the `payload_json` part; None without a body.
        files: uploads by their number n in `files[n]`.
        file_parts: the same as observers are told.
    """

    world: World
    gateway: Gateway
    limits: RateLimiter
    params: Mapping[str, str]
    query: Mapping[str, str]
    arrived: float = 0.0
    body: Any = None
    files: dict[int, File] = field(default_factory=dict)
    file_parts: list[FilePart] = field(default_factory=list)

    def id(self, name: str) -> int:
        """Return a snowflake of the path."""
        return int(self.params[name])

    def form(self) -> Json:
        """Return the body, which must be an object.

        Raises:
            ApiError: it is not.
        """
        if not isinstance(self.body, dict):
            raise ApiError(*INVALID_JSON)
        return self.body

    def flag(self, name: str) -> bool:
        """Return whether the query asks for something: `1` or `true`."""
        return self.query.get(name, "").lower() in {"1", "true"}

    def numbers(self, *names: str) -> dict[str, int | str | None]:
        """Return parameters of the query as the numbers they should be; else as they are."""
        return {name: _number(self.query.get(name)) for name in names}


def _number(text: str | None) -> int | str | None:
    return int(text) if text is not None and re.fullmatch(ID, text) else text


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer.

    Attributes:
        status: HTTP status.
        body: JSON; None for no body.
        html: a page in place of it, of the proxy in front of Discord.
        headers: beside those of the rate limits.
    """

    status: int
    body: Any = None
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One entry of the API.

    Attributes:
        method: HTTP method.
        template: path after `/api/v10`, as Discord's API description writes it.
        handler: answers it.
        limit: its rate limit; None for none.
        bucket: routes with the same name share a limit.
        major: the path parameter that separates buckets.
        needs_token: whether the bot's token must come with it (an interaction's token stands in
            the path instead). Routes that do not need it are outside the global limit.
    """

    method: str
    template: str
    handler: Handler
    limit: Limit | None = None
    bucket: str = ""
    major: str = ""
    needs_token: bool = True


async def read_body(request: web.Request, call: Call) -> None:
    """Fill `body`, `files` and `file_parts` of a call.

    Raises:
        ApiError: not JSON, too many files, or a file larger than the limit.
    """
    if request.content_type == "multipart/form-data":
        try:
            await _read_multipart(await request.multipart(), call)
        except ValueError:  # no boundary, or parts that are none
            raise ApiError(*INVALID_JSON) from None
    elif request.can_read_body:
        text = await request.content.read(MAX_JSON_BYTES + 1)
        while len(text) <= MAX_JSON_BYTES and not request.content.at_eof():
            text += await request.content.read(MAX_JSON_BYTES + 1 - len(text))
        if len(text) > MAX_JSON_BYTES:
            raise ApiError(*TOO_LARGE)
        call.body = _parse(text)


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ApiError(*INVALID_JSON) from None


async def _read_multipart(reader: MultipartReader, call: Call) -> None:
    """Read every part to its end even when one is refused: a client that is still sending would
    otherwise see a broken connection instead of the answer."""
    refusal: ApiError | None = None
    async for part in reader:
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.name == "payload_json":
            call.body = _parse(await part.read())
            continue
        data, size = await _read_file(part, call.world.upload_limit)
        content_type = part.headers.get("Content-Type")
        filename = part.filename or "unknown"
        call.file_parts.append(
            FilePart(name=part.name, filename=filename, content_type=content_type, size=size)
        )
        if size > call.world.upload_limit:
            refusal = ApiError(*TOO_LARGE)
        number = part.name.removeprefix("files[").removesuffix("]")
        if number.isascii() and number.isdigit():
            # The type a bot's library puts on a part is not looked at, as on Discord.
            call.files[int(number)] = File(filename, data)
    if refusal is not None:
        raise refusal
    if len(call.files) > MAX_FILES:
        raise ApiError(*TOO_MANY_ATTACHMENTS)


async def _read_file(part: BodyPartReader, limit: int) -> tuple[bytes, int]:
    """Return at most `limit` bytes of a part, and how many it has."""
    data = bytearray()
    size = 0
    while chunk := await part.read_chunk(64 * 1024):
        size += len(chunk)
        if size <= limit:
            data += chunk
    return bytes(data), size
