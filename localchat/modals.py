"""The components of modals: Discord's limits, and the form as a person's client gets it.

Source: Discord's API documentation, "Component Reference" (Label, Text Input, File Upload, Radio
Group, Checkbox Group, Checkbox) and "Receiving and Responding to Interactions" (modal callbacks).
"""

from __future__ import annotations

from typing import Any

from localchat import kinds
from localchat.errors import FormErrors, Json
from localchat.kinds import Component
from localchat.reader import MAX_TEXT, Path, Reader, ReadOne

MAX_PARTS = 5
MAX_FILES = 10
MAX_BOXES = 10


def read_modal(data: Any) -> Json:
    """Return a modal of a bot's answer, defaults filled in.

    Returns:
        `{"custom_id": …, "title": …, "components": […]}`.

    Raises:
        ApiError: 50035, naming every field that breaks a limit.
    """
    errors = FormErrors(("data",))
    form = errors.object((), data)
    title = errors.text(form, "title", (), 1, 45)
    custom_id = errors.text(form, "custom_id", (), 1, 100)
    components = _ModalReader(errors).read(form.get("components"))
    errors.raise_if_any()
    return {"custom_id": custom_id, "title": title, "components": components}


class _ModalReader(Reader):
    def __init__(self, errors: FormErrors) -> None:
        super().__init__(errors)
        readers: dict[int, ReadOne] = {
            Component.ROW: self._row,
            Component.TEXT: self._text_display,
            Component.LABEL: self._label,
            Component.TEXT_INPUT: self._text_input,
            Component.STRING_SELECT: self._menu,
            Component.FILE_UPLOAD: self._file_upload,
            Component.RADIO_GROUP: self._radio_group,
            Component.CHECKBOX_GROUP: self._checkbox_group,
            Component.CHECKBOX: self._checkbox,
        }
        self._readers = readers | dict.fromkeys(kinds.ENTITY_SELECTS, self._menu)

    def read(self, components: Any) -> list[Json]:
        top: Path = ("components",)
        if isinstance(components, list):
            self._errors.length(top, components, 1, MAX_PARTS)
        return self._tree(components, top, kinds.TOP_MODAL)

    def _row(self, node: Json, path: Path) -> Json:
        """Return the older form: a row around one text input, which carries its label itself."""
        here = (*path, "components")
        children = self._children(node.get("components"), here, kinds.IN_MODAL_ROW)
        self._errors.length(here, children, 1, 1)
        if children:
            self._errors.text(node["components"][0], "label", (*here, 0), 1, 45)
        return {"components": children}

    def _label(self, node: Json, path: Path) -> Json:
        inner = self._component(node.get("component"), (*path, "component"), kinds.IN_LABEL)
        label: Json = {"label": self._errors.text(node, "label", path, 1, 45), "component": inner}
        description = self._errors.text(node, "description", path, 1, 100, optional=True)
        if description is not None:
            label["description"] = description
        return label

    def _text_input(self, node: Json, path: Path) -> Json:
        if node.get("style") not in (1, 2):
            self._errors.add((*path, "style"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.")
        entry: Json = {
            "custom_id": self._custom_id(node, path),
            "style": node.get("style"),
            "required": _is_required(node),
        }
        for key, low in (("min_length", 0), ("max_length", 1)):
            if node.get(key) is not None:
                entry[key] = self._errors.count(node, key, path, low, MAX_TEXT)
        for key, most in (("label", 45), ("placeholder", 100), ("value", MAX_TEXT)):
            if (text := self._errors.text(node, key, path, 0, most)) is not None:
                entry[key] = text
        if entry.get("min_length", 0) > entry.get("max_length", MAX_TEXT):
            message = "min_length cannot be greater than max_length"
            self._errors.add((*path, "min_length"), "TEXT_INPUT_COMPONENT_MIN_LENGTH", message)
        return entry

    def _menu(self, node: Json, path: Path) -> Json:
        if node.get("disabled"):
            message = "Select menus in modals cannot be disabled"
            self._errors.add((*path, "disabled"), "COMPONENT_DISABLED_IN_MODAL", message)
        menu = self._select(node, path) | {"required": _is_required(node)}
        self._something_if_required(menu, path)
        return menu

    def _file_upload(self, node: Json, path: Path) -> Json:
        upload: Json = {
            "custom_id": self._custom_id(node, path),
            "min_values": self._errors.count(node, "min_values", path, 0, MAX_FILES),
            "max_values": self._errors.count(node, "max_values", path, 1, MAX_FILES),
            "required": _is_required(node),
        }
        self._bounds_in_order(upload, path)
        self._something_if_required(upload, path)
        return upload

    def _radio_group(self, node: Json, path: Path) -> Json:
        options = self._options(node, path, 2, MAX_BOXES)
        if sum(option["default"] for option in options) > 1:
            message = "Only one option can be the default"
            self._errors.add((*path, "options"), "RADIO_GROUP_MULTIPLE_DEFAULTS", message)
        custom_id = self._custom_id(node, path)
        return {"custom_id": custom_id, "options": options, "required": _is_required(node)}

    def _checkbox_group(self, node: Json, path: Path) -> Json:
        options = self._options(node, path, 1, MAX_BOXES)
        group: Json = {
            "custom_id": self._custom_id(node, path),
            "options": options,
            "min_values": self._errors.count(node, "min_values", path, 0, MAX_BOXES),
            "max_values": max(1, min(len(options), MAX_BOXES)),
            "required": _is_required(node),
        }
        if node.get("max_values") is not None:
            group["max_values"] = self._errors.count(node, "max_values", path, 1, MAX_BOXES)
        self._bounds_in_order(group, path)
        self._something_if_required(group, path)
        return group

    def _something_if_required(self, node: Json, path: Path) -> None:
        """Check that what must be filled in is not content with nothing."""
        if node["required"] and node["min_values"] == 0:
            message = "Select menus marked as required cannot have a min_values of 0"
            code = "SELECT_COMPONENT_REQUIRED_ZERO_MIN_VALUES"
            self._errors.add((*path, "min_values"), code, message)

    def _checkbox(self, node: Json, path: Path) -> Json:
        return {"custom_id": self._custom_id(node, path), "default": bool(node.get("default"))}


def _is_required(node: Json) -> bool:
    """Return whether something must be filled in; Discord's default is that it must."""
    return node.get("required") is not False
