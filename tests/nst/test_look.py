"""Whether pictures look alike: those that come with the bot, as they are and changed."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import combinations
from typing import Final

import pytest
from PIL import Image, ImageEnhance, ImageOps

from backend.examples import list_examples
from nst.fingerprint import fingerprint
from nst.look import Look

Change = Callable[[Image.Image], Image.Image]


def _saved(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=30)
    return Image.open(file)


def _cropped(picture: Image.Image) -> Image.Image:
    """Without 2 % at each side."""
    left, top = picture.width // 50, picture.height // 50
    return picture.crop((left, top, picture.width - left, picture.height - top))


def _turned(turn: Image.Transpose) -> Change:
    return lambda picture: picture.transpose(turn)


COPIES: Final[dict[str, Change]] = {
    "the same": lambda picture: picture,
    "shrunk": lambda picture: picture.resize((200, 150)),
    "saved badly": _saved,
    "cropped": _cropped,
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    "grey": ImageOps.grayscale,
    **{turn.name: _turned(turn) for turn in Image.Transpose},
}
PICTURES: Final = [Image.open(example.path).convert("RGB") for example in list_examples()]


def _look(picture: Image.Image) -> Look:
    return Look("one", fingerprint(picture))


@pytest.mark.parametrize("change", COPIES)
def test_copies_look_alike(change: str) -> None:
    for picture in PICTURES:
        assert _look(picture).is_like("another", fingerprint(COPIES[change](picture)))


def test_others_do_not() -> None:
    for one, other in combinations(PICTURES, 2):
        assert not _look(one).is_like("another", fingerprint(other))


def test_plain_ones_are_told_by_their_bytes() -> None:
    plain = _look(Image.new("RGB", (64, 64), "red"))
    assert plain.is_like("one", None)
    assert not plain.is_like("another", None)
    assert not plain.is_like("another", fingerprint(PICTURES[0]))
