"""Checks traffic against Discord's own description of its API.

The description (`openapi.json`, MIT, from discord/discord-api-spec) is not part of this
repository: its path is in the environment variable DISCORD_OPENAPI, or it lies in
`../shared/discord/openapi.json` beside the repository. Tests that need it are skipped without it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from jsonschema_rs import Draft202012Validator, Registry, ValidationError, ValidationErrorKind

from localchat import Dispatch, Exchange
from tests.localchat.deviations import KNOWN_DEVIATIONS, Part

DEFAULT_PATH = Path(__file__).parents[2] / ".." / "shared" / "discord" / "openapi.json"
DOCUMENT = "urn:discord:openapi"


# the checks


def _is_date_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


# Formats whose violation would be a bug; JSON Schema itself takes them as remarks.
_FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": _is_date_time,
    "uri": lambda text: bool(urlsplit(text).scheme),
}
_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}


def _with_ranges(node: Any) -> Any:
    """Return the same schemas, in which the numbers of format int32 have limits."""
    if isinstance(node, list):
        return [_with_ranges(child) for child in node]
    if not isinstance(node, dict):
        return node
    limits = _INT32 if node.get("format") == "int32" else {}
    return limits | {name: _with_ranges(child) for name, child in node.items()}


def _pointer(*steps: str) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


@dataclass(slots=True)
class OpenApi:
    """Discord's description, ready to check against.

    Attributes:
        document: the parsed file.
        used: names of the known deviations that were needed so far.
    """

    document: dict[str, Any]
    used: set[str] = field(default_factory=set)
    _registry: Registry = field(init=False)
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._registry = Registry([(DOCUMENT, _with_ranges(self.document))])

    def check(self, exchange: Exchange) -> list[str]:
        """Return everything about a request and its answer that the file does not allow."""
        where = f"{exchange.method} {exchange.template or exchange.path}"
        operation = self.document["paths"].get(exchange.template, {}).get(exchange.method.lower())
        if operation is None:
            return [f"{where}: there is no such operation"]
        problems = [
            *self._check_query(exchange, operation),
            *self._check_request(exchange, operation),
            *self._check_response(exchange, operation),
        ]
        return [f"{where}: {problem}" for problem in problems]

    def check_schema(self, name: str, value: Any) -> list[str]:
        """Return what about a value the schema called `name` does not allow."""
        return self._problems(_pointer("components", "schemas", name), value)

    def check_dispatch(self, dispatch: Dispatch) -> list[str]:
        """Return the same for the parts of a gateway event that have a schema."""
        return [
            f"{dispatch.name}: {problem}"
            for schema, value in _parts_of(dispatch)
            for problem in self.check_schema(schema, self._to_file("response", value))
        ]

    def _check_query(self, exchange: Exchange, operation: Mapping[str, Any]) -> Iterator[str]:
        place = ("paths", exchange.template or "", exchange.method.lower(), "parameters")
        known = {
            parameter["name"]: _pointer(*place, str(at), "schema")
            for at, parameter in enumerate(operation.get("parameters", []))
            if parameter["in"] == "query"
        }
        query = self._to_file("query", dict(exchange.query))
        for name, text in query.items():
            if name not in known:
                yield f"query: unknown parameter {name!r}"
                continue
            try:
                value = json.loads(text) if not text.isdigit() or len(text) < 6 else text
            except ValueError:
                value = text
            yield from (f"query {name}: {p}" for p in self._problems(known[name], value))

    def _check_request(self, exchange: Exchange, operation: Mapping[str, Any]) -> Iterator[str]:
        body = operation.get("requestBody")
        if exchange.request_json is None:
            if body is not None and body.get("required") and not exchange.status >= 400:
                yield "request: a body is required"
            return
        if body is None:
            yield "request: no body is expected"
            return
        kind = "multipart/form-data" if exchange.files else "application/json"
        if kind not in body["content"]:
            yield f"request: {kind} is not accepted"
            return
        if exchange.status == 400:
            return  # refused for what is wrong with it
        place = ("paths", exchange.template or "", exchange.method.lower(), "requestBody")
        pointer = _pointer(*place, "content", kind, "schema")
        value = self._to_file("request", exchange.request_json)
        yield from (f"request: {problem}" for problem in self._problems(pointer, value))
        for part in exchange.files:
            if not re.fullmatch(r"files\[[0-9]\]", part.name):
                yield f"request: unknown part {part.name!r}"

    def _check_response(self, exchange: Exchange, operation: Mapping[str, Any]) -> Iterator[str]:
        responses = operation["responses"]
        status = str(exchange.status)
        if status.startswith("5") or exchange.is_html:
            return  # the file describes no failures of the server, and no proxies
        entry = status if status in responses else f"{status[0]}XX"
        if entry not in responses:
            yield f"response: status {status} is not described"
            return
        pointer = _pointer("paths", exchange.template or "", exchange.method.lower(), "responses")
        pointer += _pointer(entry)
        response = responses[entry]
        if "$ref" in response:
            pointer = response["$ref"].removeprefix("#")
            response = self.document["components"]["responses"][pointer.rpartition("/")[2]]
        content = response.get("content")
        if content is None:
            if exchange.response_json is not None:
                yield f"response: status {status} has no body"
            return
        value = self._to_file("response", exchange.response_json)
        pointer += _pointer("content", "application/json", "schema")
        yield from (f"response: {problem}" for problem in self._problems(pointer, value))

    def _to_file(self, part: Part, value: Any) -> Any:
        for deviation in KNOWN_DEVIATIONS:
            if deviation.part == part:
                changed = deviation.to_file(value)
                if changed != value:
                    self.used.add(deviation.name)
                value = changed
        return value

    def _problems(self, pointer: str, value: Any) -> list[str]:
        validator = self._validators.get(pointer)
        if validator is None:
            validator = Draft202012Validator(
                {"$ref": f"{DOCUMENT}#{quote(pointer)}"},
                registry=self._registry,
                formats=_FORMATS,
                validate_formats=True,
            )
            self._validators[pointer] = validator
        return [_describe(error) for error in validator.iter_errors(value)]


def _describe(error: ValidationError) -> str:
    """Return the most telling error below an `anyOf` or `oneOf`, and where it is."""
    telling = max(_leaves(error), key=lambda leaf: len(leaf.instance_path))
    place = "/".join(str(step) for step in telling.instance_path) or "(all of it)"
    return f"{place}: {telling.message[:300]}"


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what is wrong with each of the alternatives, down to the last."""
    match error.kind:
        case ValidationErrorKind.AnyOf(context) | ValidationErrorKind.OneOfNotValid(context):
            for below in context:
                for one in below:
                    yield from _leaves(one)
        case _:
            yield error


