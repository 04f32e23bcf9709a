"""What a picture will cost, before it is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch

from nst.devices import fast_dtype, pick_device
from nst.memory import (
    bytes_for_style,
    bytes_free,
    bytes_needed,
    check_fits,
    must_be_lean,
    program_bytes,
)
from nst.options import Options, Pooling
from nst.pace import measure_pace
from nst.presets import method_for
from nst.pyramid import continued, fit, schedule, style_size
from nst.vgg import warm_vgg19


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Time and memory of a picture.

    Attributes:
        width: of the picture, pixels.
        height: of the picture, pixels.
        steps: over all scales.
        seconds: from the start to the result, with the network loaded and nothing else running.
        bytes: what the whole process needs at most; on a GPU, of the GPU's memory.
        free: what the device has left for this process, in bytes, what the process has by now
            included; None where the system does not tell.
        lean: the finest scale is evaluated in less memory and a third slower.
        device: where it would be painted.
    """

    width: int
    height: int
    steps: int
    seconds: float
    bytes: int
    free: int | None
    lean: bool
    device: str

    @property
    def fits(self) -> bool:
        """Whether the memory suffices; where the system does not tell, it is taken to."""
        return self.free is None or self.bytes <= self.free

    def check(self) -> None:
        """Refuse what does not fit.

        Raises:
            DeviceError: says which size would.
        """
        check_fits(max(self.width, self.height), self.bytes, self.free)


def plan(
    size: tuple[int, int],
    options: Options | None = None,
    *,
    styles: Sequence[tuple[int, int]] = (),
    init: tuple[int, int] | None = None,
    device: str = "auto",
) -> Plan:
    """Estimate time and memory; measures the machine's pace for a second or two.

    Masks are not counted: one takes about a quarter longer, two regions two thirds.

    Args:
        size: width and height of the photo.
        options: what to make; the defaults if None.
        styles: width and height of each style image; one no larger than the picture if empty.
        init: the same of an earlier result to go on from.
        device: `auto`, `cpu`, `cuda:0` …

    Raises:
        OptionsError: the photo is too narrow for the size.
        WeightsError: the VGG19 weights are missing or damaged.
        DeviceError: there is no such device.
    """
    options = options or Options()
    method = method_for(options)
    place = pick_device(device)
    dtype = torch.float32 if method.exact else fast_dtype(place)
    width, height = fit(*size, options.size)
    scales = schedule(width, height, method.steps)
    if init is not None:
        scales = continued(scales, max(init), method.continued)
    finest = scales[-1]
    pixels = [
        [prod(style_size(*style, scale, options.style_scale)) for style in styles]
        for scale in scales
    ]
    average = method.pooling is Pooling.AVERAGE
    vgg = warm_vgg19(options.weights, place, dtype, average_pooling=average)
    pace = measure_pace(vgg, method)
    free = bytes_free(place)
    lean = must_be_lean(width * height, dtype, place, steps=finest.steps)
    needed = max(
        bytes_needed(width * height, dtype, steps=finest.steps, lean=lean),
        bytes_for_style(max(pixels[-1], default=0), dtype),
    )
    return Plan(
        width=width,
        height=height,
        steps=sum(scale.steps for scale in scales),
        seconds=sum(
            pace.scale(scale, style_pixels=sum(each), lean=lean and scale is finest)
            for scale, each in zip(scales, pixels, strict=True)
        ),
        bytes=needed + program_bytes(),
        free=None if free is None else free + program_bytes(),
        lean=lean,
        device=str(place),
    )
