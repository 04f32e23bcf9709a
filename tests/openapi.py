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
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from bot.localchat import Dispatch, Exchange

DEFAULT_PATH = Path(__file__).parents[1] / ".." / "shared" / "discord" / "openapi.json"
DOCUMENT = "urn:discord:openapi"

Part = Literal["query", "request", "response"]


# what the file says differently from Discord itself


@dataclass(frozen=True, slots=True)
class Deviation:
    """A known difference between the file and Discord.

    Attributes:
        name: short.
        reason: why the file is the one that is wrong, or why it does not say it.
        part: what it concerns.
        to_file: turns Discord's form into the file's, wherever it occurs in the part.
    """

    name: str
    reason: str
    part: Part
    to_file: Callable[[Any], Any]


def _everywhere(change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Callable[[Any], Any]:
    """Applies a change to every object in a tree."""

    def apply(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: apply(value) for key, value in change(node).items()}
        if isinstance(node, list):
            return [apply(value) for value in node]
        return node

    return apply


def _numbers_of_files(node: Mapping[str, Any]) -> Mapping[str, Any]:
    entries = node.get("attachments")
    if not isinstance(entries, list):
        return node
    textual = [
        entry | {"id": str(entry["id"])} if isinstance(entry.get("id"), int) else entry
        for entry in entries
    ]
    return {**node, "attachments": textual}


def _ids(node: Mapping[str, Any]) -> Mapping[str, Any]:
    def text(value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    changed = dict(node)
    if isinstance(reference := node.get("message_reference"), dict):
        ids = {key: text(value) for key, value in reference.items() if key.endswith("_id")}
        changed["message_reference"] = reference | ids
    if isinstance(allowed := node.get("allowed_mentions"), dict):
        lists = {key: allowed[key] for key in ("users", "roles") if allowed.get(key)}
        ids = {key: [text(value) for value in values] for key, values in lists.items()}
        changed["allowed_mentions"] = allowed | ids
    if isinstance(defaults := node.get("default_values"), list):
        changed["default_values"] = [one | {"id": text(one["id"])} for one in defaults]
    return changed


def _codes_of_errors(node: Mapping[str, Any]) -> Mapping[str, Any]:
    errors = node.get("_errors")
    if not isinstance(errors, list):
        return node
    return {**node, "_errors": [error | {"code": 0} for error in errors]}


def _booleans(query: Mapping[str, Any]) -> Mapping[str, Any]:
    spelled = {"1": "true", "0": "false"}
    names = {"with_response", "with_components", "wait", "with_localizations"}
    return {
        name: spelled.get(str(value), value) if name in names else value
        for name, value in query.items()
    }


KNOWN_DEVIATIONS = (
    Deviation(
        "file numbers",
        "An uploaded file is named by its number n of files[n]; Discord takes it as an integer "
        "(its own documentation shows it so), the file only as a snowflake, which is text.",
        "request",
        _everywhere(_numbers_of_files),
    ),
    Deviation(
        "ids as numbers",
        "discord.py sends the ids in `message_reference`, `allowed_mentions` and a select menu's "
        "`default_values` as integers, which is how Discord keeps them (its documentation, "
        '"ID Serialization"), and Discord takes them; the file has them as text only.',
        "request",
        _everywhere(_ids),
    ),
    Deviation(
        "field error codes",
        "The codes below `errors` of error 50035 are words such as BASE_TYPE_REQUIRED (Discord's "
        'documentation, "Error Messages"); the file gives them the type of the numeric code.',
        "response",
        _everywhere(_codes_of_errors),
    ),
    Deviation(
        "booleans in queries",
        "Discord takes 1 and 0 for true and false; the file does not say how a boolean is spelled.",
        "query",
        _booleans,
    ),
)


# the checks


def _formats() -> FormatChecker:
    """Formats whose violation would be a bug; JSON Schema itself takes them as remarks."""
    checker = FormatChecker(formats=())

    def checks(name: str, test: Callable[[Any], bool]) -> None:
        checker.checks(name, raises=ValueError)(test)

    checks("int32", lambda value: not isinstance(value, int) or -(2**31) <= value < 2**31)
    checks("date-time", lambda value: value is None or bool(datetime.fromisoformat(value)))
    checks("uri", lambda value: value is None or bool(urlsplit(value).scheme))
    return checker


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
    _registry: Registry[Any] = field(init=False)
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict)

    def __post_init__(self) -> None:
        resource = DRAFT202012.create_resource(self.document)
        self._registry = Registry().with_resource(DOCUMENT, resource)

    def check(self, exchange: Exchange) -> list[str]:
        """Everything about a request and its answer that the file does not allow."""
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
        """What about a value the schema called `name` does not allow."""
        return self._problems(_pointer("components", "schemas", name), value)

    def check_dispatch(self, dispatch: Dispatch) -> list[str]:
        """The same for the parts of a gateway event that have a schema."""
        return [
            f"{dispatch.name}: {problem}"
            for schema, value in _parts_of(dispatch)
            for problem in self.check_schema(schema, value)
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
        if status.startswith("5"):
            return  # the file describes no failures of the server
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
                {"$ref": f"{DOCUMENT}#{pointer}"},
                registry=self._registry,
                format_checker=_FORMATS,
            )
            self._validators[pointer] = validator
        return [_describe(error) for error in validator.iter_errors(value)]


_FORMATS = _formats()


def _describe(error: ValidationError) -> str:
    """The most telling error below an `anyOf` or `oneOf`, and where it is."""
    telling = best_match([error]) or error
    place = "/".join(str(step) for step in telling.absolute_path) or "(all of it)"
    return f"{place}: {telling.message[:300]}"


def _parts_of(dispatch: Dispatch) -> Iterator[tuple[str, Any]]:
    """The parts of a gateway event that the file has a schema for; events themselves have none."""
    data = dispatch.data
    if dispatch.name in {"MESSAGE_CREATE", "MESSAGE_UPDATE"}:
        yield "MessageResponse", data
    elif dispatch.name == "GUILD_CREATE":
        yield from (("GuildChannelResponse", channel) for channel in data["channels"])
        yield from (("GuildMemberResponse", member) for member in data["members"])
        yield from (("GuildRoleResponse", role) for role in data["roles"])
    elif dispatch.name == "READY":
        yield "UserPIIResponse", data["user"]
    elif dispatch.name == "CHANNEL_UPDATE":
        yield "GuildChannelResponse", data
    elif dispatch.name == "INTERACTION_CREATE":
        yield "GuildMemberResponse", data["member"]
        yield "GuildChannelResponse", data["channel"]
        if "message" in data:
            yield "MessageResponse", data["message"]
        resolved = data["data"].get("resolved", {})
        for attachment in resolved.get("attachments", {}).values():
            yield "MessageAttachmentResponse", attachment


@cache
def _read(path: Path) -> OpenApi:
    return OpenApi(json.loads(path.read_text("utf-8")))


def load_openapi() -> OpenApi | None:
    """Discord's description, read once; None where the file is not there."""
    path = Path(os.environ.get("DISCORD_OPENAPI") or DEFAULT_PATH)
    return _read(path) if path.is_file() else None


def openapi_or_skip() -> OpenApi:
    """The same; skips the test where the file is not there."""
    openapi = load_openapi()
    if openapi is None:
        pytest.skip(
            "Discord's openapi.json is not here: set DISCORD_OPENAPI to the path of a copy of "
            "github.com/discord/discord-api-spec/blob/main/specs/openapi.json"
        )
    return openapi
