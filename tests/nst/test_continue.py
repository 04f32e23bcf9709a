"""Going on: from an earlier result, and from a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst import Colours, Options, Preset, Progress, Result, stylize

_DRAFT = Options(preset=Preset.DRAFT, size=64)
_TALL = Options(preset=Preset.DRAFT, size=128)
Picture = Image.Image


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=int)


def _details(image: Image.Image) -> np.ndarray:
    """Return what is lost when an image is made half as large."""
    blurred = image.resize((image.width // 2, image.height // 2)).resize(image.size)
    details: np.ndarray = _pixels(image) - _pixels(blurred)
    return details


class Interrupted(Exception):
    pass


class _Interrupter:
    """Raises after so many steps; remembers them."""

    def __init__(self, after: int = 10**9) -> None:
        self.seen: list[Progress] = []
        self._after = after

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        if len(self.seen) >= self._after:
            raise Interrupted


@pytest.mark.usefixtures("few_steps")
def test_no_steps_are_the_identity(photo: Picture, style: Picture) -> None:
    before = stylize(photo, style, _DRAFT, device="cpu").raw
    after = stylize(photo, style, _DRAFT, init_image=before, steps=0, device="cpu")
    assert np.array_equal(_pixels(after.image), _pixels(before))
    assert after.history == ()
    assert after.recipe["steps"] == 0


@pytest.mark.usefixtures("few_steps")
def test_no_steps_with_the_photos_colours(photo: Picture, style: Picture) -> None:
    options = replace(_DRAFT, colours=Colours.PHOTO)
    painted = stylize(photo, style, options, device="cpu")
    again = stylize(photo, style, options, init_image=painted.raw, steps=0, device="cpu")
    assert np.array_equal(_pixels(again.image), _pixels(painted.image))


@pytest.mark.slow
def test_another_strength_from_a_result(photo: Picture, style: Picture, painted: Result) -> None:
    less, more = (
        stylize(
            photo, style, replace(_DRAFT, strength=strength), init_image=painted.raw, device="cpu"
        )
        for strength in (10, 90)
    )
    small = _pixels(photo.resize(painted.image.size, Image.Resampling.LANCZOS))
    gaps = [np.abs(_pixels(each.image) - small).mean() for each in (less, painted, more)]
    assert gaps == sorted(gaps)
    assert 0 < len(less.history) < 0.6 * len(painted.history)


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_a_larger_picture_paints_the_larger_scales_only(photo: Picture, style: Picture) -> None:
    small = stylize(photo, style, _DRAFT, device="cpu").raw
    large = stylize(photo, style, _TALL, init_image=small, device="cpu")
    assert max(large.image.size) == 128
    assert {max(step.width, step.height) for step in large.history} == {128}


@pytest.mark.slow
def test_going_on_keeps_the_details_from_the_first_step(photo: Picture, style: Picture) -> None:
    before = stylize(photo, style, _TALL, device="cpu").raw
    seen: list[Progress] = []
    after = stylize(
        photo,
        style,
        replace(_TALL, strength=60),
        init_image=before,
        on_progress=seen.append,
        should_stop=lambda: len(seen) >= 3,
        preview_seconds=0,
        preview_size=128,
        device="cpu",
    )
    assert seen[0].width == 64  # the composition first, where it costs little
    old, new = (_details(each).ravel() for each in (before, after.raw))
    assert np.corrcoef(old, new)[0, 1] > 0.8
    assert not np.array_equal(_pixels(after.raw), _pixels(before))
    assert seen[-1].preview is not None
    assert np.array_equal(_pixels(seen[-1].preview), _pixels(after.image))


@pytest.mark.usefixtures("few_steps")
def test_so_many_steps(photo: Picture, style: Picture) -> None:
    small = stylize(photo, style, _DRAFT, device="cpu").raw
    more = stylize(photo, style, _DRAFT, init_image=small, steps=3, device="cpu")
    assert len(more.history) == 3
    assert more.history[-1].fraction == 1


@pytest.mark.usefixtures("few_steps")
def test_a_run_that_was_cut_off_after_its_last_step_says_what_was_done(
    photo: Picture, style: Picture, tmp_path: Path
) -> None:
    before = stylize(photo, style, _DRAFT, device="cpu").raw

    def going_on(watched: _Interrupter) -> Result:
        return stylize(
            photo, style, _DRAFT, init_image=before, steps=1, checkpoint=tmp_path / "state",
            checkpoint_seconds=0, on_progress=watched, device="cpu",
        )  # fmt: skip

    with pytest.raises(Interrupted):
        going_on(_Interrupter(after=1))
    result = going_on(_Interrupter())
    assert result.recipe["steps"] == result.recipe["planned_steps"] == len(result.history) == 1


@pytest.mark.slow
def test_a_checkpoint_is_gone_on_from(photo: Picture, style: Picture, tmp_path: Path) -> None:
    place = tmp_path / "state"
    first = _Interrupter(after=35)
    with pytest.raises(Interrupted):
        stylize(
            photo, style, _TALL, checkpoint=place, checkpoint_seconds=0, on_progress=first,
            device="cpu",
        )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    second = _Interrupter()
    result = stylize(photo, style, _TALL, checkpoint=place, on_progress=second, device="cpu")
    steps = [progress.step for progress in second.seen]
    assert 2 < steps[0] <= 36  # writing may take a fiftieth of the time, so not every step is kept
    assert steps == list(range(steps[0], second.seen[0].steps + 1))
    assert second.seen[-1].fraction == 1
    assert second.seen[0].fraction > first.seen[steps[0] - 2].fraction
    assert result.seconds > first.seen[steps[0] - 2].seconds
    assert not place.exists()
    # The same picture to the eye as one painted in one go: 15 apart if it went on from step 3, less
    # if from later ones, where the photo is 47 apart.
    whole = stylize(photo, style, _TALL, device="cpu").image
    assert np.abs(_pixels(result.image) - _pixels(whole)).mean() < 20


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["other seed", "garbage", "unknown compression", "empty", "other style"]
)
def test_a_checkpoint_of_something_else_is_not_used(
    photo: Picture, style: Picture, tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "state"
    with pytest.raises(Interrupted):
        stylize(
            photo, style, _DRAFT, checkpoint=place, checkpoint_seconds=0,
            on_progress=_Interrupter(after=3), device="cpu",
        )  # fmt: skip
    options = replace(_DRAFT, seed=1) if kind == "other seed" else _DRAFT
    if kind == "garbage":
        data = place.read_bytes()
        place.write_bytes(data[: len(data) // 2] + b"garbage")
    if kind == "unknown compression":  # in the archive's table of contents
        changed = bytearray(place.read_bytes())
        changed[changed.index(b"PK\x01\x02") + 10] = 99
        place.write_bytes(changed)
    if kind == "empty":
        place.write_bytes(b"")
    if kind == "other style":
        style = style.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    watched = _Interrupter()
    stylize(photo, style, options, checkpoint=place, on_progress=watched, device="cpu")
    assert watched.seen[0].step == 1
    assert not place.exists()


@pytest.mark.usefixtures("few_steps")
def test_a_folder_that_is_gone_costs_the_checkpoint_only(
    photo: Picture, style: Picture, tmp_path: Path
) -> None:
    place = tmp_path / "gone" / "state"
    result = stylize(photo, style, _DRAFT, checkpoint=place, checkpoint_seconds=0, device="cpu")
    assert not result.stopped


def test_a_stopped_run_leaves_no_checkpoint(photo: Picture, style: Picture, tmp_path: Path) -> None:
    place = tmp_path / "state"
    stopped = stylize(
        photo, style, _DRAFT, checkpoint=place, checkpoint_seconds=0, should_stop=lambda: True,
        device="cpu",
    )  # fmt: skip
    assert stopped.stopped
    assert not place.exists()
