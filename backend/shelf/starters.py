"""The starter styles: bundled, on every shelf, read-only."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from backend.examples import list_examples
from backend.files.store import FileKey
from backend.files.uses import FileUses
from backend.records import StoredImage
from backend.shelf.model import ShelfStyle

_OWNER: Final = "starters"
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


async def store_starters(uses: FileUses) -> list[ShelfStyle]:
    """Put the files of all starter styles into the store; return them in the examples' order."""
    starters = await asyncio.to_thread(_read)
    async with uses.change() as change:
        await change.add(_OWNER, [key for _, contents in starters for key in contents])
    for _, contents in starters:
        for key, data in contents.items():
            if not await uses.files.exists(key) or await uses.files.get(key) != data:
                await uses.files.put(key, data)
    return [style for style, _ in starters]


def _read() -> list[tuple[ShelfStyle, dict[FileKey, bytes]]]:
    starters = []
    for example in (each for each in list_examples() if each.kind == "style"):
        name, picture = example.path.stem, example.path.read_bytes()
        image = StoredImage(
            file=FileKey(f"starters/{name}.jpg"),
            thumbnail=FileKey(f"starters/{name}-thumbnail.jpg"),
            filename=example.name,
            sha256=hashlib.sha256(picture).hexdigest(),
            width=SIDE,
            height=SIDE,
            fingerprint=_LOOKS[name],
        )
        style = ShelfStyle(name=example.name, image=image, credit=example.credit)
        small = example.thumbnail.read_bytes()
        starters.append((style, {image.file: picture, image.thumbnail: small}))
    return starters
