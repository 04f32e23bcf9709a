"""File names as strangers send them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.intake.names import safe_filename


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("my cat, 2nd (final) & best.png", "my cat, 2nd (final) & best.png"),
        ("IMG_2024_05.HEIC", "IMG_2024_05.HEIC"),
        ("Übermut – 色彩.png", "Übermut 色彩.png"),
        ("नमस्ते.png", "नमस्ते.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\cat.png", "cat.png"),
        ("cat\x00\r\n\x1b[31m.png", "cat31m.png"),
        ("gpj.\u202etac.png", "gpj.tac.png"),
        ("@everyone <@123> <#4>.png", "everyone 123 4.png"),
        ("**bold** __under__ ~~no~~ `code` ||spoiler||.png", "bold --under-- no code spoiler.png"),
        ("[click](https://evil.example).png", "evil.example).png"),
        ("> # - heading.png", "heading.png"),
        ("z" + "\u0351" * 9 + "algo.png", "z\u0351\u0351algo.png"),
        ("...", "image"),
        ("", "image"),
        ("\u202e\u200b", "image"),
        ("x" * 300 + ".jpeg", "x" * 54 + "….jpeg"),
        ("y" * 300, "y" * 59 + "…"),
    ],
)
def test_file_names_are_made_safe(name: str, shown: str) -> None:
    assert safe_filename(name) == shown


@given(name=st.text(max_size=400))
def test_no_file_name_breaks_out(name: str) -> None:
    shown = safe_filename(name)
    assert 0 < len(shown) <= 60
    assert not set(shown) & set("@<>#*`~|[]\\/:\n\r“”")
    assert "__" not in shown
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in shown)
