"""The `data` of what a person sends: a command's options, a message's button."""

from __future__ import annotations

from collections.abc import Mapping

from localchat.catalog import Leaf
from localchat.errors import Json
from localchat.inputs import ENTITY_OPTIONS, InvalidInput, OptionValue, Upload, check_option
from localchat.kinds import Menu
from localchat.payloads import walk
from localchat.resolve import Resolved
from localchat.state import Command, Message


async def fill_options(
    leaf: Leaf, values: Mapping[str, OptionValue], resolved: Resolved
) -> list[Json]:
    """Return the `options` of a command's data.

    Raises:
        InvalidInput: an option is missing, unknown, or not as its registration allows it.
    """
    specs = leaf.options
    unknown = set(values) - set(specs)
    if unknown:
        raise InvalidInput("there is no option '{name}'", name=sorted(unknown)[0])
    filled: list[Json] = []
    for name, spec in specs.items():
        if name not in values:
            if spec.get("required"):
                raise InvalidInput("the option '{name}' is required", name=name)
            continue
        value = check_option(spec, values[name])
        if isinstance(value, Upload):
            value = await resolved.upload(name, value)
        elif spec["type"] in ENTITY_OPTIONS:
            value = resolved.entity(spec["type"], value)  # type: ignore[arg-type]
        filled.append({"name": name, "type": spec["type"], "value": value})
    return filled


def command_data(command: Command, kind: Menu, options: list[Json], resolved: Resolved) -> Json:
    """Return the `data` of a command's interaction."""
    data: Json = {"id": str(command.id), "name": command.payload["name"], "type": kind}
    if command.guild_id is not None:
        data["guild_id"] = str(command.guild_id)
    if options:
        data["options"] = options
    if resolved.payload:
        data["resolved"] = resolved.payload
    return data


def pressable(message: Message, custom_id: str) -> Json:
    """Return the button or select menu of a message.

    Raises:
        InvalidInput: there is none, or it is disabled.
    """
    for component in walk(message.components):
        if component.get("custom_id") == custom_id:
            if component.get("disabled"):
                raise InvalidInput("this is disabled")
            return component
    raise InvalidInput("there is no such button")
