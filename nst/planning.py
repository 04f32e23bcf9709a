"""What a picture will cost, before it is started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch

from nst.memory import check_fits, program_bytes
from nst.options import Options
from nst.setup import Setup, Sizes
from nst.speed import Speed, measure_speed


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
        return cls(
            width=finest.width,
            height=finest.height,
            steps=sum(scale.steps for scale in setup.scales),
            seconds=speed.total(setup),
            bytes=setup.bytes_needed(recompute=recompute) + program_bytes(),
            free=None if free is None else free + program_bytes(),
            recompute=recompute,
            device=str(setup.device),
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
    sizes: Sizes,
    options: Options | None = None,
    *,
    steps: int | None = None,
    device: str = "auto",
    measure: Callable[[torch.device], int | None] | None = None,
) -> Plan:
    """Estimate time and memory; measure the machine's speed for a second or two.

    Args:
        sizes: of the pictures that it is made from.
        options: what to make; the defaults if None.
        steps: only this many, at full size; for results that are continued.
        device: `auto`, `cpu`, `cuda:0` …
        measure: tells the free bytes of a device; `nst.memory.bytes_free` if None.

    Raises:
        OptionsError: as in `Setup.of`.
        WeightsError: the network's weights are missing or damaged.
        DeviceError: there is no such device.
    """
    setup = Setup.of(sizes, options, device, steps=steps, measure=measure)
    return Plan.of(setup, measure_speed(setup.encoder(), setup.method))
