"""GIF, APNG, animated WebP and AVIF: frames have the colours and the shape that stills have."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import pytest
from PIL import Image

import nst
from tests.corpus.good import Good
from tests.corpus.icc import adobe_rgb
from tests.corpus.kinds import kinds
from tests.corpus.pictures import encoded
from tests.corpus.png import chunk, with_chunk
from tests.nst import clips

_GAMMA = struct.pack(">I", 100_000)


def _moving(kind: str, frames: list[Image.Image], **settings: Any) -> bytes:
    return encoded(
        frames[0], kind, save_all=True, append_images=frames[1:], duration=100, **settings
    )


def _apng(frames: list[Image.Image], depth: int, share: Sequence[float] = (1,)) -> bytes:
    """Return grey frames of 8 or 16 bits, each with so much of its light."""
    width, height = frames[0].size
    made = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    )
    made += chunk(b"acTL", struct.pack(">II", len(frames), 0))
    order = count()
    for number, image in enumerate(frames):
        numbers = np.rint(np.asarray(image) / 255 * (2**depth - 1) * share[number % len(share)])
        rows = b"".join(b"\0" + row.astype(f">u{depth // 8}").tobytes() for row in numbers)
        place = struct.pack(">IIIIIHHBB", next(order), width, height, 0, 0, 1, 10, 0, 0)
        made += chunk(b"fcTL", place)
        packed = zlib.compress(rows)
        named = (b"fdAT", struct.pack(">I", next(order)) + packed) if number else (b"IDAT", packed)
        made += chunk(*named)
    return made + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "sample",
    [each for each in kinds() if each.name.endswith((".gif", ".png", ".webp", ".avif"))],
    ids=lambda sample: sample.name,
)
def test_a_frame_looks_as_the_still_does(sample: Good) -> None:
    still = nst.load_image(sample.data)
    frames = list(nst.open_film(sample.data))
    shown = frames[still.frame - 1].image.colour
    assert shown.size == still.colour.size
    difference = np.asarray(shown, np.int16) - np.asarray(still.colour, np.int16)
    assert np.abs(difference).max() <= sample.tolerance


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("gamma", [False, True])
def test_every_frame_of_an_apng_has_the_colours_that_it_declares(depth: int, gamma: bool) -> None:
    frames = [each.convert("L") for each in clips.ball(3)]
    data = _apng(frames, depth)
    found = list(nst.open_film(with_chunk(data, b"gAMA", _GAMMA) if gamma else data))
    for each, stored in zip(found, frames, strict=True):
        light = np.asarray(stored) / 255
        wanted = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
        wanted = wanted if gamma else light
        assert np.abs(np.asarray(each.image.colour)[..., 0] - wanted * 255).max() <= 1.1


def test_a_dark_frame_of_16_bits_stays_dark() -> None:
    frames = [clips.still().convert("L")] * 2
    found = list(nst.open_film(_apng(frames, 16, (1, 0.01))))
    assert np.asarray(found[0].image.colour).max() > 200
    assert np.asarray(found[1].image.colour).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_every_frame_has_the_colours_of_the_profile(kind: str) -> None:
    settings = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "AVIF" else {}
    frames = clips.ball(3)
    data = _moving(kind, frames, icc_profile=adobe_rgb(), **settings)
    for frame, stored in zip(nst.open_film(data), frames, strict=True):
        wanted = nst.load_image(encoded(stored, "PNG", icc_profile=adobe_rgb())).colour
        difference = np.asarray(frame.image.colour, np.int16) - np.asarray(wanted, np.int16)
        assert np.abs(difference).mean() < (4 if kind == "AVIF" else 0.5)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_frames_that_show_nothing_are_frames(kind: str) -> None:
    clear = Image.new("RGBA", clips.SIZE)
    found = list(nst.open_film(_moving(kind, [clear, clips.still().convert("RGBA")])))
    assert [each.image.alpha is not None for each in found] == [True, False]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_animations_are_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = _moving(kind, clips.ball(2), exif=exif)
    film = nst.open_film(data)
    size = nst.load_image(data).colour.size
    assert (film.info.width, film.info.height) == size
    assert [each.image.colour.size for each in film] == [size] * 2
