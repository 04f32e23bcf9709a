"""Texts: templates with values, in English and as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nst.errors import ImageError
from nst.text import Text, lasting, placeholders


def test_a_text_reads_as_its_sentence() -> None:
    size = Text("{count} MB", count=2.5)
    assert str(Text("This has {size}, not {limit}.", size=size, limit=1)) == (
        "This has 2.5 MB, not 1."
    )


def test_values_are_added_to_those_of_another_text() -> None:
    assert str(Text(Text("{a} and {b}", a=1, b=2), b=3)) == "1 and 3"


def test_a_placeholder_without_a_value_stays() -> None:
    assert str(Text("{a} and {b}", a="{b}")) == "{b} and {b}"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 s"), (89.4, "89 s"), (90, "2 min"), (3600, "60 min"), (5400, "1.5 h"), (14_300, "4 h")],
)
def test_a_time_is_told_in_its_fitting_unit(seconds: float, said: str) -> None:
    assert str(lasting(seconds)) == said


def test_neither_attributes_nor_widths_are_obeyed() -> None:
    template = "{a.__class__} {a:>99} {a!r} {0} {}"
    assert str(Text(template, a="x")) == template
    assert placeholders(template) == {"0"}


def test_an_error_keeps_its_template() -> None:
    error = ImageError("At most {limit} px.", limit=64)
    assert str(error) == "At most 64 px."
    assert error.text == Text("At most {limit} px.", limit=64)
    assert ImageError(error.text).text == error.text


def test_there_and_back_as_json() -> None:
    text = Text("{a}: {b} {c}", a=Text("in {x}", x=1.5), b=2, c="three")
    assert Text.from_dict(json.loads(json.dumps(text.as_dict()))) == text


def _nested(depth: int) -> dict[str, Any]:
    return {"template": "", "values": {"a": _nested(depth - 1)} if depth else {}}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"template": "x"},
        {"template": "x", "values": 1},
        {"template": "x", "values": {"a": []}},
        {"template": "x", "values": {"a": None}},
        _nested(50),
    ],
)
def test_what_is_no_text_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Text.from_dict(data)
