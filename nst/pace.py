"""How fast this machine paints, from a short measurement."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from PIL import Image

from nst.descent import descend
from nst.images import LoadedImage
from nst.objective import PictureObjective, Region, StyleTargets
from nst.optimisers import LBFGS, history_for
from nst.presets import Method
from nst.pyramid import Scale
from nst.tensors import to_tensor
from nst.vgg import VGG19

# Two sizes, far enough apart to tell what a step costs anyway from what each pixel adds.
_SIZES: Final = {"cpu": ((64, 48), (320, 240)), "cuda": ((256, 192), (1024, 768))}
_STEPS: Final = 5
# Lean evaluations compute nearly everything on the way up a second time.
_LEAN: Final = 4 / 3
# A new scale computes the targets, which is about one evaluation where the style image is not
# larger than the picture; each of its pixels beyond that costs a part of one of the picture's.
_NEW_SCALE: Final = 1
_STYLE_PIXEL: Final = 0.4


@dataclass(frozen=True, slots=True)
class Pace:
    """The time of one step.

    Attributes:
        fixed: seconds, whatever the size.
        per_pixel: seconds that each pixel adds.
    """

    fixed: float
    per_pixel: float

    def step(self, pixels: int, *, lean: bool = False) -> float:
        """Seconds for one step at a size."""
        return self.fixed + self.per_pixel * pixels * (_LEAN if lean else 1)

    def scale(self, scale: Scale, *, style_pixels: int = 0, lean: bool = False) -> float:
        """Seconds for all steps of a scale, its targets included.

        Args:
            scale: of the picture.
            style_pixels: of all style images at this scale.
            lean: evaluations are lean.
        """
        if not scale.steps:
            return 0.0
        pixels = scale.width * scale.height
        more = max(0, style_pixels - pixels) * self.per_pixel * _STYLE_PIXEL
        return (scale.steps + _NEW_SCALE) * self.step(pixels, lean=lean) + more


def measure_pace(vgg: VGG19, method: Method) -> Pace:
    """Paint some steps at two sizes; takes a second or two."""
    (small, brief), (large, long) = (
        (width * height, seconds_per_step(vgg, method, width, height))
        for width, height in _SIZES[vgg.device.type]
    )
    per_pixel = max(0.0, long - brief) / (large - small)
    return Pace(fixed=max(0.0, brief - per_pixel * small), per_pixel=per_pixel)


def seconds_per_step(vgg: VGG19, method: Method, width: int, height: int) -> float:
    """The median of some steps after the first, which chooses algorithms and takes memory.

    Args:
        vgg: the network.
        method: whose objective; always with L-BFGS.
        width: of a picture of noise, pixels.
        height: of the same.
    """
    noise = Image.effect_noise((width, height), 64).convert("RGB")
    loaded = LoadedImage(colour=noise, alpha=None, sha256="")
    # All style layers: what a large picture costs.
    weights = method.style_layer_weights
    targets = StyleTargets().get(vgg, loaded, noise.size, tuple(weights), method.objective)
    content = to_tensor(noise, width, height, vgg.device)
    objective = PictureObjective(
        vgg, content, [Region(targets)], weights, method, content_factor=1.0
    )
    picture = (content * 0.9).contiguous(memory_format=torch.channels_last)
    optimiser = LBFGS(picture, history=history_for(width * height, _STEPS))
    moments = []
    for losses in descend(objective, picture, optimiser, _STEPS):
        float(losses.total)  # a GPU has finished only when its result is here
        moments.append(time.perf_counter())
    return statistics.median(later - earlier for earlier, later in pairwise(moments))
