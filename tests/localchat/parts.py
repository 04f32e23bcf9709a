"""Parts of messages, and one row of a table of limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Json = dict[str, Any]

SHORT, LONG = "BASE_TYPE_MAX_LENGTH", "BASE_TYPE_BAD_LENGTH"
LOW, HIGH, CHOICE = "NUMBER_TYPE_MIN", "NUMBER_TYPE_MAX", "BASE_TYPE_CHOICES"


class Row(NamedTuple):
    """One limit; `told` is whether Discord's description knows it too."""

    body: Callable[[int], Json]
    fits: int
    breaks: int
    place: str
    code: str
    told: bool = True


# parts of messages


def text(content: str = "hello") -> Json:
    return {"type": 10, "content": content}


def button(custom_id: str = "a", **fields: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Press", "custom_id": custom_id} | fields


def link(url: str) -> Json:
    return {"type": 2, "style": 5, "label": "Go", "url": url}


def row(*children: Json) -> Json:
    return {"type": 1, "components": list(children)}


def options(count: int) -> list[Json]:
    return [{"label": f"Option {n}", "value": f"o{n}"} for n in range(count)]


def select(count: int = 2, **fields: Any) -> Json:
    return {"type": 3, "custom_id": "s", "options": options(count)} | fields


def option(**fields: Any) -> Json:
    return select(options=[{"label": "One", "value": "1"} | fields])


def gallery(count: int = 1, **fields: Any) -> Json:
    return {"type": 12, "items": [{"media": {"url": "https://example.org/a.png"}} | fields] * count}


def section(*texts: Json, accessory: Json | None = None) -> Json:
    return {"type": 9, "components": list(texts), "accessory": accessory or button()}


def thumbnail(**fields: Any) -> Json:
    return {"type": 11, "media": {"url": "https://example.org/a.png"}} | fields


def container(*children: Json, **fields: Any) -> Json:
    return {"type": 17, "components": list(children or [text()])} | fields


def card(*components: Json) -> Json:
    return {"flags": 1 << 15, "components": list(components)}


def plain(*components: Json, **fields: Any) -> Json:
    return {"content": "x", "components": list(components)} | fields


def embed(**fields: Any) -> Json:
    return {"embeds": [{"title": "x"} | fields]}


def users(count: int) -> list[str]:
    return [str(10**17 + n) for n in range(count)]
