"""The page's form for running a command, read and turned into option values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bot.localchat.errors import Json
from bot.localchat.examples import Example
from bot.localchat.kinds import Option
from bot.localchat.person import (
    PERSON_UPLOAD_LIMIT,
    InvalidInput,
    OptionValue,
    Upload,
    find_command,
)
from bot.localchat.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class RunForm:
    """What a person filled in: who they are, the command, where, and the options."""

    person: object
    command: str
    channel: str | None
    values: Mapping[str, OptionValue]


async def read_run_form(request: web.Request, world: World, examples: Sequence[Example]) -> RunForm:
    """Reads a multipart form: `about` (JSON), then `file:<option>` for each file.

    Raises:
        InvalidInput: a value does not fit its option's type.
        HTTPBadRequest: it is no such form.
    """
    if request.content_type != "multipart/form-data":
        raise web.HTTPBadRequest(text="not a multipart form\n")
    about: Json = {}
    uploads: dict[str, Upload] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            if part.name == "about":
                about = json_object(await part.read(decode=True))
            else:
                uploads[part.name.removeprefix("file:")] = await _read_upload(part)
    except ValueError:
        raise web.HTTPBadRequest(text="not a multipart form\n") from None
    command = str(about.get("command"))
    given = about.get("options")
    return RunForm(
        person=about.get("as"),
        command=command,
        channel=str(about.get("channel") or "") or None,
        values=await _values(world, command, given if isinstance(given, dict) else {}, examples)
        | uploads,
    )


async def _values(
    world: World, name: str, given: Json, examples: Sequence[Example]
) -> dict[str, OptionValue]:
    command = find_command(world, name)
    options = (command.payload.get("options") or []) if command else []
    return {
        option["name"]: await _value(option, given[option["name"]], examples)
        for option in options
        if option["name"] in given
    }


async def _value(spec: Json, given: Any, examples: Sequence[Example]) -> OptionValue:
    """A form's text as the option's type; an attachment is the number of an example."""
    text = str(given)
    try:
        if spec["type"] == Option.ATTACHMENT:
            path = examples[int(text)].path
            data = await asyncio.to_thread(path.read_bytes)
            return Upload(path.name, data)
        if spec["type"] == Option.INTEGER:
            return int(text)
        if spec["type"] == Option.NUMBER:
            return float(text)
    except (ValueError, IndexError):
        raise InvalidInput(f"{spec['name']!r}: {text[:50]!r} does not fit") from None
    return text == "true" if spec["type"] == Option.BOOLEAN else text


def json_object(data: bytes | bytearray) -> Json:
    """A JSON object.

    Raises:
        HTTPBadRequest: it is something else.
    """
    try:
        value = json.loads(data)
    except ValueError:
        raise web.HTTPBadRequest(text="not JSON\n") from None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text="not a JSON object\n")
    return value


async def _read_upload(part: BodyPartReader) -> Upload:
    """A file; of one over the limit, just enough to be refused as too large."""
    data = bytearray()
    while chunk := await part.read_chunk(256 * 1024):
        if len(data) <= PERSON_UPLOAD_LIMIT:
            data += chunk
    return Upload(part.filename or "unknown", bytes(data), part.headers.get("Content-Type"))
