"""What Discord's description of its API says differently from Discord itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Part = Literal["query", "request", "response"]


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
    """Apply a change to every object in a tree."""

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


def _forwards(node: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("message_reference")
    if not isinstance(reference, dict) or reference.get("type") != 1:
        return node
    return {**node, "message_reference": reference | {"type": 0}}


def _media_channels(node: Mapping[str, Any]) -> Mapping[str, Any]:
    is_channel = node.get("type") == 16 and "available_tags" in node
    return {**node, "type": 15} if is_channel else node


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
        "forwarded messages",
        "The reference of a forwarded message has type 1 (Discord's documentation of messages, "
        '"Message Reference Types"); the file knows the type of replies only.',
        "response",
        _everywhere(_forwards),
    ),
    Deviation(
        "media channels",
        "A media channel has type 16 (Discord's documentation of channels); the file stops at "
        "forums, which have 15.",
        "response",
        _everywhere(_media_channels),
    ),
    Deviation(
        "booleans in queries",
        "Discord takes 1 and 0 for true and false; the file does not say how a boolean is spelled.",
        "query",
        _booleans,
    ),
)
