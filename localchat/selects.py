"""Select menus of messages as HTML: of one value, the browser's own; of several, a list to tick."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from localchat.errors import Json
from localchat.state import Message
from localchat.words import Words


def select(
    message: Message, node: Json, options: Sequence[Json], words: Words, *, live: bool
) -> str:
    """Return a select menu.

    Args:
        message: where it stands.
        node: the component.
        options: what can be chosen, in the shape of a string select's.
        words: of whoever looks.
        live: whether it can be used.
    """
    disabled = " disabled" if node["disabled"] or not live else ""
    several = node["max_values"] > 1
    placeholder = escape(node.get("placeholder") or words("Choose…"), quote=True)
    if several:
        return _several(message, node, options, placeholder, disabled, words)
    return _single(message, node, options, placeholder, disabled)


def _address(message: Message, node: Json) -> str:
    custom_id = escape(node["custom_id"], quote=True)
    return f'data-choose="{custom_id}" data-message="{message.id}"'


def _single(
    message: Message, node: Json, options: Sequence[Json], placeholder: str, disabled: str
) -> str:
    choices = "".join(
        f'<option value="{escape(option["value"], quote=True)}"'
        f"{' selected' if option['default'] else ''}>{escape(option['label'])}</option>"
        for option in options
    )
    return (
        f'<select aria-label="{placeholder}" {_address(message, node)}{disabled}>'
        f'<option value="">{placeholder}</option>{choices}</select>'
    )


def _several(
    message: Message,
    node: Json,
    options: Sequence[Json],
    placeholder: str,
    disabled: str,
    words: Words,
) -> str:
    """Return a button with what is chosen; it opens boxes to tick, which the script counts."""
    chosen = ", ".join(escape(option["label"]) for option in options if option["default"])
    head = chosen or f'<span class="placeholder">{placeholder}</span>'
    if disabled:
        return f'<button type="button" class="chooser"{disabled}>{head}</button>'
    boxes = "".join(_box(option) for option in options)
    low, high = node["min_values"], min(node["max_values"], len(options))
    bounds = f'data-low="{low}" data-high="{high}"'
    return (
        f'<details class="choose" {_address(message, node)} {bounds}>'
        f'<summary class="chooser">{head}</summary>'
        f'<fieldset aria-label="{placeholder}"><div class="choices">{boxes}</div>'
        f'<p class="hint" role="status">{_hint(low, high, words)}</p>'
        f'<button type="button" class="button" data-done>{words("Done")}</button>'
        "</fieldset></details>"
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


def _hint(low: int, high: int, words: Words) -> str:
    if low:
        return words("Choose {low} to {high}.", low=low, high=high)
    return words("Choose up to {high}.", high=high)
