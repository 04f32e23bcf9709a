"""A filled-in modal, as Discord sends it to the bot."""

from __future__ import annotations

from collections.abc import Mapping

from localchat.errors import Json
from localchat.inputs import FieldValue, InvalidInput
from localchat.kinds import Component
from localchat.payloads import walk
from localchat.reader import MAX_TEXT
from localchat.resolve import Resolved

LENGTH = "'{name}' must have {low} to {high} characters"


def fields_of(modal: Json) -> dict[str, Json]:
    """Return everything in a modal that can be filled in, by custom id."""
    return {node["custom_id"]: node for node in walk(modal["components"]) if "custom_id" in node}


async def fill_in(modal: Json, values: Mapping[str, FieldValue], resolved: Resolved) -> list[Json]:
    """Return the `components` of the submitted modal.

    Args:
        modal: what the bot opened.
        values: by custom id; what is missing keeps what the bot put there.
        resolved: takes files, members, roles and channels.

    Raises:
        InvalidInput: there is no such field, or a value breaks its limits.
    """
    unknown = set(values) - set(fields_of(modal))
    if unknown:
        raise InvalidInput("there is no field '{name}'", name=sorted(unknown)[0])
    return [await _part(node, values, resolved) for node in modal["components"]]


async def _part(node: Json, values: Mapping[str, FieldValue], resolved: Resolved) -> Json:
    head: Json = {"type": node["type"], "id": node["id"]}
    if node["type"] == Component.LABEL:
        return head | {"component": await _field(node["component"], values, resolved)}
    if node["type"] == Component.ROW:
        rows = [await _field(child, values, resolved) for child in node["components"]]
        return head | {"components": rows}
    return head


async def _field(node: Json, values: Mapping[str, FieldValue], resolved: Resolved) -> Json:
    name = node["custom_id"]
    head: Json = {"type": node["type"], "id": node["id"], "custom_id": name}
    value = values.get(name, _default(node))
    if node["type"] == Component.TEXT_INPUT:
        return head | {"value": _text(name, node, value)}
    if node["type"] == Component.CHECKBOX:
        if not isinstance(value, bool):
            raise InvalidInput("'{name}' is yes or no", name=name)
        return head | {"value": value}
    # One upload is itself a tuple, and one choice a text: neither is a list of several.
    one = isinstance(value, str | bool) or (
        isinstance(value, tuple) and len(value) > 1 and isinstance(value[1], bytes)
    )
    chosen: list[object] = [value] if one else list(value)  # type: ignore[arg-type]
    if node["type"] == Component.RADIO_GROUP:
        bounds = node | {"min_values": int(node["required"]), "max_values": 1}
        picked = await resolved.choose(bounds, chosen)
        return head | {"value": picked[0] if picked else None}
    return head | {"values": await resolved.choose(node, chosen)}


def _default(node: Json) -> FieldValue:
    """Return what is in a field before the person touches it."""
    if node["type"] == Component.TEXT_INPUT:
        return str(node.get("value", ""))
    if node["type"] == Component.CHECKBOX:
        return bool(node["default"])
    given = [str(default["id"]) for default in node.get("default_values", [])]
    return given + [option["value"] for option in node.get("options", []) if option["default"]]


def _text(name: str, node: Json, value: FieldValue) -> str:
    if not isinstance(value, str):
        raise InvalidInput("'{name}' is a text", name=name)
    low, high = node.get("min_length", 0), node.get("max_length", MAX_TEXT)
    if not value:
        if node["required"]:
            raise InvalidInput("'{name}' is required", name=name)
        return value
    if not low <= len(value) <= high:
        raise InvalidInput(LENGTH, name=name, low=low, high=high)
    return value
