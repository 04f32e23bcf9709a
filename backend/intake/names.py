"""File names as strangers send them, made safe to show."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_MAX_LENGTH: Final = 60
_MAX_ENDING: Final = 6
_MAX_MARKS: Final = 2  # accents on one letter; more of them is a prank
_SIGNS: Final = frozenset(" .,+&'()_-")
_LOOSE_UNDERSCORES: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # Markdown reads these


def safe_filename(name: str) -> str:
    """Return the last part of a file name, fit for a chat message.

    Kept are letters, digits, accents, emoji and the signs ``.,+&'()_-``, so no control character,
    text-direction override, mention, link or Markdown survives. At most 60 characters, the
    ending included; "image" if nothing is left.
    """
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name[-1000:])[-1])
    name = _LOOSE_UNDERSCORES.sub("-", _harmless(name))
    name = " ".join(name.split()).lstrip(".-, ")
    if len(name) > _MAX_LENGTH:
        dot = name.rfind(".", len(name) - _MAX_ENDING)
        ending = name[dot:] if dot > 0 else ""
        name = name[: _MAX_LENGTH - 1 - len(ending)] + "…" + ending
    return name or "image"


def _harmless(name: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in name:
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if category[0] in "LNM" or category == "So" or char in _SIGNS:
            kept.append(char if marks <= _MAX_MARKS else "")
    return "".join(kept)
