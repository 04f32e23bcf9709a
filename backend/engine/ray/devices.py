"""What a host of the cluster has to paint with, as Ray describes it; nothing here loads Ray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

RESOURCE: Final = "painters"
"""What a host is given with `ray start --resources` to say how many slots it has."""
_ACCELERATOR: Final = "accelerator_type:"
_PARTS: Final = 10_000  # Ray counts GPUs in ten thousandths


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the cluster."""

    node: str
    name: str
    resources: Mapping[str, float]

    @property
    def gpus(self) -> int:
        """Return how many GPUs there are."""
        return int(self.resources.get("GPU", 0))

    @property
    def slots(self) -> int:
        """Return how many pictures it paints at a time: one a GPU, or one on all cores."""
        cores = int(self.resources.get("CPU", 0))
        return int(self.resources.get(RESOURCE, self.gpus or min(1, cores)))

    @property
    def kind(self) -> str:
        """Return the kind of its devices, such as `cpu` or `H100`."""
        if not self.gpus:
            return "cpu"
        kinds = (name for name in self.resources if name.startswith(_ACCELERATOR))
        return next(kinds, f"{_ACCELERATOR}cuda").removeprefix(_ACCELERATOR)

    @property
    def device(self) -> str:
        """Return what a slot calls its device: Ray shows it no other GPU."""
        return "cuda:0" if self.gpus else "cpu"

    @property
    def cpu_share(self) -> int:
        """Return how many cores each slot asks for; Ray sets OMP_NUM_THREADS to it."""
        return int(self.resources.get("CPU", 0)) // max(1, self.slots)

    @property
    def gpu_share(self) -> float:
        """Return how much of a GPU each slot asks for, so that all of them find room."""
        if not self.gpus:
            return 0.0
        on_one = -(-self.slots // self.gpus)
        return _PARTS // max(1, on_one) / _PARTS
