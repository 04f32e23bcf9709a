"""Sizes and steps from coarse to fine."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst.errors import OptionsError
from nst.options import MAX_SIZE, MIN_SIZE, Preset
from nst.pyramid import MIN_SIDE, continued, fit, schedule, smallest_size, steps_at

_STEPS = ((64, 60), (128, 50), (256, 40), (512, 20))
sides = st.integers(MIN_SIDE, 6000)
sizes = st.integers(MIN_SIZE, MAX_SIZE)


@given(sides, sides, sizes)
def test_fit_keeps_the_shape(width: int, height: int, size: int) -> None:
    needed = smallest_size(width, height)
    if size < needed:
        try:
            fitted = fit(width, height, size)
        except OptionsError as error:
            assert str(needed) in str(error)
            return
        assert min(fitted) == MIN_SIDE  # rounding was on our side
        return
    fitted = fit(width, height, size)
    assert max(fitted) == size
    assert min(fitted) >= MIN_SIDE
    factor = size / max(width, height)
    assert abs(fitted[0] - width * factor) <= 0.5
    assert abs(fitted[1] - height * factor) <= 0.5


@given(sides, sides)
def test_smallest_size_is_enough(width: int, height: int) -> None:
    assert min(fit(width, height, smallest_size(width, height))) >= MIN_SIDE


def test_too_narrow_names_the_size_that_would_do() -> None:
    with pytest.raises(OptionsError, match=r"2000×100 px is too narrow at size 256.*at least 320"):
        fit(2000, 100, 256)
    assert fit(2000, 100, 320) == (320, 16)
    assert fit(100, 2000, 320) == (16, 320)


@given(st.integers(MIN_SIDE, MAX_SIZE), st.integers(MIN_SIZE, MAX_SIZE), st.booleans())
def test_schedule_ends_at_the_full_size(short: int, long: int, upright: bool) -> None:
    short = min(short, long)
    size = (short, long) if upright else (long, short)
    scales = schedule(*size, _STEPS)
    assert (scales[-1].width, scales[-1].height) == size
    assert all(min(scale.width, scale.height) >= MIN_SIDE for scale in scales)
    assert all(scale.steps == steps_at(max(scale.width, scale.height), _STEPS) for scale in scales)
    for coarse, fine in pairwise(scales):
        assert max(coarse.width, coarse.height) == max(fine.width, fine.height) // 2
    coarsest = max(scales[0].width, scales[0].height)
    assert len(scales) == 1 or coarsest >= 48
    assert coarsest < 96 + 1


def test_a_single_pair_means_one_scale() -> None:
    (scale,) = schedule(512, 384, ((256, 3000),))
    assert (scale.width, scale.height, scale.steps) == (512, 384, 3000)


@given(st.integers(1, 8192))
def test_steps_lie_between_their_neighbours(side: int) -> None:
    found = steps_at(side, _STEPS)
    assert 20 <= found <= 60
    assert steps_at(side + 1, _STEPS) <= found


def test_steps_at_the_named_sizes() -> None:
    for side, steps in _STEPS:
        assert steps_at(side, _STEPS) == steps
    assert steps_at(181, _STEPS) == 45
    assert steps_at(32, _STEPS) == 60
    assert steps_at(4096, _STEPS) == 20


@pytest.mark.parametrize("preset", [Preset.DRAFT, Preset.STANDARD, Preset.FINE])
@given(side=st.integers(48, MAX_SIZE))
def test_every_scale_has_style_layers_of_the_same_weight(preset: Preset, side: int) -> None:
    method = preset.method
    weights = method.style_layers_at(side)
    assert "relu1_1" in weights
    assert sum(weights.values()) == pytest.approx(sum(method.style_layer_weights.values()))
    wider = method.style_layers_at(2 * side)
    assert set(weights) <= set(wider)


@pytest.mark.parametrize("preset", [Preset.DRAFT, Preset.STANDARD, Preset.FINE])
@given(side=st.integers(48, MAX_SIZE))
def test_no_layer_is_computed_for_next_to_nothing(preset: Preset, side: int) -> None:
    method = preset.method
    counted, whole = method.style_layers_at(side), method.style_layer_weights
    assert all(weight > 0.09 * whole[layer] for layer, weight in counted.items())
    before = method.as_of(5).style_layers_at(side)
    lost = 1 - sum(before[layer] for layer in counted) / sum(before.values())
    assert lost < 0.01
    assert "relu5_1" not in method.style_layers_at(512)
    assert "relu5_1" in method.as_of(5).style_layers_at(512)


@given(side=st.integers(48, MAX_SIZE), shapes=st.floats(1, 4))
def test_layers_of_larger_shapes_count_on_smaller_scales(side: int, shapes: float) -> None:
    usual = Preset.STANDARD.method
    smaller, larger = (replace(usual, shapes=each).style_layers_at(side) for each in (1, shapes))
    assert set(smaller) <= set(larger)
    assert sum(larger.values()) == pytest.approx(sum(smaller.values()))


@pytest.mark.parametrize("shapes", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_the_larger_the_shapes_the_more_deep_layers_weigh(shapes: float) -> None:
    usual = Preset.STANDARD.method
    plain = usual.style_layers_at(MAX_SIZE)
    weights = replace(usual, shapes=shapes).style_layers_at(MAX_SIZE)
    layers = sorted(plain, key=usual.network.receptive_field)
    wider = usual.network.receptive_field(layers[-1]) / usual.network.receptive_field(layers[0])
    factors = [weights[layer] / plain[layer] for layer in layers]
    assert factors == (sorted(factors, reverse=shapes < 1) if shapes != 1 else [1.0] * len(layers))
    assert factors[-1] / factors[0] == pytest.approx(wider ** (math.log2(shapes) / 2))


@pytest.mark.parametrize("size", [128, 256, 512, 1024, 2048, 4096])
@pytest.mark.parametrize("preset", Preset)
def test_going_on_costs_less_than_half(preset: Preset, size: int) -> None:
    method = preset.method
    whole = schedule(size, size * 3 // 4, method.steps)
    left = continued(whole, size, method.continued)
    assert [scale.width for scale in left] == [scale.width for scale in whole]
    assert 0 < sum(scale.cost for scale in left) < 0.5 * sum(scale.cost for scale in whole)


def test_a_smaller_picture_is_gone_on_from_at_the_larger_scales() -> None:
    whole = schedule(512, 384, _STEPS)
    assert continued(whole, 256, (0.5,)) == [whole[-1]]
    assert continued(whole, 255, (0.5,)) == whole[-2:]
