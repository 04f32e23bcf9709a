"""Several versions of a picture: together, one after another, stopped, cut off, short of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import nst
from nst import Init, Options, Preset, Progress, StyleImage, Version, setup
from nst.encoder import Encoder
from nst.memory import bytes_needed
from nst.setup import Setup, Sizes
from tests.nst.conftest import shorten

_DRAFT = Options(preset=Preset.DRAFT, size=64)
_VARIED = [
    replace(_DRAFT, seed=1),
    replace(_DRAFT, seed=2, init=Init.NOISE, strength=20),
    replace(_DRAFT, seed=3, init=Init.STYLE),
    replace(_DRAFT, seed=4, style_scale=1.5, strength=90),
]
# Levels on average that it makes after a few steps, at most; each step enlarges it. Two of the
# pictures above are more than twenty times as far apart.
_ROUNDING = 0.5
Picture = Image.Image
Steps = Mapping[int, Progress]


def _gaps(some: list[nst.Result], others: list[nst.Result]) -> list[float]:
    """Return the mean difference of each pair, levels."""
    return [
        float(np.abs(one.numpy().astype(int) - other.numpy()).mean())
        for one, other in zip(some, others, strict=True)
    ]


def _alone(
    photo: Picture, style: Picture, versions: list[Options], **more: Any
) -> list[nst.Result]:
    return [nst.stylize(photo, style, each, device="cpu", **more) for each in versions]


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every machine compute in float32."""
    monkeypatch.setattr(setup, "fast_dtype", lambda _device: torch.float32)


@pytest.mark.slow
@pytest.mark.usefixtures("exact")
def test_each_is_what_it_would_be_alone(
    photo: Picture, style: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, 3)
    versions = [replace(each, size=96) for each in _VARIED]
    seen: list[Steps] = []
    together = list(
        nst.stylize_versions(
            photo, style, versions, on_progress=seen.append, at_once=4, device="cpu"
        )
    )
    alone = _alone(photo, style, versions)
    assert max(_gaps(together, alone)) < _ROUNDING
    assert min(_gaps(together[:-1], together[1:])) > 20 * _ROUNDING
    for one, other in zip(together, alone, strict=True):
        assert one.recipe["options"] == other.recipe["options"]
        assert len(one.history) == len(other.history)
        for step, its_step in zip(one.history[:3], other.history, strict=False):
            assert step.total_loss == pytest.approx(its_step.total_loss, rel=1e-4)
        (first, *_), (its_first, *_) = one.history, other.history
        assert first.losses == pytest.approx(its_first.losses, rel=1e-4)
        layers = its_first.style_layer_losses
        assert first.style_layer_losses == pytest.approx(layers, rel=1e-4)
    assert [list(steps) for steps in seen] == [[0, 1, 2, 3]] * 6
    assert [steps[2].step for steps in seen] == list(range(1, 7))


@pytest.mark.slow
@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize(
    ("preset", "steps", "most"), [(Preset.DRAFT, 30, 8), (Preset.REFERENCE, 12, 0.5)]
)
def test_whole_pictures_stay_near_to_those_alone(
    preset: Preset, steps: int, most: float, photo: Picture, style: Picture
) -> None:
    """Rounding grows with the steps: as much as by another number of threads."""
    versions = [replace(each, preset=preset) for each in _VARIED[1:3]]
    seen: list[Steps] = []
    stop: dict[str, Any] = {
        "on_progress": seen.append,
        "should_stop": lambda: len(seen) % steps == 0,
    }
    together = list(nst.stylize_versions(photo, style, versions, at_once=2, device="cpu", **stop))
    alone = [
        next(nst.stylize_versions(photo, style, [each], device="cpu", **stop)) for each in versions
    ]
    assert max(_gaps(together, alone)) < most


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_one_after_another_they_are_the_same_to_the_bit(photo: Picture, style: Picture) -> None:
    versions = _VARIED[:2]
    found = list(nst.stylize_versions(photo, style, versions, device="cpu"))
    assert _gaps(found, _alone(photo, style, versions)) == [0, 0]