_CHANNELS = (
    {1: "PrivateChannelResponse"}
    | dict.fromkeys((0, 2, 5, 13, 15, 16), "GuildChannelResponse")
    | dict.fromkeys((10, 11, 12), "ThreadResponse")
)
_RESOLVED = {
    "attachments": "MessageAttachmentResponse",
    "messages": "MessageResponse",
    "roles": "GuildRoleResponse",
    "users": "UserResponse",
}


def _parts_of(dispatch: Dispatch) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a gateway event that the file has a schema for."""
    data = dispatch.data
    if dispatch.name in {"MESSAGE_CREATE", "MESSAGE_UPDATE"}:
        yield "MessageResponse", data
    elif dispatch.name == "GUILD_CREATE":
        for channel in (*data["channels"], *data["threads"]):
            yield _CHANNELS[channel["type"]], channel
        yield from (("GuildMemberResponse", member) for member in data["members"])
        yield from (("GuildRoleResponse", role) for role in data["roles"])
    elif dispatch.name == "READY":
        yield "UserPIIResponse", data["user"]
    elif dispatch.name == "GUILD_ROLE_CREATE":
        yield "GuildRoleResponse", data["role"]
    elif dispatch.name.startswith(("CHANNEL_", "THREAD_")):
        yield _CHANNELS[data["type"]], data
    elif dispatch.name == "INTERACTION_CREATE":
        yield from _parts_of_interaction(data)


def _parts_of_interaction(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "guild_id" in data:
        yield "GuildMemberResponse", data["member"]
    else:
        yield "UserResponse", data["user"]
    yield _CHANNELS[data["channel"]["type"]], data["channel"]
    if "message" in data:
        yield "MessageResponse", data["message"]
    resolved = data["data"].get("resolved", {})
    for section, schema in _RESOLVED.items():
        yield from ((schema, value) for value in resolved.get(section, {}).values())
    for channel in resolved.get("channels", {}).values():
        yield _CHANNELS[channel["type"]], channel


@cache
def _read(path: Path) -> OpenApi:
    return OpenApi(json.loads(path.read_text("utf-8")))


def load_openapi() -> OpenApi | None:
    """Return Discord's description, read once; None where the file is not there."""
    path = Path(os.environ.get("DISCORD_OPENAPI") or DEFAULT_PATH)
    return _read(path) if path.is_file() else None


def openapi_or_skip() -> OpenApi:
    """Return the same; skips the test where the file is not there."""
    openapi = load_openapi()
    if openapi is None:
        pytest.skip(
            "Discord's openapi.json is not here: set DISCORD_OPENAPI to the path of a copy of "
            "github.com/discord/discord-api-spec/blob/main/specs/openapi.json"
        )
    return openapi
