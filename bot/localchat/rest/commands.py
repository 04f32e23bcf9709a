"""`/applications/…/commands`: the bot's slash commands and context-menu entries.

Source: Discord's API documentation, "Application Commands".
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any, Final

from bot.localchat.errors import (
    MISSING_ACCESS,
    UNKNOWN_APPLICATION,
    UNKNOWN_COMMAND,
    ApiError,
    FormErrors,
    Json,
)
from bot.localchat.kinds import Menu, Option
from bot.localchat.ratelimit import Limit
from bot.localchat.rest.call import Answer, Call, Route
from bot.localchat.state import Command

MAX_OPTIONS = 25
MAX_CHOICES = 25
_MAX_OF_KIND: Final = {Menu.CHAT_INPUT: 100, Menu.USER: 15, Menu.MESSAGE: 15}
_MENUS: Final = frozenset({Menu.USER, Menu.MESSAGE})
_KINDS: Final = frozenset(Option)
_NAME = re.compile(r"[-_'\w]{1,32}")

Path = tuple[str | int, ...]


def check_commands(payloads: Any) -> None:
    """Checks a whole set of commands.

    Raises:
        ApiError: 50035, naming every field that breaks a limit.
    """
    errors = FormErrors()
    payloads = errors.objects((), payloads)
    errors.raise_if_any()
    counts = Counter(payload.get("type") or Menu.CHAT_INPUT for payload in payloads)
    for kind, most in _MAX_OF_KIND.items():
        if counts[kind] > most:
            errors.add((), "APPLICATION_COMMANDS_TOO_MANY", f"At most {most} of type {kind}.")
    names = Counter((payload.get("type") or 1, payload.get("name")) for payload in payloads)
    for at, payload in enumerate(payloads):
        if names[payload.get("type") or 1, payload.get("name")] > 1:
            message = "Application command names must be unique"
            errors.add((at, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        _check_command(payload, (at,), errors)
    errors.raise_if_any()


def _check_command(payload: Json, path: Path, errors: FormErrors) -> None:
    kind = payload.get("type") or Menu.CHAT_INPUT
    description = payload.get("description") or ""
    if kind in _MENUS:
        errors.length((*path, "name"), str(payload.get("name") or ""), 1, 32)
        errors.length((*path, "description"), description, 0, 0)
        return
    _check_name(payload, path, errors)
    errors.length((*path, "description"), description, 1, 100)
    _check_options(payload.get("options"), (*path, "options"), errors)
    errors.raise_if_any()
    if _text_size(payload) > 8000:
        message = "Command exceeds maximum size (8000)"
        errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_name(payload: Json, path: Path, errors: FormErrors) -> None:
    name = payload.get("name")
    good = isinstance(name, str) and _NAME.fullmatch(unicodedata.normalize("NFC", name))
    if not good or str(name) != str(name).lower():
        message = "Command name is invalid"
        errors.add((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", message)


def _check_options(given: Any, path: Path, errors: FormErrors) -> None:
    options = errors.objects(path, given)
    errors.length(path, options, 0, MAX_OPTIONS)
    names = Counter(option.get("name") for option in options)
    optional_seen = False
    for at, option in enumerate(options):
        here = (*path, at)
        _check_name(option, here, errors)
        errors.length((*here, "description"), option.get("description") or "", 1, 100)
        if names[option.get("name")] > 1:
            message = "Option names must be unique"
            errors.add((*here, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", message)
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            errors.add(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen |= not option.get("required")
        _check_option(option, here, errors)


def _check_option(option: Json, path: Path, errors: FormErrors) -> None:
    kind = option.get("type")
    if kind not in _KINDS:
        message = "Value must be one of {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}."
        errors.add((*path, "type"), "BASE_TYPE_CHOICES", message)
    if kind in {Option.SUBCOMMAND, Option.SUBCOMMAND_GROUP}:
        _check_options(option.get("options"), (*path, "options"), errors)
    choices = errors.objects((*path, "choices"), option.get("choices"))
    errors.length((*path, "choices"), choices, 0, MAX_CHOICES)
    if choices and option.get("autocomplete"):
        message = "Autocomplete options cannot have choices"
        errors.add(path, "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES", message)
    for at, choice in enumerate(choices):
        errors.length((*path, "choices", at, "name"), choice.get("name") or "", 1, 100)
        if kind == Option.STRING:
            value = str(choice.get("value") or "")
            errors.length((*path, "choices", at, "value"), value, 1, 100)
    low, high = option.get("min_value"), option.get("max_value")
    if low is not None and high is not None and low > high:
        message = "Minimum value must not be greater than the maximum value"
        errors.add(path, "APPLICATION_COMMAND_OPTION_MIN_MAX", message)


def _text_size(node: Json) -> int:
    """Characters of all names, descriptions and choice values (limit 8000)."""
    size = len(node.get("name") or "") + len(node.get("description") or "")
    for choice in node.get("choices") or []:
        size += len(choice.get("name") or "") + len(str(choice.get("value") or ""))
    return size + sum(_text_size(option) for option in node.get("options") or [])


# what is registered


def _scope(call: Call) -> int | None:
    """The guild of the path, or None for global commands."""
    if call.id("application_id") != call.world.application_id:
        raise ApiError(*UNKNOWN_APPLICATION)
    if "guild_id" not in call.params:
        return None
    guild = call.world.guild(call.id("guild_id"))
    if not guild.has_bot:
        raise ApiError(*MISSING_ACCESS)
    return guild.id


def _commands(call: Call) -> dict[tuple[int, str], Command]:
    return call.world.commands.setdefault(_scope(call), {})


def command_payload(call: Call, command: Command, *, localizations: bool = True) -> Json:
    """ApplicationCommandResponse."""
    given = command.payload
    payload: Json = {
        "id": str(command.id),
        "application_id": str(call.world.application_id),
        "version": str(command.version),
        "type": given.get("type") or Menu.CHAT_INPUT,
        "name": given["name"],
        "description": given.get("description") or "",
        "default_member_permissions": given.get("default_member_permissions"),
        "nsfw": bool(given.get("nsfw")),
        "dm_permission": given.get("dm_permission") is not False,
        "contexts": given.get("contexts"),
        "integration_types": given.get("integration_types") or [0],
        "options": [_without_nulls(option) for option in given.get("options") or []],
    }
    if payload["default_member_permissions"] is not None:
        payload["default_member_permissions"] = str(payload["default_member_permissions"])
    if localizations:
        for key in ("name_localizations", "description_localizations"):
            payload[key] = given.get(key)
    if "guild_id" in call.params:
        payload["guild_id"] = call.params["guild_id"]
    return payload


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    if isinstance(node, list):
        return [_without_nulls(value) for value in node]
    return node


def _register(call: Call, payload: Json) -> Command:
    """A command of the same type and name keeps its id, as on Discord."""
    commands = _commands(call)
    key = (payload.get("type") or Menu.CHAT_INPUT, payload["name"])
    known = commands.get(key)
    new_id = call.world.ids.next()
    command = Command(
        id=known.id if known else new_id, version=new_id, payload=payload, guild_id=_scope(call)
    )
    commands[key] = command
    return command


async def list_commands(call: Call) -> Answer:
    """GET …/commands."""
    wanted = call.flag("with_localizations")
    return Answer(
        200,
        [
            command_payload(call, command, localizations=wanted)
            for command in _commands(call).values()
        ],
    )


async def overwrite_commands(call: Call) -> Answer:
    """PUT …/commands: these and no others."""
    commands = _commands(call)
    check_commands(call.body)
    keys = {(payload.get("type") or Menu.CHAT_INPUT, payload["name"]) for payload in call.body}
    for key in set(commands) - keys:
        del commands[key]
    registered = [_register(call, payload) for payload in call.body]
    return Answer(200, [command_payload(call, command) for command in registered])


async def create_command(call: Call) -> Answer:
    """POST …/commands: 201 for a new one, 200 for one that existed."""
    form = call.form()
    check_commands([form])
    existed = (form.get("type") or Menu.CHAT_INPUT, form["name"]) in _commands(call)
    return Answer(200 if existed else 201, command_payload(call, _register(call, form)))


async def delete_command(call: Call) -> Answer:
    """DELETE …/commands/{command_id}."""
    commands = _commands(call)
    for key, command in commands.items():
        if command.id == call.id("command_id"):
            del commands[key]
            return Answer(204)
    raise ApiError(*UNKNOWN_COMMAND)


ROUTES = [
    Route(
        method=method,
        template="/applications/{application_id}" + scope + rest,
        handler=handler,
        limit=Limit(5, 20) if method == "POST" else Limit(20, 20),
        bucket=f"{scope} {handler.__name__}",
        major="application_id",
    )
    for scope in ("/commands", "/guilds/{guild_id}/commands")
    for method, rest, handler in (
        ("GET", "", list_commands),
        ("PUT", "", overwrite_commands),
        ("POST", "", create_command),
        ("DELETE", "/{command_id}", delete_command),
    )
]
