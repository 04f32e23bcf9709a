from __future__ import annotations

from PIL import Image

from bot.shelf.starters import SIDE, starter_styles
from nst.fingerprint import fingerprint


def test_starters_are_as_they_say() -> None:
    styles = starter_styles()
    assert len(styles) >= 6
    for style in styles:
        with Image.open(style.image.path) as picture:
            assert picture.size == (SIDE, SIDE)
            assert style.image.fingerprint == fingerprint(picture)
        with Image.open(style.image.thumbnail) as picture:
            assert max(picture.size) == 256
        assert style.image.thumbnail.stat().st_size < 64_000
