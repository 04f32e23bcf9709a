"""Frames that outlive the process that painted them, and films that have to fit."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from PIL import Image

from nst.film import FrameArchive, StoredFrame, encode_film
from tests.nst.clips import pan

_TIMES = (Fraction(1, 30), Fraction(1, 7), Fraction(3, 100))


def _noise(seed: int, side: int = 96) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    return Image.fromarray(pixels)


def _written() -> bytes:
    file = io.BytesIO()
    archive = FrameArchive(file, "a cat")
    archive.begin(3)
    for seed, seconds in enumerate(_TIMES):
        picture = io.BytesIO()
        _noise(seed, 16).save(picture, "PNG")
        archive.add(picture.getvalue(), seconds)
    return file.getvalue()


def test_what_was_written_whole_counts() -> None:
    data = _written()
    counts = []
    for length in range(0, len(data) + 1, 64):
        file = io.BytesIO(data[:length])
        archive = FrameArchive(file, "a cat")
        counts.append(len(archive))
        for index in range(len(archive)):
            assert archive.open(index).tobytes() == _noise(index, 16).tobytes()
        if len(archive) == 1:  # and another process goes on from there
            archive.add(data[:100], Fraction(1))
            again = FrameArchive(file)
            assert [seconds for _, _, seconds in again.frames] == [_TIMES[0], 1]
            assert (again.loops, again.read(1)) == (3, data[:100])
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}


def test_frames_of_something_else_are_not_read() -> None:
    assert len(FrameArchive(io.BytesIO(_written()), "a dog")) == 0
    assert len(FrameArchive(io.BytesIO(b"no archive" * 200))) == 0


@pytest.mark.slow
def test_the_first_kind_that_holds_a_film_whole() -> None:
    frames = [StoredFrame(image.copy, Fraction(1, 10)) for image in pan(8)]
    kinds = (".webp", ".mp4")
    whole = encode_film(frames, kinds, max_bytes=10**6)
    assert (whole.suffix, whole.notes) == (".webp", ())
    fits = encode_film(frames, kinds, max_bytes=10_000)
    assert (fits.suffix, fits.width, fits.notes) == (".mp4", 96, ())
    tiny = encode_film(frames, kinds, max_bytes=3000)
    assert tiny.suffix == ".webp"
    assert tiny.width < 96
    assert "To fit into 3 kB" in str(tiny.notes[0])
    noise = [StoredFrame(partial(_noise, seed), Fraction(1, 10)) for seed in range(6)]
    sticker = encode_film(noise, (".gif",), max_bytes=20_000, fixed_size=True)
    assert (sticker.width, sticker.height) == (96, 96)
    assert len(sticker.data) <= 20_000
