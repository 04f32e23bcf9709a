"""Is this machine fit to paint, and how long will it take?"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Iterator
from typing import Final

import torch
from PIL import Image

from nst.devices import describe, fast_dtype, pick_device
from nst.formats import readable_formats
from nst.images import LoadedImage
from nst.meters import duration
from nst.objective import PictureObjective, Region, StyleTargets
from nst.options import Options, Preset
from nst.presets import METHODS, Method
from nst.pyramid import schedule
from nst.recipe import package_version
from nst.tensors import to_tensor
from nst.vgg import VGG19

# The size at which one evaluation is timed: a 4:3 photo at 256 px.
_WIDTH: Final = 256
_HEIGHT: Final = 192
_TIMED_RUNS: Final = 3


def examine(device_name: str = "auto") -> Iterator[tuple[str, str]]:
    """Look at everything a style transfer needs; yields pairs of a subject and what was found.

    Raises:
        DeviceError: there is no such device.
        WeightsError: the packaged VGG19 weights are missing or damaged.
    """
    yield "nst", f"{package_version('stylize-bot')}, Python {platform.python_version()}"
    names = ("torch", "torchvision", "pillow", "pillow-heif", "numpy")
    yield "versions", ", ".join(f"{name} {package_version(name)}" for name in names)
    heic = "with" if "HEIF" in readable_formats() else "without (pillow-heif is missing)"
    yield "formats", f"{len(readable_formats())} picture formats, {heic} HEIC"

    device = pick_device(device_name)
    fast = fast_dtype(device)
    yield "device", f"{describe(device)}, {_name(fast)}"
    vgg = VGG19(Options().weights, device, fast)
    yield "weights", f"{vgg.weights_source}, sha256 {vgg.weights_sha256[:12]}… as expected"

    seconds = {fast: _seconds_per_evaluation(vgg, METHODS[Preset.STANDARD])}
    if fast != torch.float32:
        exact = VGG19(Options().weights, device, torch.float32)
        seconds[torch.float32] = _seconds_per_evaluation(exact, METHODS[Preset.STANDARD])
    times = ", ".join(f"{value:.3f} s in {_name(dtype)}" for dtype, value in seconds.items())
    yield "one evaluation", f"{times} at {_WIDTH}×{_HEIGHT}"

    for preset, method in METHODS.items():
        pace = seconds[torch.float32 if method.exact else fast] / (_WIDTH * _HEIGHT)
        estimates = (f"{duration(pace * _work(method, side))} at {side} px" for side in (256, 512))
        yield f"preset {preset}", "about " + ", ".join(estimates)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _work(method: Method, side: int) -> int:
    """Pixels × steps of a 4:3 photo with that longest side."""
    return sum(scale.cost for scale in schedule(side, side * 3 // 4, method.steps))


def _seconds_per_evaluation(vgg: VGG19, method: Method) -> float:
    """One forward and backward pass with the losses of `method`; the median of a few."""
    photo = Image.effect_noise((_WIDTH, _HEIGHT), 64).convert("RGB")
    loaded = LoadedImage(colour=photo, alpha=None, sha256="")
    weights = method.style_layers_at(_WIDTH)
    targets = StyleTargets(capacity=1).get(
        vgg, loaded, photo.size, tuple(weights), method.objective
    )
    content = to_tensor(photo, _WIDTH, _HEIGHT, vgg.device)
    objective = PictureObjective(
        vgg, content, [Region(targets)], weights, method, content_factor=1.0
    )
    picture = (content * 0.9).requires_grad_()
    times = []
    for _ in range(_TIMED_RUNS + 1):
        start = time.perf_counter()
        (gradient,) = torch.autograd.grad(objective(picture).total, picture)
        float(gradient.sum())  # a GPU has finished only when its result is here
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])  # the first one also chooses algorithms
