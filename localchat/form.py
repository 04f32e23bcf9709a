"""What the page sends for a person, read and turned into values of options and fields."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from localchat.clock import snowflake
from localchat.config import Example
from localchat.errors import Json
from localchat.inputs import (
    PERSON_UPLOAD_LIMIT,
    FieldValue,
    InvalidInput,
    OptionValue,
    Upload,
)
from localchat.kinds import Component, Option
from localchat.submits import fields_of


@dataclass(slots=True)
class Form:
    """A form of the page.

    Attributes:
        about: everything but files.
        files: by the name of the field they are for.
    """

    about: Json = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)

    @property
    def channel(self) -> int | None:
        """The channel's id; None if the form names none."""
        return snowflake(self.about.get("channel")) or None

    def mapping(self, key: str) -> Json:
        """Return an object within `about`; empty if there is none."""
        value = self.about.get(key)
        return value if isinstance(value, dict) else {}


async def read_form(request: web.Request) -> Form:
    """Read JSON, or a multipart form: `about` (JSON), then `file:<field>` for each file.

    Raises:
        HTTPBadRequest: it is neither.
    """
    if request.content_type != "multipart/form-data":
        return Form(json_object(await request.read()))
    form = Form()
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            if part.name == "about":
                form.about = json_object(await part.read(decode=True))
            else:
                name = part.name.removeprefix("file:")
                form.files.setdefault(name, []).append(await _read_upload(part))
    except ValueError:
        raise web.HTTPBadRequest(text="not a multipart form\n") from None
    return form


async def option_values(
    specs: Mapping[str, Json], form: Form, examples: Sequence[Example]
) -> dict[str, OptionValue]:
    """Return the filled-in options of a command; what it does not have is left out.

    Raises:
        InvalidInput: a value does not fit its option's type.
    """
    given = form.mapping("options")
    values = {
        name: await _option(spec, given[name], examples)
        for name, spec in specs.items()
        if name in given
    }
    return values | {name: files[0] for name, files in form.files.items()}


async def _option(spec: Json, given: Any, examples: Sequence[Example]) -> OptionValue:
    """Return a form's text as the option's type; an attachment is the number of an example."""
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
        name = spec["name"]
        raise InvalidInput("'{name}': '{text}' does not fit", name=name, text=text[:50]) from None
    return text == "true" if spec["type"] == Option.BOOLEAN else text


def field_values(modal: Json, form: Form) -> dict[str, FieldValue]:
    """Return what was put into the fields of a modal."""
    given = form.mapping("values")
    values: dict[str, FieldValue] = {}
    for name, node in fields_of(modal).items():
        if node["type"] == Component.FILE_UPLOAD:
            values[name] = form.files.get(name, [])
        elif name in given:
            values[name] = _field(given[name])
    return values


def _field(given: Any) -> FieldValue:
    if isinstance(given, list):
        return [str(value) for value in given]
    return given if isinstance(given, bool) else str(given)


def json_object(data: bytes | bytearray) -> Json:
    """Return a JSON object.

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
    """Return a file; of one over the limit, just enough to be refused as too large."""
    data = bytearray()
    while chunk := await part.read_chunk(256 * 1024):
        if len(data) <= PERSON_UPLOAD_LIMIT:
            data += chunk
    return Upload(part.filename or "unknown", bytes(data), part.headers.get("Content-Type"))
