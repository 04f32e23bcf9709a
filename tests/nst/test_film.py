"""Painted films: still parts, cuts, coherence, going on; small and few frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance

import nst
from nst.film import Origin
from tests.nst import clips

_LOOK = nst.Options(preset=nst.Preset.DRAFT, size=96)


def painted(frames: Any, style: Image.Image, **more: Any) -> list[nst.PaintedFrame]:
    return list(nst.stylize_frames(frames, style, _LOOK, device="cpu", **more))


def array(image: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(image)


@pytest.fixture(scope="module")
def ball_film(style: Image.Image) -> list[nst.PaintedFrame]:
    return painted(clips.ball(4), style)


@pytest.mark.slow
def test_the_first_frame_is_a_still_painting(
    ball_film: list[nst.PaintedFrame], style: Image.Image
) -> None:
    alone = nst.stylize(clips.ball(1)[0], style, _LOOK, device="cpu")
    assert np.array_equal(array(ball_film[0].image), alone.numpy())
    assert [frame.origin for frame in ball_film] == [Origin.ANEW, *[Origin.MOVED] * 3]
    assert ball_film[1].steps < len(alone.history) / 3


def test_what_is_still_stays_to_the_bit(ball_film: list[nst.PaintedFrame]) -> None:
    source = clips.ball(4)
    for before, after in zip(range(3), range(1, 4), strict=True):
        same = (array(source[before]) == array(source[after])).all(axis=2)
        moved = (array(ball_film[before].image) != array(ball_film[after].image)).any(axis=2)
        assert same.mean() > 0.8
        assert not (same & moved).any()
        assert moved.sum() > 100


def test_what_comes_back_looks_as_it_did(ball_film: list[nst.PaintedFrame]) -> None:
    """Where the ball was in the second frame, the first one's ground is there again at the end."""
    source = clips.ball(4)
    back = (array(source[0]) == array(source[3])).all(axis=2)
    hidden = back & (array(source[0]) != array(source[1])).any(axis=2)
    differ = (array(ball_film[0].image) != array(ball_film[3].image)).any(axis=2)
    assert hidden.sum() > 100
    assert (differ & hidden).sum() < 0.3 * hidden.sum()  # all but the rim


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_a_frame_that_is_the_same_costs_nothing(style: Image.Image) -> None:
    one, two = clips.ball(2)
    film = painted([one, one.copy(), two, two.copy(), one], style)
    assert [frame.steps > 0 for frame in film][:4] == [True, False, True, False]
    assert film[1].origin is Origin.SAME
    assert np.array_equal(array(film[0].image), array(film[1].image))
    assert np.array_equal(array(film[2].image), array(film[3].image))
    differs = (array(film[0].image) != array(film[4].image)).any(axis=2)
    assert differs.mean() < 0.01  # a loop closes


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_a_cut_begins_anew(style: Image.Image) -> None:
    frames = [*clips.ball(2), *clips.ball(2, "astronaut")]
    film = painted(frames, style)
    origins = [frame.origin for frame in film]
    assert origins == [Origin.ANEW, Origin.MOVED, Origin.ANEW, Origin.MOVED]
    alone = nst.stylize(frames[2], style, _LOOK, device="cpu")
    assert np.array_equal(array(film[2].image), alone.numpy())


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_an_earlier_shot_looks_as_it_did(style: Image.Image) -> None:
    one, two, other = *clips.ball(2), clips.ball(1, "astronaut")[0]
    film = painted([one, two, other, two, one], style)
    assert [frame.origin for frame in film[2:]] == [Origin.ANEW, Origin.MOVED, Origin.MOVED]
    assert np.array_equal(array(film[3].image), array(film[1].image))


@pytest.mark.slow
def test_a_pan_does_not_flicker(style: Image.Image) -> None:
    frames = clips.pan(2)
    film = [frame.image for frame in painted(frames, style)]
    alone = [nst.stylize(frame, style, _LOOK, device="cpu").image for frame in frames]
    assert clips.drift(film, 2.5) < clips.drift(alone, 2.5) / 3


