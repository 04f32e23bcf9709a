"""Sentences for people, kept as a template and its values so that a front end can translate them.

nst itself speaks English and knows of no other language; imports nothing heavy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_MINUTES_FROM: Final = 90
_HOURS_FROM: Final = 90 * 60


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """An English template with `{named}` placeholders, and what fills them.

    `str(text)` is the English sentence. Translations are looked up by the template, so it is
    written out in full where the text is made: no f-strings, no pieces put together.

    Attributes:
        template: such as `No more than {limit} pixels.`; placeholders are bare names.
        values: by name of the placeholder.
    """

    template: str
    values: Mapping[str, str | int | float | Text]

    def __init__(self, template: str | Text, /, **values: str | float | Text) -> None:
        """Make a text; of another text, take template and values over and add `values`."""
        known = template.values if isinstance(template, Text) else {}
        plain = template.template if isinstance(template, Text) else template
        object.__setattr__(self, "template", plain)
        object.__setattr__(self, "values", {**known, **values})

    def __str__(self) -> str:
        """Return the sentence in English."""
        return fill(self.template, self.values, _english)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data; `Text.from_dict` is the way back."""
        values = {
            name: value.as_dict() if isinstance(value, Text) else value
            for name, value in self.values.items()
        }
        return {"template": self.template, "values": values}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, depth: int = 4) -> Text:
        """Make the text of `as_dict`; whoever sent it need not be trusted.

        Args:
            data: as `as_dict` gives it.
            depth: how many texts may be inside each other.

        Raises:
            KeyError, TypeError, ValueError: the data are not those of a text.
        """
        if not depth:
            raise ValueError("too many texts inside each other")
        text = cls(str(data["template"]))
        values = {
            str(name): value
            if isinstance(value, str | int | float)
            else cls.from_dict(value, depth=depth - 1)
            for name, value in dict(data["values"]).items()
        }
        object.__setattr__(text, "values", values)
        return text


def lasting(seconds: float) -> Text:
    """Write a time in its fitting unit: `20 s`, `5 min`, `1.5 h`."""
    whole = max(1, round(seconds))
    if whole < _MINUTES_FROM:
        return Text("{count} s", count=whole)
    if whole < _HOURS_FROM:
        return Text("{count} min", count=round(whole / 60))
    return Text("{count} h", count=round(whole / 3600, 1))


def duration(seconds: float) -> str:
    """Write seconds as people say them, in English: `duration(200)` is `3 min 20 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def fill(
    template: str,
    values: Mapping[str, str | float | Text],
    show: Callable[[str | float | Text], str],
) -> str:
    """Put values into a template.

    Not `str.format`: values and templates may come from a process that read a stranger's file, and
    there must be neither attributes nor widths to play with. A placeholder without a value stays.

    Args:
        template: with bare `{named}` placeholders.
        values: by name.
        show: makes a string of a value.
    """

    def one(match: re.Match[str]) -> str:
        name = match[1]
        return show(values[name]) if name in values else match[0]

    return _PLACEHOLDER.sub(one, template)


def placeholders(template: str) -> frozenset[str]:
    """Return the names of the placeholders in a template."""
    return frozenset(_PLACEHOLDER.findall(template))


def _english(value: str | float | Text) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
