"""The `reference` preset against the recipe calculated a second time from its formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from nst import Options, Preset, Progress, stylize
from tests.nst import plain

_STEPS = 8
_STYLE_WEIGHTS = {"1_1": 1.0, "2_1": 0.75, "3_1": 0.2, "4_1": 0.2, "5_1": 0.2}


def _reference(photo: Image.Image, style: Image.Image) -> tuple[list[list[float]], np.ndarray]:
    """(total, content, style) before each step, and the picture after the last one."""
    content = plain.normalised(photo, 64)
    wanted = plain.features(content)["4_2"]
    painted = plain.features(plain.normalised(style, 64))
    grams = {name: plain.gram(painted[name]) for name in _STYLE_WEIGHTS}
    picture = content.clone().requires_grad_()
    adam = torch.optim.Adam([picture], lr=0.003)
    history = []
    for _ in range(_STEPS):
        maps = plain.features(picture)
        content_loss = ((maps["4_2"] - wanted) ** 2).mean()
        style_loss = torch.zeros(())
        for name, weight in _STYLE_WEIGHTS.items():
            _, channels, height, width = maps[name].shape
            error = ((plain.gram(maps[name]) - grams[name]) ** 2).mean()
            style_loss = style_loss + weight * error / (channels * height * width)
        total = content_loss + 1e5 * style_loss
        history.append([total.item(), content_loss.item(), 1e5 * style_loss.item()])
        (picture.grad,) = torch.autograd.grad(total, picture)
        adam.step()
    return history, plain.as_pixels(picture)


@pytest.mark.slow
@pytest.mark.parametrize("narrow", [False, True], ids=["as it is", "upright"])
def test_reference_follows_the_published_recipe(
    photo: Image.Image, style: Image.Image, narrow: bool
) -> None:
    if narrow:
        photo = photo.transpose(Image.Transpose.ROTATE_90)
    reports: list[Progress] = []
    result = stylize(
        photo,
        style,
        Options(preset=Preset.REFERENCE, size=64),
        on_progress=reports.append,
        should_stop=lambda: len(reports) == _STEPS,
        device="cpu",
    )
    history, pixels = _reference(photo, style)
    ours = [[p.total_loss, p.content_loss, p.style_loss] for p in reports]
    np.testing.assert_allclose(ours, history, rtol=1e-4, atol=1e-8)
    difference = np.abs(np.asarray(result.image, dtype=int) - pixels.astype(int))
    assert difference.max() <= 1
    assert difference.mean() < 0.01
    assert reports[0].content_loss == 0.0  # it starts from the photo
    assert reports[0].steps == 3000
