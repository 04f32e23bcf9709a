from __future__ import annotations

import io

import pytest
from PIL import Image, ImageEnhance, ImageOps

from backend.examples import list_examples
from nst.fingerprint import fingerprint

PICTURES = [example.path for example in list_examples()]


def _bits_apart(one: Image.Image, other: Image.Image) -> int:
    marks = fingerprint(one), fingerprint(other)
    assert marks[0] and marks[1]
    return (int(marks[0], 16) ^ int(marks[1], 16)).bit_count()


def _again(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


def test_copies_are_near() -> None:
    for path in PICTURES:
        picture = Image.open(path)
        assert _bits_apart(picture, _again(picture, 30)) <= 4
        assert _bits_apart(picture, picture.resize((301, 207))) <= 4
        assert _bits_apart(picture, ImageEnhance.Contrast(picture).enhance(0.7)) <= 4
        assert _bits_apart(picture, picture.convert("RGBA")) == 0


def test_others_are_far() -> None:
    pictures = [Image.open(path) for path in PICTURES]
    for at, one in enumerate(pictures):
        for other in pictures[at + 1 :]:
            assert _bits_apart(one, other) > 14


def test_mirroring_flips_the_odd_frequencies() -> None:
    for path in PICTURES:
        picture = Image.open(path)
        for mirrored, mask in (
            (ImageOps.mirror(picture), 0xAAAA_AAAA_AAAA_AAAA),
            (ImageOps.flip(picture), 0xFF00_FF00_FF00_FF00),
        ):
            marks = fingerprint(picture), fingerprint(mirrored)
            assert marks[0] and marks[1]
            assert (int(marks[0], 16) ^ int(marks[1], 16) ^ mask).bit_count() <= 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "1"])
def test_plain_pictures_have_none(mode: str) -> None:
    assert fingerprint(Image.new(mode, (64, 48))) is None
