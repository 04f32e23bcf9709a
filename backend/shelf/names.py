"""What people may write about a style: its name, and whom to credit."""

from __future__ import annotations

import unicodedata
from typing import Final

from backend.errors import StyleRefused

MAX_NAME: Final = 40
MAX_CREDIT: Final = 100
_SIGNS: Final = frozenset(" .,+&'’!?()-–")
_MAX_MARKS: Final = 2  # accents on one letter; more of them is a prank


def style_name(text: str) -> str:
    """Return a name fit to be shown: NFC, no control characters, single spaces.

    One with signs that chats read as mentions, links or Markdown is refused.
    """
    name = _visible(text)
    if len(name) > MAX_NAME:
        raise StyleRefused(
            "This name has {count} characters; a style's name may have {limit} at most.",
            count=len(name),
            limit=MAX_NAME,
        )
    if strange := next((sign for sign in name if not _may_be_in_name(sign)), None):
        raise StyleRefused(
            "A style's name is made of letters, digits, emoji, spaces and {signs}; “{sign}” is not "
            "among them. Please choose another name.",
            signs="".join(sorted(_SIGNS - {" "})),
            sign="\\" + strange,
        )
    if not any(unicodedata.category(sign)[0] in "LN" for sign in name):
        raise StyleRefused("A style needs a name with at least one letter or digit.")
    return name


def name_key(name: str) -> str:
    """Return what two names have in common that people would take for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def typed_key(text: str) -> str:
    """Return the key of what somebody typed to find a name, without what no name has."""
    return name_key(_visible(text)[:MAX_NAME])


def credit_line(text: str) -> str:
    """Return whom to credit, fit to be shown escaped: no control signs, no angle brackets."""
    credit = _visible(text.replace("<", "").replace(">", ""))
    if len(credit) > MAX_CREDIT:
        raise StyleRefused(
            "The credit has {count} characters; it may have {limit} at most.",
            count=len(credit),
            limit=MAX_CREDIT,
        )
    return credit


def _visible(text: str) -> str:
    """Return NFC with single spaces, without what cannot be seen and piled-up accents."""
    kept: list[str] = []
    marks = 0
    for sign in unicodedata.normalize("NFC", text[:1000]):
        category = unicodedata.category(sign)
        marks = marks + 1 if category[0] == "M" else 0
        if category[0] == "Z" or sign in "\t\n\r":
            kept.append(" ")
        elif category[0] != "C" and marks <= _MAX_MARKS:
            kept.append(sign)
    return " ".join("".join(kept).split())


def _may_be_in_name(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] in "LNM" or category == "So" or sign in _SIGNS
