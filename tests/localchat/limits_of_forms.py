"""Limits of modals."""

from __future__ import annotations

from typing import Any

from tests.localchat.parts import CHOICE, HIGH, LONG, LOW, SHORT, Json, Row, options, select, text


def label(component: Json, text: str = "Label", **fields: Any) -> Json:
    return {"type": 18, "label": text, "component": component} | fields


def entry(custom_id: str = "t", **fields: Any) -> Json:
    return {"type": 4, "custom_id": custom_id, "style": 1} | fields


def files(**fields: Any) -> Json:
    return {"type": 19, "custom_id": "f", "max_values": 10} | fields


def group(kind: int, count: int, **fields: Any) -> Json:
    return {"type": kind, "custom_id": "g", "options": options(count)} | fields


def modal(*components: Json, **fields: Any) -> Json:
    data = {"custom_id": "m", "title": "Mix", "components": list(components) or [label(entry())]}
    return {"type": 9, "data": data | fields}


PART = "data.components.0"
INNER = f"{PART}.component"
ZERO = "SELECT_COMPONENT_REQUIRED_ZERO_MIN_VALUES"
MODALS: dict[str, Row] = {
    "title": Row(lambda n: modal(title="x" * n), 45, 46, "data.title", LONG),
    "some title": Row(lambda n: modal(title="x" * n), 1, 0, "data.title", LONG),
    "custom_id": Row(lambda n: modal(custom_id="x" * n), 100, 101, "data.custom_id", LONG),
    "parts": Row(
        lambda n: modal(*(label(entry(str(k))) for k in range(n))),
        5,
        6,
        "data.components",
        LONG,
        told=False,
    ),
    "label": Row(lambda n: modal(label(entry(), "x" * n)), 45, 46, f"{PART}.label", LONG),
    "description": Row(
        lambda n: modal(label(entry(), description="x" * n)), 100, 101, f"{PART}.description", LONG
    ),
    "some description": Row(
        lambda n: modal(label(entry(), description="x" * n)), 1, 0, f"{PART}.description", LONG
    ),
    "style": Row(lambda n: modal(label(entry(style=n))), 2, 3, f"{INNER}.style", CHOICE),
    "shortest": Row(
        lambda n: modal(label(entry(min_length=n))), 4000, 4001, f"{INNER}.min_length", HIGH
    ),
    "shortest of all": Row(
        lambda n: modal(label(entry(min_length=n))), 0, -1, f"{INNER}.min_length", LOW
    ),
    "longest": Row(
        lambda n: modal(label(entry(max_length=n))), 4000, 4001, f"{INNER}.max_length", HIGH
    ),
    "longest at least": Row(
        lambda n: modal(label(entry(max_length=n))), 1, 0, f"{INNER}.max_length", LOW
    ),
    "placeholder": Row(
        lambda n: modal(label(entry(placeholder="x" * n))), 100, 101, f"{INNER}.placeholder", SHORT
    ),
    "value": Row(lambda n: modal(label(entry(value="x" * n))), 4000, 4001, f"{INNER}.value", SHORT),
    "files": Row(lambda n: modal(label(files(max_values=n))), 10, 11, f"{INNER}.max_values", HIGH),
    "fewest files": Row(
        lambda n: modal(label(files(min_values=n))), 10, 11, f"{INNER}.min_values", HIGH
    ),
    "files required": Row(
        lambda n: modal(label(files(min_values=n))), 1, 0, f"{INNER}.min_values", ZERO, told=False
    ),
    "choice required": Row(
        lambda n: modal(label(select(min_values=n))), 1, 0, f"{INNER}.min_values", ZERO, told=False
    ),
    "boxes required": Row(
        lambda n: modal(label(group(22, 3, min_values=n))),
        1,
        0,
        f"{INNER}.min_values",
        ZERO,
        told=False,
    ),
    "radio buttons": Row(lambda n: modal(label(group(21, n))), 10, 11, f"{INNER}.options", LONG),
    "two radio buttons": Row(lambda n: modal(label(group(21, n))), 2, 1, f"{INNER}.options", LONG),
    "boxes": Row(lambda n: modal(label(group(22, n))), 10, 11, f"{INNER}.options", LONG),
    "a box at least": Row(lambda n: modal(label(group(22, n))), 1, 0, f"{INNER}.options", LONG),
    "most boxes": Row(
        lambda n: modal(label(group(22, 10, max_values=n))), 10, 11, f"{INNER}.max_values", HIGH
    ),
    "options": Row(lambda n: modal(label(select(n))), 25, 26, f"{INNER}.options", LONG),
    "text": Row(lambda n: modal(text("x" * n)), 4000, 4001, f"{PART}.content", LONG),
}
