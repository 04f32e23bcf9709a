"""The loop of evaluations and steps."""

from __future__ import annotations

import logging

import pytest
import torch
from PIL import Image
from torch import Tensor

from nst import LoadedImage, Preset
from nst.encoder import Encoder
from nst.objective import Losses, PictureObjective, Region, style_losses
from nst.optimisation_loop import optimise
from nst.optimisers import LBFGS, Adam
from nst.tensors import to_tensor
from tests.nst.looking import no_looking


class _Bowl:
    """Σ(x − 1)², with a device too small for evaluations in full memory, or for all."""

    def __init__(self, *, fails: frozenset[bool] | set[bool] = frozenset()) -> None:
        self.fails = fails
        self.asked: list[bool] = []

    def value_and_gradient(
        self, picture: Tensor, *, recompute: bool = False
    ) -> tuple[Losses, Tensor]:
        self.asked.append(recompute)
        if recompute in self.fails:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 GiB.")
        error = picture - 1
        value, none = error.square().sum(), torch.zeros(())
        return Losses(value, {"content": value, "style": none}, {"relu1_1": none}), 2 * error


def _picture() -> Tensor:
    return torch.zeros(1, 3, 4, 5).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("kind", ["lbfgs", "adam"])
def test_it_descends_in_place(kind: str) -> None:
    picture = _picture()
    optimiser = LBFGS(picture) if kind == "lbfgs" else Adam(picture, learning_rate=0.1)
    values = [float(losses.total) for losses in optimise(_Bowl(), picture, optimiser, 12)]
    assert len(values) == 12
    assert values[0] == 60
    assert values[-1] < 10
    assert float((picture - 1).square().sum()) < 10


def test_short_of_memory_it_goes_on_lean(caplog: pytest.LogCaptureFixture) -> None:
    plain, picture = _picture(), _picture()
    expected = [float(losses.total) for losses in optimise(_Bowl(), plain, LBFGS(plain), 5)]
    bowl = _Bowl(fails={False})
    with caplog.at_level(logging.WARNING):
        values = [float(losses.total) for losses in optimise(bowl, picture, LBFGS(picture), 5)]
    assert bowl.asked == [False, True, True, True, True, True]
    assert values == expected
    assert torch.equal(picture, plain)
    assert "Memory is short" in caplog.text


def test_too_little_memory_for_either() -> None:
    picture = _picture()
    bowl = _Bowl(fails={False, True})
    with pytest.raises(torch.OutOfMemoryError):
        list(optimise(bowl, picture, LBFGS(picture), 5))
    assert bowl.asked == [False, True]
    assert torch.equal(picture, _picture())


def test_recomputing_from_the_start() -> None:
    picture, bowl = _picture(), _Bowl()
    list(optimise(bowl, picture, LBFGS(picture), 2, recompute=True))
    assert bowl.asked == [True, True]


def test_no_steps() -> None:
    picture, bowl = _picture(), _Bowl()
    assert list(optimise(bowl, picture, LBFGS(picture), 0)) == []
    assert bowl.asked == []


@pytest.mark.slow
@pytest.mark.parametrize("recompute", [False, True], ids=["plain", "recompute"])
@pytest.mark.parametrize("preset", [Preset.STANDARD, Preset.REFERENCE])
def test_no_evaluation_looks_at_a_number(preset: Preset, recompute: bool, encoder: Encoder) -> None:
    method, device = preset.method, encoder.device
    noise = Image.effect_noise((64, 48), 64).convert("RGB")
    style = LoadedImage(colour=noise, alpha=None, sha256="noise")
    weights = method.style_layer_weights
    losses_of = style_losses(encoder, style, noise.size, tuple(weights), method.style_loss)
    mask = torch.linspace(0, 1, 64).expand(1, 1, 48, 64)
    regions = [Region(losses_of, mask, 0.5), Region(losses_of, 1 - mask, 0.5)]
    content = to_tensor(noise, 64, 48, device)
    objective = PictureObjective(encoder, content, regions, weights, method, 1.0)
    picture = (content * 0.9).contiguous(memory_format=torch.channels_last)
    steps = optimise(objective, picture, LBFGS(picture), 3, recompute=recompute)
    with no_looking():
        losses = list(steps)
    assert float(losses[-1].total) < float(losses[0].total)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_captured_evaluation_is_the_evaluation(steps: int) -> None:
    here, there = _picture(), _picture().to("cuda")
    expected = [float(losses.total) for losses in optimise(_Bowl(), here, LBFGS(here), steps)]

    class There(_Bowl):
        def value_and_gradient(
            self, picture: Tensor, *, recompute: bool = False
        ) -> tuple[Losses, Tensor]:
            losses, gradient = super().value_and_gradient(picture, recompute=recompute)
            none = torch.zeros((), device="cuda")
            terms = {"content": losses.total, "style": none}
            return Losses(losses.total, terms, {"relu1_1": none}), gradient

    bowl = There()
    found = [float(losses.total) for losses in optimise(bowl, there, LBFGS(there), steps)]
    assert found == pytest.approx(expected, rel=1e-4)
    assert len(bowl.asked) == min(steps, 3)  # two as they are, one to capture
    torch.testing.assert_close(there.cpu(), here, rtol=1e-4, atol=1e-5)
