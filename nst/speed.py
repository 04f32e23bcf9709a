"""How fast this machine paints, from a short measurement."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from PIL import Image

from nst.encoder import Encoder
from nst.images import LoadedImage
from nst.method import Method
from nst.objective import PictureObjective
from nst.optimisation_loop import optimise
from nst.optimisers import LBFGS, history_for
from nst.pyramid import Scale
from nst.setup import Setup
from nst.tensors import to_tensor

# Two sizes, far enough apart to tell what a step costs anyway from what each pixel adds.
_CPU_SIZES: Final = (64, 48), (320, 240)
_GPU_SIZES: Final = (256, 192), (1024, 768)
_STEPS: Final = 5
# Evaluations in less memory compute nearly everything on the way up a second time.
_RECOMPUTE: Final = 4 / 3
# A new scale computes the targets, which is about one evaluation where the style image is not
# larger than the picture; each of its pixels beyond that costs a part of one of the picture's.
_NEW_SCALE: Final = 1
_STYLE_PIXEL: Final = 0.4
# Shares of the time that a mask adds, and each region beyond the first (benchmarks/README.md).
_MASK: Final = 0.25
_REGION: Final = 0.4


@dataclass(frozen=True, slots=True)
class Speed:
    """The time of one step.

    Attributes:
        fixed: seconds, whatever the size.
        per_pixel: seconds that each pixel adds.
    """

    fixed: float
    per_pixel: float

    def step(self, pixels: int, *, recompute: bool = False) -> float:
        """Return the seconds of one step at a size."""
        return self.fixed + self.per_pixel * pixels * (_RECOMPUTE if recompute else 1)

    def scale(self, scale: Scale, *, style_pixels: int = 0, recompute: bool = False) -> float:
        """Return the seconds of all steps of a scale, its targets included.

        Args:
            scale: of the picture.
            style_pixels: of all style images at this scale.
            recompute: it is evaluated in less memory.
        """
        if not scale.steps:
            return 0.0
        pixels = scale.width * scale.height
        more = max(0, style_pixels - pixels) * self.per_pixel * _STYLE_PIXEL
        return (scale.steps + _NEW_SCALE) * self.step(pixels, recompute=recompute) + more

    def total(self, setup: Setup) -> float:
        """Return the seconds of a whole picture, from the start to the result."""
        sizes = setup.sizes
        longer = 1 + _MASK * sizes.masked + _REGION * (sizes.regions - 1)
        return longer * sum(
            self.scale(
                scale,
                style_pixels=sum(setup.style_pixels(scale)),
                recompute=setup.must_recompute(scale),
            )
            for scale in setup.scales
        )


def measure_speed(encoder: Encoder, method: Method) -> Speed:
    """Paint some steps at two sizes; takes a second or two."""
    (small, brief), (large, long) = (
        (width * height, seconds_per_step(encoder, method, width, height))
        for width, height in (_CPU_SIZES if encoder.device.type == "cpu" else _GPU_SIZES)
    )
    per_pixel = max(0.0, long - brief) / (large - small)
    return Speed(fixed=max(0.0, brief - per_pixel * small), per_pixel=per_pixel)


def seconds_per_step(encoder: Encoder, method: Method, width: int, height: int) -> float:
    """Time some steps and return the median of those after the first.

    The first one chooses algorithms and takes memory.

    Args:
        encoder: the network.
        method: whose objective, with all its style layers as for a large picture; always with
            L-BFGS.
        width: of a picture of noise, pixels.
        height: of the same.
    """
    noise = Image.effect_noise((width, height), 64).convert("RGB")
    content = to_tensor(noise, width, height, encoder.device)
    style = LoadedImage(colour=noise, alpha=None, sha256="")
    objective = PictureObjective.of_one_style(encoder, content, style, method)
    picture = (content * 0.9).contiguous(memory_format=torch.channels_last)
    optimiser = LBFGS(picture, history=history_for(width * height, _STEPS))
    moments = []
    for losses in optimise(objective, picture, optimiser, _STEPS):
        float(losses.total)  # a GPU has finished only when its result is here
        moments.append(time.perf_counter())
    return statistics.median(later - earlier for earlier, later in pairwise(moments))