@pytest.mark.slow
@pytest.mark.usefixtures("exact", "few_steps")
def test_regions_masks_and_styles_of_their_own(photo: Picture, style: Picture) -> None:
    left = Image.new("L", photo.size)
    left.paste(255, (0, 0, 50, photo.height))
    turned = style.transpose(Image.Transpose.ROTATE_90)
    mixed = [StyleImage(style, mask=left), StyleImage(turned, 2.0)]
    versions = [
        Version(options=_DRAFT),
        Version(options=_DRAFT, style_image=mixed),
        Version(options=replace(_DRAFT, colours=nst.Colours.HISTOGRAM), style_image=turned),
    ]
    more: dict[str, Any] = {"mask": left, "device": "cpu"}
    together = list(nst.stylize_versions(photo, style, versions, at_once=3, **more))
    alone = [
        nst.stylize(photo, each.style_image or style, each.options, **more) for each in versions
    ]
    assert max(_gaps(together, alone)) < _ROUNDING
    assert min(_gaps(together[:-1], together[1:])) > 1


@pytest.mark.slow
@pytest.mark.usefixtures("exact", "few_steps")
def test_earlier_pictures_are_continued_together(photo: Picture, style: Picture) -> None:
    raw = nst.stylize(photo, style, _DRAFT, device="cpu").raw
    versions = [replace(_DRAFT, strength=strength) for strength in (20, 80)]
    more: dict[str, Any] = {"init_image": raw, "size": 96}
    together = list(nst.stylize_versions(photo, style, versions, at_once=2, device="cpu", **more))
    assert max(_gaps(together, _alone(photo, style, versions, **more))) < _ROUNDING


@pytest.mark.usefixtures("few_steps")
def test_sizes_that_differ_go_in_groups_of_their_own(photo: Picture, style: Picture) -> None:
    versions = [_DRAFT, replace(_DRAFT, seed=1), replace(_DRAFT, size=80), _DRAFT]
    seen: list[Steps] = []
    results = nst.stylize_versions(
        photo, style, versions, on_progress=seen.append, at_once=4, device="cpu"
    )
    assert [max(each.image.size) for each in results] == [64, 64, 80, 64]
    groups = [tuple(steps) for steps in seen]
    assert list(dict.fromkeys(groups)) == [(0, 1), (2,), (3,)]


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize(("at_once", "kept"), [(4, 4), (2, 2), (None, 1)])
def test_a_stop_keeps_those_that_were_begun(
    at_once: int | None, kept: int, photo: Picture, style: Picture
) -> None:
    seen: list[Steps] = []
    results = list(
        nst.stylize_versions(
            photo,
            style,
            _VARIED,
            on_progress=seen.append,
            should_stop=lambda: len(seen) >= 2,
            preview_seconds=0,
            preview_size=32,
            at_once=at_once,
            device="cpu",
        )
    )
    assert [len(each.history) for each in results] == [2] * kept
    assert all(each.stopped and each.recipe["stopped_early"] for each in results)
    previews = [seen[-1][number].preview for number in range(kept)]
    assert [preview and preview.width for preview in previews] == [32] * kept
    assert len({preview and preview.tobytes() for preview in previews}) == kept


@pytest.mark.usefixtures("few_steps")
def test_results_come_when_they_are_done(photo: Picture, style: Picture) -> None:
    seen: list[Steps] = []
    results = nst.stylize_versions(
        photo, style, _VARIED, on_progress=seen.append, at_once=2, device="cpu"
    )
    assert seen == []
    next(results)
    next(results)
    assert {tuple(steps) for steps in seen} == {(0, 1)}
    assert len(list(results)) == 2


