"""How a picture is set up: network, device, number format, schedule, memory.

Painting, planning and `nst doctor` all start from a `Setup`, so that a plan is about the very work
that is done afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final, Self

import numpy as np
import torch

from nst.devices import fast_dtype, pick_device
from nst.encoder import Encoder, load_encoder
from nst.errors import OptionsError
from nst.inputs import Inputs
from nst.memory import (
    bytes_for_pictures,
    bytes_for_style,
    bytes_free,
    bytes_needed,
    check_fits,
    must_recompute,
)
from nst.method import Method
from nst.options import Init, Options, Pooling
from nst.presets import method_for
from nst.pyramid import Scale, continued, fit, schedule, style_size

# Shapes that differ by no more than this are the same.
_SAME_SHAPE: Final = 0.02

Size = tuple[int, int]
"""Width and height, pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What a setup has to know of the pictures that a result is made from.

    Attributes:
        content: of the photo.
        styles: of each style image; one no larger than the result if empty.
        init: of the earlier result to continue; None to start anew.
        regions: how many parts of the picture have a style, or a mix of styles, of their own.
        masked: some part of the picture is masked.
        transparent: some part of the photo, or of the earlier result, is transparent.
    """

    content: Size
    styles: tuple[Size, ...] = ()
    init: Size | None = None
    regions: int = 1
    masked: bool = False
    transparent: bool = False

    @classmethod
    def of(cls, inputs: Inputs) -> Self:
        """Take the sizes of loaded pictures."""
        masks = [style.mask.sha256 if style.mask else None for style in inputs.styles]
        return cls(
            content=inputs.content.image.size,
            styles=tuple(style.image.image.size for style in inputs.styles),
            init=inputs.init.image.size if inputs.init else None,
            regions=len(set(masks)),
            masked=inputs.mask is not None or any(masks),
            transparent=any(each and each.alpha for each in (inputs.content, inputs.init)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything that is decided about a picture before any of it is painted.

    Attributes:
        sizes: of the pictures that it is made from.
        options: what to make.
        method: the preset's, with what the options say otherwise.
        device: where it is painted.
        dtype: number format of the feature maps.
        scales: from coarse to fine, with their steps.
        measure: tells the free bytes of a device; None where the system does not.
    """

    sizes: Sizes
    options: Options
    method: Method
    device: torch.device
    dtype: torch.dtype
    scales: tuple[Scale, ...]
    measure: Callable[[torch.device], int | None]

    @classmethod
    def of(
        cls,
        sizes: Sizes,
        options: Options | None = None,
        device: str = "auto",
        *,
        steps: int | None = None,
        measure: Callable[[torch.device], int | None] | None = None,
    ) -> Self:
        """Set a picture up.

        Args:
            sizes: of the pictures that it is made from.
            options: what to make; the defaults if None.
            device: `auto`, `cpu`, `cuda:0` …
            steps: only this many, at full size; for results that are continued.
            measure: tells the free bytes of a device; `nst.memory.bytes_free` if None.

        Raises:
            OptionsError: the photo is too narrow for the size, `steps` is given without a result
                to continue, or that has another shape than the photo.
            DeviceError: there is no such device.
        """
        options = options or Options()
        method, place = method_for(options), pick_device(device)
        return cls(
            sizes=sizes,
            options=options,
            method=method,
            device=place,
            dtype=torch.float32 if method.exact else fast_dtype(place),
            scales=tuple(_scales(sizes, options.size, method, steps)),
            measure=measure or bytes_free,
        )

    def encoder(self) -> Encoder:
        """Load the network; it is kept for the next picture of this process.

        Raises:
            WeightsError: the weights are missing or damaged.
        """
        torch.set_flush_denormal(True)
        return load_encoder(
            self.options.weights,
            self.device,
            self.dtype,
            average_pooling=self.method.pooling is Pooling.AVERAGE,
            network=self.method.network,
            direct=self.method.direct,
        )

    def style_size(self, style: Size, scale: Scale) -> Size:
        """Return the size at which a style image is looked at for a scale of the picture."""
        min_side = self.method.network.smallest_side
        return style_size(*style, scale, self.options.style_scale, min_side=min_side)

    def style_pixels(self, scale: Scale) -> list[int]:
        """Return the pixels of each style image as it is looked at for a scale."""
        return [prod(self.style_size(style, scale)) for style in self.sizes.styles]

    def must_recompute(self, scale: Scale, pictures: int = 1) -> bool:
        """Tell whether a scale has to be evaluated in less memory, for more time.

        Args:
            scale: of the schedule.
            pictures: how many are painted together.
        """
        pixels, free = scale.width * scale.height, self.measure(self.device)
        share = None if free is None else free // pictures
        return must_recompute(pixels, self.dtype, share, steps=scale.steps)

    def at_once(self, pictures: int) -> int:
        """Return how many of so many pictures like this are best painted together.

        On a GPU as many as fit, in groups of one size if need be; elsewhere one after another, as
        there each costs as much as it would alone.
        """
        if self.device.type != "cuda":
            return 1
        groups = 1
        while groups < pictures and self.must_recompute(self.scales[-1], -(-pictures // groups)):
            groups += 1
        return -(-pictures // groups)

    def bytes_needed(self, *, recompute: bool) -> int:
        """Return what painting needs at most, without the program and the pictures it is made from.

        Args:
            recompute: the finest scale is evaluated in less memory.
        """
        finest = self.scales[-1]
        pixels = finest.width * finest.height
        style = max(
            (count for scale in self.scales for count in self.style_pixels(scale)), default=0
        )
        return max(
            bytes_needed(pixels, self.dtype, steps=finest.steps, recompute=recompute),
            bytes_for_style(style, self.dtype),
        )

    def bytes_of_pictures(self) -> int:
        """Return what reading the pictures takes at most; 0 where a GPU's memory is what counts."""
        if self.device.type != "cpu":
            return 0
        sizes = self.sizes
        photos = prod(sizes.content) + prod(sizes.init or (0, 0))
        styles = [prod(style) for style in sizes.styles]
        return bytes_for_pictures(
            photos + sum(styles),
            filled=photos if sizes.transparent else 0,
            measured=sum(styles[:1]) if self.method.init is Init.STYLE else 0,
        )

    def check_memory(self) -> None:
        """Refuse what does not fit, where the system would end the program instead of saying no.

        Raises:
            DeviceError: says which size would fit.
        """
        if self.device.type == "cpu":
            needed = self.bytes_needed(recompute=True)
            check_fits(self.options.size, needed, self.measure(self.device))


def _scales(sizes: Sizes, size: int, method: Method, steps: int | None) -> Sequence[Scale]:
    min_side = method.network.smallest_side
    width, height = fit(*sizes.content, size, min_side=min_side)
    scales = schedule(width, height, method.steps, min_side=min_side)
    if sizes.init is None:
        if steps is not None:
            raise OptionsError(
                "A number of steps can be given only together with a picture to go on from."
            )
        return scales
    _check_shape(sizes.init, sizes.content)
    if steps is None:
        return continued(scales, max(sizes.init), method.continued)
    whole: Any = steps  # nobody checks the types of those who call a library
    if not (isinstance(whole, int | np.integer) and whole >= 0):
        raise OptionsError("The number of steps must be at least 0, not {steps}.", steps=whole)
    return [replace(scales[-1], steps=steps)]


def _check_shape(init: Size, photo: Size) -> None:
    """Refuse a result to continue that would have to be squeezed; rounding is no squeezing."""
    ours, theirs = init[0] / init[1], photo[0] / photo[1]
    if not abs(ours / theirs - 1) <= _SAME_SHAPE + 1 / min(init):
        raise OptionsError(
            "The picture to go on from is {init} px and the photo {photo} px, which is another "
            "shape; both must show the same.",
            init=f"{init[0]}×{init[1]}",
            photo=f"{photo[0]}×{photo[1]}",
        )
