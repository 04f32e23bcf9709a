"""The starter styles: bundled, on every shelf, read-only."""

from __future__ import annotations

import hashlib
from typing import Final

from bot.examples import list_examples
from bot.jobs.model import SpooledImage
from bot.shelf.model import ShelfStyle
from bot.shelf.names import name_key

SIDE: Final = 640
"""Pixels of each side; `starter_styles` makes them so, and a test looks at the files."""


# Of each file, by its name, as `nst.fingerprint` has it (a test compares): so that a takedown
# covers copies.
_LOOKS: Final = {
    "night_wind": "21c8dc56d23c132f",
    "stained_glass": "b14fcee5aab1f3df",
    "woodblock_wave": "ede7088f397a63c4",
    "cubist_harbour": "4a3fb4c231048207",
    "watercolour_meadow": "aae2dcccd2660dd2",
    "dotted_garden": "4c22cec74e8dc7f3",
    "gold_on_black": "253cfada4fc1987c",
    "pencil_valley": "74f2b7488fe7919d",
}


def starter_styles() -> list[ShelfStyle]:
    """All of them, in the order of the examples; reads their files, so not on the event loop."""
    return [
        ShelfStyle(
            id="",
            guild_id=None,
            name=example.name,
            image=SpooledImage(
                path=example.path,
                thumbnail=example.thumbnail,
                filename=example.name,
                sha256=hashlib.sha256(example.path.read_bytes()).hexdigest(),
                width=SIDE,
                height=SIDE,
                fingerprint=_LOOKS[example.path.stem],
            ),
            contributor_id=None,
            credit=example.credit,
            approved=True,
            created_at=None,
        )
        for example in list_examples()
        if example.kind == "style"
    ]


def matches(style: ShelfStyle, typed_key: str) -> bool:
    """Whether its name has what was typed (already a key) in it."""
    return typed_key in name_key(style.name)
