"""Is this machine fit to paint, and how long will it take?"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import Final

import torch

from nst.devices import describe, fast_dtype, pick_device
from nst.formats import readable_formats
from nst.meters import duration
from nst.options import Options, Preset
from nst.pace import Pace, measure_pace
from nst.presets import METHODS, Method
from nst.pyramid import schedule
from nst.recipe import package_version
from nst.vgg import VGG19

# The size whose time is told: a 4:3 photo at 256 px.
_WIDTH: Final = 256
_HEIGHT: Final = 192


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

    standard = METHODS[Preset.STANDARD]
    paces = {fast: measure_pace(vgg, standard)}
    if fast != torch.float32:
        exact = VGG19(Options().weights, device, torch.float32)
        paces[torch.float32] = measure_pace(exact, standard)
    times = ", ".join(
        f"{pace.step(_WIDTH * _HEIGHT):.3f} s in {_name(dtype)}" for dtype, pace in paces.items()
    )
    yield "one step", f"{times} at {_WIDTH}×{_HEIGHT}"

    for preset, method in METHODS.items():
        pace = paces[torch.float32 if method.exact else fast]
        estimates = (
            f"{duration(_seconds(pace, method, side))} at {side} px" for side in (256, 512)
        )
        yield f"preset {preset}", "about " + ", ".join(estimates)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _seconds(pace: Pace, method: Method, side: int) -> float:
    """For a 4:3 photo with that longest side."""
    return sum(pace.scale(scale) for scale in schedule(side, side * 3 // 4, method.steps))
