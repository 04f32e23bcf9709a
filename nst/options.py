"""What to make: the options of one style transfer, as plain frozen data.

Imports nothing heavy, so that a front end can build, check and store options
without loading torch.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from nst.errors import OptionsError

MIN_SIZE: Final = 64
MAX_SIZE: Final = 4096
MIN_STRENGTH: Final = 0
MAX_STRENGTH: Final = 100
MAX_SEED: Final = 2**32 - 1


class Preset(StrEnum):
    """How much patience a picture is worth; `nst.presets` tells the details."""

    DRAFT = "draft"
    STANDARD = "standard"
    FINE = "fine"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that decides what a result looks like.

    Attributes:
        preset: schedule, losses and optimiser.
        strength: 0 (keeps the photo) to 100 (all style); 50 is the preset's own balance.
        size: longest side of the result in pixels, 64 to 4096.
        seed: seed of every random choice, 0 to 2**32 - 1.
        keep_colours: keep the photo's colours and take only the style's strokes.
        weights: `original`, `torchvision`, or the path of a weights file.

    Raises:
        OptionsError: an option is out of range; the message names the range.
    """

    preset: Preset = Preset.STANDARD
    strength: int = 50
    size: int = 512
    seed: int = 0
    keep_colours: bool = False
    weights: str = "original"

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "preset", Preset(self.preset))
        except ValueError:
            names = ", ".join(Preset)
            raise OptionsError(
                f"There is no preset {self.preset!r}; choose one of {names}."
            ) from None
        _check_range("strength", self.strength, MIN_STRENGTH, MAX_STRENGTH)
        _check_range("size", self.size, MIN_SIZE, MAX_SIZE)
        _check_range("seed", self.seed, 0, MAX_SEED)

    def as_dict(self) -> dict[str, Any]:
        """The options as JSON-ready data; `Options(**data)` is the way back."""
        return asdict(self)


def _check_range(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise OptionsError(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
