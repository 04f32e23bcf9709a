"""What a picture will cost, before it is started."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import torch

from nst.inputs import StyleImage, listed
from nst.memory import check_fits, gigabytes, program_bytes
from nst.options import Options
from nst.setup import Setup, Sizes
from nst.sources import ImageSource, as_loaded
from nst.speed import Speed, measure_speed
from nst.text import duration


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
        recompute: the finest scale is evaluated in less memory and a third slower.
        device: where it would be painted.

    `print(plan)` says it in a sentence.
    """

    width: int
    height: int
    steps: int
    seconds: float
    bytes: int
    free: int | None
    recompute: bool
    device: str

    @classmethod
    def of(cls, setup: Setup, speed: Speed) -> Self:
        """Estimate time and memory of a setup on a machine of known speed."""
        finest, free = setup.scales[-1], setup.measure(setup.device)
        recompute = setup.must_recompute(finest)
        transformed = setup.device.type == "cpu" and setup.dtype is torch.float32
        program = program_bytes(transformed=transformed)
        return cls(
            width=finest.width,
            height=finest.height,
            steps=sum(scale.steps for scale in setup.scales),
            seconds=speed.total(setup),
            bytes=setup.bytes_needed(recompute=recompute) + setup.bytes_of_pictures() + program,
            free=None if free is None else free + program,
            recompute=recompute,
            device=str(setup.device),
        )

    @classmethod
    def for_sizes(
        cls,
        sizes: Sizes,
        options: Options | None = None,
        *,
        steps: int | None = None,
        device: str = "auto",
        measure: Callable[[torch.device], int | None] | None = None,
    ) -> Self:
        """Estimate time and memory of a picture made from pictures of these sizes; see `plan`.

        Args:
            sizes: of the pictures that it is made from.
            options: what to make; the defaults if None.
            steps: only this many, at full size; for results that are continued.
            device: `auto`, `cpu`, `cuda:0` …
            measure: tells the free bytes of a device; `nst.memory.bytes_free` if None.

        Raises:
            NstError: as in `plan`.
        """
        setup = Setup.of(sizes, options, device, steps=steps, measure=measure)
        return cls.of(setup, measure_speed(setup.encoder(), setup.method))

    def __str__(self) -> str:
        """Say it in a sentence: `512×384 on cpu: about 13 s for 90 steps, at most 1.2 GB …`."""
        free = "" if self.free is None else f" of {gigabytes(self.free)} free"
        recompute = " (evaluated in less memory, a third slower)" if self.recompute else ""
        return (
            f"{self.width}×{self.height} on {self.device}: about {duration(self.seconds)} for "
            f"{self.steps} steps, at most {gigabytes(self.bytes)}{free}{recompute}."
        )

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
    content_image: ImageSource,
    style_image: ImageSource | StyleImage | Sequence[ImageSource | StyleImage] = (),
    options: Options | None = None,
    *,
    mask: ImageSource | bool | None = None,
    init_image: ImageSource | None = None,
    steps: int | None = None,
    device: str = "auto",
    **changes: Any,
) -> Plan:
    """Tell how long `nst.stylize` would take, and how much memory; takes a second or two.

        found = nst.plan("photo.jpg", "painting.jpg", size=2048)
        print(found)  # 2048×1536 on cpu: about 5 min 10 s for 175 steps, at most 4.8 GB of …
        found.check()  # raises a DeviceError that names a size which would fit

    The machine's speed is measured with a few steps on small pictures; nothing is painted.

    Args:
        content_image: the photo, as for `nst.stylize`.
        style_image: the same of the style image, or several; none counts as one that is no larger
            than the result.
        options: what to make; the defaults if None.
        mask: the mask, or True if there is going to be one.
        init_image: an earlier result to continue.
        steps: how many steps at full size instead; only with `init_image`.
        device: `auto`, `cpu`, `cuda:0` …
        changes: fields of `Options` by name, such as `size=2048`.

    Raises:
        TypeError: there is no option of a name in `changes`.
        OptionsError: the options do not fit the images or each other.
        ImageError: an image cannot be used.
        WeightsError: the network's weights are missing or damaged.
        DeviceError: there is no such device. That the picture does not fit is no error here:
            see `Plan.fits` and `Plan.check`.
    """
    options = replace(options or Options(), **changes)
    none = isinstance(style_image, list | tuple) and not style_image
    styles = [] if none else listed(style_image)
    regions = {None if each.mask is None else id(each.mask) for each in styles}
    photo = as_loaded(content_image)
    init = None if init_image is None else as_loaded(init_image)
    sizes = Sizes(
        content=photo.colour.size,
        styles=tuple(as_loaded(each.image).colour.size for each in styles),
        init=init.colour.size if init else None,
        regions=max(1, len(regions)),
        masked=(mask is not None and mask is not False) or bool(regions - {None}),
        transparent=any(each and each.alpha for each in (photo, init)),
    )
    return Plan.for_sizes(sizes, options, steps=steps, device=device)
