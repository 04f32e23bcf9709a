"""`/applications/…/commands`: the bot's slash commands and context-menu entries.

Source: Discord's API documentation, "Application Commands".
"""

from __future__ import annotations

from typing import Any

from localchat.errors import (
    MISSING_ACCESS,
    TOO_MANY_COMMANDS,
    UNKNOWN_APPLICATION,
    UNKNOWN_COMMAND,
    ApiError,
    Json,
)
from localchat.ratelimit import Limit
from localchat.rest.call import Answer, Call, Route
from localchat.rest.registration import MAX_OF_KIND, check_commands, kind_of
from localchat.state import Command


def _scope(call: Call) -> int | None:
    """Return the guild of the path, or None for global commands."""
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
    """Return an ApplicationCommandResponse."""
    given = command.payload
    payload: Json = {
        "id": str(command.id),
        "application_id": str(call.world.application_id),
        "version": str(command.version),
        "type": kind_of(given),
        "name": given["name"],
        "description": given.get("description") or "",
        "default_member_permissions": given.get("default_member_permissions"),
        "nsfw": bool(given.get("nsfw")),
        "dm_permission": given.get("dm_permission") is not False,
        "contexts": given.get("contexts"),
        "integration_types": given.get("integration_types") or [0],
        "options": [_shown(option, localizations) for option in given.get("options") or []],
    }
    if payload["default_member_permissions"] is not None:
        payload["default_member_permissions"] = str(payload["default_member_permissions"])
    if localizations:
        for key in ("name_localizations", "description_localizations"):
            payload[key] = given.get(key)
    if "guild_id" in call.params:
        payload["guild_id"] = call.params["guild_id"]
    return payload


def _shown(node: Any, localizations: bool) -> Any:
    """Return an option without empty fields, and without translations unless they are asked for."""
    if isinstance(node, dict):
        return {
            key: value if key.endswith("_localizations") else _shown(value, localizations)
            for key, value in node.items()
            if value is not None and (localizations or not key.endswith("_localizations"))
        }
    if isinstance(node, list):
        return [_shown(value, localizations) for value in node]
    return node


def _register(call: Call, payload: Json) -> Command:
    """Register a command; one of the same type and name keeps its id, as on Discord."""
    commands = _commands(call)
    key = (kind_of(payload), payload["name"])
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
    payloads = check_commands(call.body)
    keys = {(kind_of(payload), payload["name"]) for payload in payloads}
    for key in set(commands) - keys:
        del commands[key]
    registered = [_register(call, payload) for payload in payloads]
    return Answer(200, [command_payload(call, command) for command in registered])


async def create_command(call: Call) -> Answer:
    """POST …/commands: 201 for a new one, 200 for one that existed."""
    form = call.form()
    check_commands([form])
    kind = kind_of(form)
    commands = _commands(call)
    existed = (kind, form["name"]) in commands
    if not existed and sum(each == kind for each, _ in commands) >= MAX_OF_KIND[kind]:
        status, code, words = TOO_MANY_COMMANDS
        raise ApiError(status, code, words.format(most=MAX_OF_KIND[kind]))
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
