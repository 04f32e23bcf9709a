"""Reading any tree of components: where what may stand, ids, and the parts that messages and modals
share.

Source: Discord's API documentation, "Component Reference". Reading checks a request's components
and at once turns them into the answer's shape: ids given, defaults filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from localchat.errors import FormErrors, Json
from localchat.kinds import Component
from localchat.payloads import walk

Path = tuple[str | int, ...]
ReadOne = Callable[[Json, Path], Json]

MAX_COMPONENTS = 40
MAX_TEXT = 4000
MAX_OPTIONS = 25
MAX_ID = 2**31 - 1


class Reader:
    """What readers of messages and of modals have in common.

    Args:
        errors: takes what is wrong.
    """

    def __init__(self, errors: FormErrors) -> None:
        self._errors = errors
        self._readers: Mapping[int, ReadOne] = {}
        self._custom_ids: set[str] = set()
        self._given_ids: set[int] = set()
        self._next_id = 1
        self._text = 0

    def _tree(self, components: Any, path: Path, allowed: frozenset[int]) -> list[Json]:
        """Return the whole tree, in the answer's shape; complete only if no error was noted."""
        if not isinstance(components, list):
            self._errors.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        nodes = [node for node in walk(components) if isinstance(node.get("type"), int)]
        given = [node["id"] for node in nodes if isinstance(node.get("id"), int) and node["id"]]
        self._given_ids = set(given)
        if len(self._given_ids) < len(given):
            message = "Component id cannot be duplicated"
            self._errors.add(path, "COMPONENT_ID_DUPLICATED", message)
        if len(nodes) > MAX_COMPONENTS:
            self._errors.add(
                path,
                "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
                f"The total number of components cannot exceed {MAX_COMPONENTS}",
            )
        read = self._children(components, path, allowed)
        if self._text > MAX_TEXT:
            self._errors.add(
                path,
                "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
                f"The total displayable text of the components cannot exceed {MAX_TEXT}",
            )
        return read

    def _children(self, nodes: Any, path: Path, allowed: frozenset[int]) -> list[Json]:
        if not isinstance(nodes, list):
            self._errors.add(path, "BASE_TYPE_REQUIRED", "This field is required")
            return []
        return [self._component(node, (*path, at), allowed) for at, node in enumerate(nodes)]

    def _component(self, node: Any, path: Path, allowed: frozenset[int]) -> Json:
        kind = node.get("type") if isinstance(node, dict) else None
        if not isinstance(kind, int) or kind not in allowed:
            choices = ", ".join(str(choice) for choice in sorted(allowed))
            message = f'Value of field "type" must be one of ({choices}).'
            self._errors.add((*path, "type"), "UNION_TYPE_CHOICES", message)
            return {}
        return {"type": kind, "id": self._id(node, path)} | self._readers[kind](node, path)

    def _id(self, node: Json, path: Path) -> int:
        if given := self._errors.count(node, "id", path, 0, MAX_ID, default=0):
            return given
        while self._next_id in self._given_ids:
            self._next_id += 1
        self._given_ids.add(self._next_id)
        return self._next_id

    def _custom_id(self, node: Json, path: Path) -> str:
        custom_id = self._errors.text(node, "custom_id", path, 1, 100) or ""
        if custom_id in self._custom_ids:
            self._errors.add(
                (*path, "custom_id"),
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        self._custom_ids.add(custom_id)
        return custom_id

    def _select(self, node: Json, path: Path) -> Json:
        select: Json = {
            "custom_id": self._custom_id(node, path),
            "min_values": self._errors.count(node, "min_values", path, 0, MAX_OPTIONS),
            "max_values": self._errors.count(node, "max_values", path, 1, MAX_OPTIONS),
            "disabled": bool(node.get("disabled")),
        }
        if (placeholder := self._errors.text(node, "placeholder", path, 0, 150)) is not None:
            select["placeholder"] = placeholder
        self._bounds_in_order(select, path)
        if node["type"] == Component.STRING_SELECT:
            # Discord wants at least as many options as may be chosen.
            select["options"] = self._options(node, path, select["max_values"], MAX_OPTIONS)
            self._defaults_in_bounds(select, path)
            return select
        if node.get("default_values") is not None:
            given = self._errors.objects((*path, "default_values"), node["default_values"])
            self._errors.length((*path, "default_values"), given, 0, select["max_values"])
            # Ids may be sent as numbers; Discord itself always writes them as text.
            select["default_values"] = [one | {"id": str(one.get("id"))} for one in given]
        if node["type"] == Component.CHANNEL_SELECT and isinstance(node.get("channel_types"), list):
            select["channel_types"] = node["channel_types"]
        return select

    def _bounds_in_order(self, node: Json, path: Path) -> None:
        if node["min_values"] > node["max_values"]:
            message = "min_values cannot be greater than max_values"
            self._errors.add((*path, "min_values"), "COMPONENT_MIN_VALUES_TOO_LARGE", message)

    def _defaults_in_bounds(self, node: Json, path: Path) -> None:
        if sum(option["default"] for option in node["options"]) > node["max_values"]:
            message = "The specified number of default values exceeds the specified maximum values"
            self._errors.add((*path, "options"), "COMPONENT_TOO_MANY_DEFAULT_VALUES", message)

    def _options(self, node: Json, path: Path, low: int, high: int) -> list[Json]:
        """Return the options of a select menu or a group of boxes, their values all different."""
        options = self._errors.objects((*path, "options"), node.get("options"))
        self._errors.length((*path, "options"), options, low, high)
        values: set[Any] = set()
        read = []
        for at, option in enumerate(options):
            here = (*path, "options", at)
            read.append(self._option(option, here))
            if read[-1]["value"] in values:
                message = "The specified option value is already used"
                self._errors.add(
                    (*here, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message
                )
            values.add(read[-1]["value"])
        return read

    def _option(self, node: Json, path: Path) -> Json:
        option: Json = {
            "label": self._errors.text(node, "label", path, 1, 100),
            "value": self._errors.text(node, "value", path, 1, 100),
            "default": bool(node.get("default")),
        } | self._emoji(node, path)
        if (description := self._errors.text(node, "description", path, 0, 100)) is not None:
            option["description"] = description
        return option

    def _emoji(self, node: Json, path: Path) -> Json:
        """Return the emoji of a button or an option; nothing if it has none."""
        if node.get("emoji") is None:
            return {}
        here = (*path, "emoji")
        emoji = self._errors.object(here, node["emoji"])
        name = self._errors.text(emoji, "name", here, 0, 32) or ""
        if emoji.get("id"):
            custom = {"id": str(emoji["id"]), "animated": bool(emoji.get("animated"))}
            return {"emoji": {"name": name} | custom}
        if name.isascii():  # words, or nothing
            self._errors.add((*here, "name"), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")
        return {"emoji": {"name": name}}

    def _text_display(self, node: Json, path: Path) -> Json:
        content = self._errors.text(node, "content", path, 1, MAX_TEXT) or ""
        self._text += len(content)
        return {"content": content}