class _Small:
    """A device that has memory for so many pictures at a time; notes how many were painted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: Callable[[], int]) -> None:
        self.pictures: list[int] = []
        evaluate = Encoder.backpropagate

        def limited(encoder: Encoder, image: torch.Tensor, *given: Any, **more: Any) -> Any:
            if image.shape[0] > most():
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 GiB.")
            self.pictures.append(image.shape[0])
            return evaluate(encoder, image, *given, **more)

        monkeypatch.setattr(Encoder, "backpropagate", limited)


@pytest.mark.slow
@pytest.mark.usefixtures("exact", "few_steps")
@pytest.mark.parametrize("begun", [0, 3], ids=["at once", "on the way"])
def test_where_memory_runs_out_fewer_are_painted_at_a_time(
    begun: int, photo: Picture, style: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = _alone(photo, style, _VARIED)
    small = _Small(monkeypatch, lambda: 4 if len(small.pictures) < begun else 2)
    results = list(nst.stylize_versions(photo, style, _VARIED, at_once=4, device="cpu"))
    assert small.pictures == [4] * begun + [2] * (2 * (5 - begun))
    assert [len(each.history) for each in results] == [5] * 4
    assert [each.notes for each in results] == [()] * 4
    # L-BFGS begins anew in the smaller groups.
    assert max(_gaps(results, alone)) < (15 if begun else _ROUNDING)


def test_too_little_memory_for_any(
    photo: Picture, style: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Small(monkeypatch, lambda: 0)
    results = nst.stylize_versions(photo, style, _VARIED, at_once=4, device="cpu")
    with pytest.raises(nst.DeviceError, match=r"this size \(64 px\)"):
        next(results)


class Interrupted(Exception):
    pass


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("in_step", [True, False])
def test_versions_that_were_cut_off_are_gone_on_with(
    in_step: bool, photo: Picture, style: Picture, tmp_path: Path
) -> None:
    versions = [
        Version(options=options, checkpoint=tmp_path / str(number))
        for number, options in enumerate(_VARIED)
    ]
    more: dict[str, Any] = {"checkpoint_seconds": 0, "at_once": 4, "device": "cpu"}

    def interrupt(steps: Steps) -> None:
        if steps[0].step == 1 and not in_step:
            (tmp_path / "1").rename(tmp_path / "kept")
        if steps[0].step == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        list(nst.stylize_versions(photo, style, versions, on_progress=interrupt, **more))
    if not in_step:
        (tmp_path / "kept").replace(tmp_path / "1")
    seen: list[Steps] = []
    results = list(nst.stylize_versions(photo, style, versions, on_progress=seen.append, **more))
    assert list(tmp_path.iterdir()) == []
    assert [each.history[-1].step for each in results] == [5] * 4
    assert [each.recipe["options"]["seed"] for each in results] == [1, 2, 3, 4]
    began = {number: steps[number].step for steps in reversed(seen) for number in steps}
    assert began[0] > 1
    # Writing may take a fiftieth of the time, so which of the later steps was kept depends on that.
    assert began[1] > 1 if in_step else began[1] <= began[0]


def test_how_many_are_painted_at_once() -> None:
    here = Setup.of(Sizes(content=(640, 480)), Options(size=512), "cpu")
    assert here.at_once(4) == 1
    one = bytes_needed(512 * 384, here.dtype, steps=here.scales[-1].steps, recompute=False)

    def most(pictures: float) -> int:
        free = int(pictures * one / 0.9) + 100
        there = replace(here, device=torch.device("cuda"), measure=lambda _device: free)
        return there.at_once(4)

    assert [most(pictures) for pictures in (9, 4, 3.9, 2, 1, 0.1)] == [4, 4, 2, 2, 1, 1]


def test_what_is_wrong_is_said_at_once(photo: Picture, style: Picture) -> None:
    with pytest.raises(TypeError, match="brush"):
        nst.stylize_versions(photo, style, [_DRAFT], brush=1)
    with pytest.raises(nst.ImageError, match="blank"):
        blank = Version(options=_DRAFT, style_image=Image.new("RGB", (64, 64), "red"))
        nst.stylize_versions(photo, style, [_DRAFT, blank])
    with pytest.raises(nst.DeviceError):
        nst.stylize_versions(photo, style, [_DRAFT], device="cuda:99")
    assert list(nst.stylize_versions(photo, style, [])) == []


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("preset", [Preset.STANDARD, Preset.REFERENCE])
def test_a_gpu_paints_them_together(preset: Preset, photo: Picture, style: Picture) -> None:
    versions = [replace(each, preset=preset, size=128) for each in _VARIED]
    seen: list[Steps] = []
    stop: dict[str, Any] = {"on_progress": seen.append, "should_stop": lambda: len(seen) % 20 == 0}
    together = list(nst.stylize_versions(photo, style, versions, **stop))
    assert {tuple(steps) for steps in seen} == {(0, 1, 2, 3)}
    alone = [next(nst.stylize_versions(photo, style, [each], **stop)) for each in versions]
    assert max(_gaps(together, alone)) < 4
