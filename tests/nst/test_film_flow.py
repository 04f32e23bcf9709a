"""Where things went from frame to frame, and how a painting goes along; nothing is painted."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nst.film.camera import steadied
from nst.film.flow import identity, moved, optical_flow, resampled
from nst.film.uncovered import guessed
from tests.nst import clips

HEIGHT, WIDTH = 72, 96


def _waves(
    frequency: float, shift: float = 0.0
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    columns = np.indices((HEIGHT, WIDTH))[1]
    wave = np.cos(2 * np.pi * frequency * (columns + shift))
    return np.repeat(wave[..., None], 3, axis=2).astype(np.float32)


@pytest.mark.parametrize("frequency", [0.1, 0.3, 0.4])
def test_grain_survives_a_move_by_half_a_pixel(frequency: float) -> None:
    there = identity(HEIGHT, WIDTH) + np.array([0.5, 0], np.float32)
    inner = np.s_[:, 26:-26]
    found = resampled(_waves(frequency), there)[inner]
    assert np.abs(found - _waves(frequency, 0.5)[inner]).max() < 0.03


def test_what_shrinks_has_no_specks() -> None:
    there = identity(HEIGHT, WIDTH) * np.float32(1.3)
    noise = np.random.default_rng(0).normal(0, 1, (2 * HEIGHT, 2 * WIDTH, 3)).astype(np.float32)
    assert resampled(noise, there).std() < 0.9 * moved(noise, there, degree=3).std()


def test_a_panning_camera_is_found_to_a_few_hundredths_of_a_pixel() -> None:
    one, other = (np.asarray(each) for each in clips.pan(2, step=2.5))
    grey = [each.mean(axis=2).astype(np.uint8) for each in (other, one)]
    flow = optical_flow(*grey)
    steady = steadied(flow, other, one)
    inner = np.s_[4:-4, 4:-8]
    wanted = np.array([2.5, 0], np.float32)
    error, before = (np.abs(each - wanted)[inner].mean() for each in (steady, flow))
    assert error < 0.03
    assert error < before


def test_what_moves_on_its_own_is_not_taken_for_the_camera() -> None:
    """A part of the frame moves by half a pixel, which its colours tell."""
    grain = np.random.default_rng(1)
    spots = Image.fromarray(grain.integers(0, 255, (HEIGHT // 4, WIDTH // 4, 3), np.uint8))
    one = np.asarray(spots.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    truth = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    truth[20:40, 30:50] = [-0.5, 0]
    other = moved(one, identity(HEIGHT, WIDTH) - truth)
    kept = (steadied(truth, one, other) == truth).all(axis=2)
    assert kept[24:36, 34:46].mean() > 0.9
    noise = grain.normal(0, 0.1, truth.shape).astype(np.float32)
    found = steadied(truth + noise, one, other)
    assert np.abs(found[:16]).max() < 0.05


def test_a_guess_has_strokes_of_what_is_like_it_nearby() -> None:
    """A picture of two halves: its left is painted in stripes, its right in one colour."""
    source = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    source[:, WIDTH // 2 :] = 200
    painted = source.astype(np.float32) * 0.5 + 50
    painted[::2, : WIDTH // 2] += 60
    known = np.ones((HEIGHT, WIDTH), np.bool_)
    known[30:42, 10:20] = known[30:42, 70:80] = False
    filled = guessed(painted, source, known)
    assert np.array_equal(filled[known], painted[known])
    assert filled[30:42, 10:20].std() > 5
    assert filled[30:42, 70:80].std() < 1
    assert abs(filled[30:42, 70:80].mean() - 150) < 2


def test_a_frame_that_shows_only_new_things_is_its_own_guess() -> None:
    source = np.asarray(clips.still())
    nothing = np.zeros(source.shape[:2], np.bool_)
    picture = np.zeros(source.shape, np.float32)
    assert np.array_equal(guessed(picture, source, nothing), source)
