"""Select menus of messages as HTML: of one value, the browser's own; of several, a list to tick."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from localchat.errors import Json
from localchat.state import Message


def select(message: Message, node: Json, options: Sequence[Json], *, live: bool) -> str:
    """Return a select menu.

    Args:
        message: where it stands.
        node: the component.
        options: what can be chosen, in the shape of a string select's.
        live: whether it can be used.
    """
    disabled = " disabled" if node["disabled"] or not live else ""
    several = node["max_values"] > 1
    return (_several if several else _single)(message, node, options, disabled)


def _placeholder(node: Json) -> str:
    return escape(node.get("placeholder") or "Choose…", quote=True)


def _address(message: Message, node: Json) -> str:
    custom_id = escape(node["custom_id"], quote=True)
    return f'data-choose="{custom_id}" data-message="{message.id}"'


def _single(message: Message, node: Json, options: Sequence[Json], disabled: str) -> str:
    choices = "".join(
        f'<option value="{escape(option["value"], quote=True)}"'
        f"{' selected' if option['default'] else ''}>{escape(option['label'])}</option>"
        for option in options
    )
    placeholder = _placeholder(node)
    return (
        f'<select aria-label="{placeholder}" {_address(message, node)}{disabled}>'
        f'<option value="">{placeholder}</option>{choices}</select>'
    )


def _several(message: Message, node: Json, options: Sequence[Json], disabled: str) -> str:
    """Return a button with what is chosen; it opens boxes to tick, which the script counts."""
    chosen = ", ".join(escape(option["label"]) for option in options if option["default"])
    head = chosen or f'<span class="placeholder">{_placeholder(node)}</span>'
    if disabled:
        return f'<button type="button" class="chooser"{disabled}>{head}</button>'
    boxes = "".join(_box(option) for option in options)
    low, high = node["min_values"], min(node["max_values"], len(options))
    bounds = f'data-low="{low}" data-high="{high}"'
    return (
        f'<details class="choose" {_address(message, node)} {bounds}>'
        f'<summary class="chooser">{head}</summary>'
        f'<fieldset aria-label="{_placeholder(node)}"><div class="choices">{boxes}</div>'
        f'<p class="hint" role="status">{_hint(low, high)}</p>'
        '<button type="button" class="button" data-done>Done</button></fieldset></details>'
    )


def _box(option: Json) -> str:
    value = escape(option["value"], quote=True)
    checked = " checked" if option["default"] else ""
    description = option.get("description")
    small = f"<small>{escape(description)}</small>" if description else ""
    return (
        f'<label class="choice"><input type="checkbox" value="{value}"{checked}>'
        f"<span>{escape(option['label'])}{small}</span></label>"
    )


def _hint(low: int, high: int) -> str:
    return f"Choose {low} to {high}." if low else f"Choose up to {high}."
