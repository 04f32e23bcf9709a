"""Is this machine fit to paint, and how long will it take?"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import Final

import torch

from nst.cli.progress_bar import duration
from nst.devices import describe, pick_device
from nst.encoder import Encoder
from nst.formats import readable_formats
from nst.options import Options, Preset
from nst.recipe import package_version
from nst.setup import Setup, Sizes
from nst.speed import Speed, measure_speed

# The size whose time is told: a 4:3 photo at 256 px.
_WIDTH: Final = 256
_HEIGHT: Final = 192
_SIDES: Final = (256, 512)


def examine(device_name: str = "auto") -> Iterator[tuple[str, str]]:
    """Look at everything a style transfer needs; yield pairs of a subject and what was found.

    Raises:
        DeviceError: there is no such device.
        WeightsError: the packaged weights of the network are missing or damaged.
    """
    yield "nst", f"{package_version('stylize-bot')}, Python {platform.python_version()}"
    names = ("torch", "torchvision", "pillow", "pillow-heif", "numpy")
    yield "versions", ", ".join(f"{name} {package_version(name)}" for name in names)
    heic = "with" if "HEIF" in readable_formats() else "without (pillow-heif is missing)"
    yield "formats", f"{len(readable_formats())} picture formats, {heic} HEIC"

    device, sizes = pick_device(device_name), Sizes(content=(_WIDTH, _HEIGHT))
    setups = {
        (preset, side): Setup.of(sizes, Options(preset=preset, size=side), device_name)
        for preset in Preset
        for side in _SIDES
    }
    usual = setups[Options().preset, _SIDES[0]]
    yield "device", f"{describe(device)}, {_name(usual.dtype)}"
    encoder = usual.encoder()
    yield "weights", f"{encoder.weights_source}, sha256 {encoder.weights_sha256[:12]}… as expected"

    speeds: dict[Encoder, Speed] = {}
    for setup in setups.values():
        if setup.encoder() not in speeds:
            speeds[setup.encoder()] = measure_speed(setup.encoder(), setup.method)
    pixels = _WIDTH * _HEIGHT
    times = ", ".join(
        f"{speed.step(pixels):.3f} s in {_name(each.dtype)}" for each, speed in speeds.items()
    )
    yield "one step", f"{times} at {_WIDTH}×{_HEIGHT}"
    for preset in Preset:
        told = (
            f"{duration(speeds[setup.encoder()].total(setup))} at {side} px"
            for (of, side), setup in setups.items()
            if of is preset
        )
        yield f"preset {preset}", "about " + ", ".join(told)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