@pytest.mark.usefixtures("few_steps")
def test_a_fade_is_no_cut(style: Image.Image) -> None:
    bright = clips.still("chelsea")
    frames = [ImageEnhance.Brightness(bright).enhance(1 - number / 8) for number in range(3)]
    film = painted(frames, style)
    assert [frame.origin for frame in film] == [Origin.ANEW, Origin.MOVED, Origin.MOVED]


@pytest.mark.slow
def test_going_on_is_the_same_film(ball_film: list[nst.PaintedFrame], style: Image.Image) -> None:
    earlier = {frame.index: frame.raw for frame in ball_film[:3]}
    (last,) = painted(clips.ball(4), style, earlier=earlier)
    assert last.index == 3
    assert np.array_equal(array(last.image), array(ball_film[3].image))
    (other,) = painted(clips.ball(4), style, earlier={2: ball_film[2].raw})
    assert other.origin is Origin.MOVED


@pytest.mark.slow
def test_progress_and_stopping(style: Image.Image) -> None:
    told: list[nst.FilmProgress] = []

    def stop() -> bool:
        return told[-1].index == 1 and told[-1].step.step == 2

    film = painted(clips.ball(3), style, on_progress=told.append, should_stop=stop)
    assert [frame.index for frame in film] == [0]
    assert [each.frames for each in told] == [3] * len(told)
    fractions = [each.fraction or 0 for each in told]
    assert fractions == sorted(fractions)
    assert all(each.seconds_left for each in told[:-1])
    assert "temporal" in told[-1].step.losses


@pytest.mark.usefixtures("few_steps")
def test_frames_come_one_by_one(style: Image.Image) -> None:
    taken: list[int] = []

    def frames() -> Iterator[Image.Image]:
        for number, image in enumerate(clips.ball(3)):
            taken.append(number)
            yield image

    film = nst.stylize_frames(frames(), style, _LOOK, device="cpu")
    next(film)
    assert taken == [0]


@pytest.mark.usefixtures("few_steps")
def test_transparent_parts_stay_transparent(style: Image.Image) -> None:
    alpha = Image.new("L", clips.SIZE, 0)
    alpha.paste(255, (20, 10, 70, 60))
    frames = []
    for image in clips.ball(2):
        image.putalpha(alpha)
        frames.append(image)
    for frame in painted(frames, style):
        assert frame.alpha is not None
        found = frame.alpha.resize(clips.SIZE)
        assert np.array_equal(array(found) > 127, array(alpha) > 127)


@pytest.mark.usefixtures("few_steps")
def test_frames_of_other_sizes_are_resized(style: Image.Image) -> None:
    one, two = clips.ball(2)
    film = painted([one, two.resize((48, 36))], style)
    assert film[0].image.size == film[1].image.size


@pytest.mark.usefixtures("few_steps")
def test_masks_and_the_photos_colours(style: Image.Image) -> None:
    mask = Image.new("L", clips.SIZE, 0)
    mask.paste(255, (0, 0, 48, 72))
    frames = clips.ball(2)
    film = painted(frames, style, mask=mask, colours=nst.Colours.PHOTO)
    for frame, source in zip(film, frames, strict=True):
        kept = np.s_[:, 52:]
        assert np.array_equal(array(frame.image)[kept], array(source)[kept])
    same = (array(frames[0]) == array(frames[1])).all(axis=2)
    differs = (array(film[0].image) != array(film[1].image)).any(axis=2)
    assert not (same & differs).any()


def test_no_frames_and_wrong_options_are_told(style: Image.Image) -> None:
    with pytest.raises(nst.FilmError, match="no frames"):
        painted([], style)
    with pytest.raises(TypeError):
        nst.stylize_frames([], style, brush=3)
