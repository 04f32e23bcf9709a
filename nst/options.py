"""What to make: the options of one style transfer, as plain frozen data.

Imports nothing heavy, so that a front end can build, check and store options
without loading torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from nst.errors import OptionsError

MIN_SIZE: Final = 64
MAX_SIZE: Final = 4096
MIN_STRENGTH: Final = 0
MAX_STRENGTH: Final = 100
MAX_SEED: Final = 2**32 - 1
MIN_STYLE_SCALE: Final = 0.25
MAX_STYLE_SCALE: Final = 4.0
MAX_WEIGHT: Final = 1e6

# The rectified convolutions of VGG19 up to the deepest that the losses may read.
LAYERS: Final = tuple(
    f"relu{block}_{number}"
    for block, count in enumerate((2, 2, 4, 4, 1), start=1)
    for number in range(1, count + 1)
)

LayerWeights = Mapping[str, float] | tuple[tuple[str, float], ...]
"""Layer to weight; kept as pairs, which can be compared, hashed and sent elsewhere."""

Named = TypeVar("Named", bound=StrEnum)


class Preset(StrEnum):
    """How much patience a picture is worth; `nst.presets` tells the details."""

    DRAFT = "draft"
    STANDARD = "standard"
    FINE = "fine"
    REFERENCE = "reference"


class Colours(StrEnum):
    """Whose colours the result has (`nst.colour`)."""

    STYLE = "style"  # the style image's, as the losses bring them
    PHOTO = "photo"  # the photo's, put back afterwards: only lightness is the painting's
    HISTOGRAM = "histogram"  # the photo's: the style image gets its histograms beforehand
    COVARIANCE = "covariance"  # the same with its mean and covariance


class Init(StrEnum):
    """What the picture starts from."""

    CONTENT = "content"  # the photo
    NOISE = "noise"  # nothing but chance
    STYLE = "style"  # chance with the style image's mean colour and covariance


class Pooling(StrEnum):
    """How VGG19 halves its feature maps."""

    MAX = "max"  # as it was trained
    AVERAGE = "average"  # smoother gradients (Gatys et al. 2016, section 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that decides what a result looks like; None leaves a choice to the preset.

    Attributes:
        preset: schedule, losses and optimiser.
        strength: 0 (keeps the photo) to 100 (all style); 50 is the preset's own balance.
        size: longest side of the result in pixels, 64 to 4096.
        seed: seed of every random choice, 0 to 2**32 - 1.
        colours: whose colours the result has.
        style_scale: longest side of the style image relative to the result's, 0.25 to 4; larger
            means larger brush strokes.
        init: what the picture starts from.
        pooling: how the network halves its feature maps.
        content_layers: layer to weight of its content loss, e.g. `{"relu4_2": 1.0}`; only ratios
            count, the balance of content and style is the strength's business.
        style_layers: layer to weight of its style loss; only ratios count.
        tv_weight: weight of the total variation, which smooths; 0 to 1e6.
        weights: `original`, `torchvision`, or the path of a weights file.

    Raises:
        OptionsError: an option is out of range; the message names the range.
    """

    preset: Preset = Preset.STANDARD
    strength: int = 50
    size: int = 512
    seed: int = 0
    colours: Colours = Colours.STYLE
    style_scale: float = 1.0
    init: Init | None = None
    pooling: Pooling | None = None
    content_layers: LayerWeights | None = None
    style_layers: LayerWeights | None = None
    tv_weight: float | None = None
    weights: str = "original"

    def __post_init__(self) -> None:
        _set(self, "preset", _named(Preset, "preset", self.preset))
        _set(self, "colours", _named(Colours, "choice of colours", self.colours))
        if self.init is not None:
            _set(self, "init", _named(Init, "init", self.init))
        if self.pooling is not None:
            _set(self, "pooling", _named(Pooling, "pooling", self.pooling))
        _check_range("strength", self.strength, MIN_STRENGTH, MAX_STRENGTH)
        _check_range("size", self.size, MIN_SIZE, MAX_SIZE)
        _check_range("seed", self.seed, 0, MAX_SEED)
        _check_number("style_scale", self.style_scale, MIN_STYLE_SCALE, MAX_STYLE_SCALE)
        if self.tv_weight is not None:
            _check_number("tv_weight", self.tv_weight, 0.0, MAX_WEIGHT)
        for name in ("content_layers", "style_layers"):
            layers = getattr(self, name)
            if layers is not None:
                _set(self, name, _layers(name, layers))

    def as_dict(self) -> dict[str, Any]:
        """The options as JSON-ready data; `Options(**data)` is the way back."""
        return {
            name: dict(value) if isinstance(value, tuple) else value
            for name in self.__slots__
            for value in (getattr(self, name),)
        }


def _set(options: Options, name: str, value: object) -> None:
    object.__setattr__(options, name, value)


def _named(kind: type[Named], name: str, value: str) -> Named:
    try:
        return kind(value)
    except ValueError:
        raise OptionsError(
            "There is no {name} “{value}”; choose one of {names}.",
            name=name,
            value=str(value)[:40],
            names=", ".join(kind),
        ) from None


def _check_range(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise OptionsError(
            "{name} must be a whole number from {low} to {high}, not {value}.",
            name=name,
            low=low,
            high=high,
            value=repr(value)[:40],
        )


def _check_number(name: str, value: object, low: float, high: float) -> None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not fits:  # not a number (NaN) fits nowhere
        raise OptionsError(
            "{name} must be a number from {low} to {high}, not {value}.",
            name=name,
            low=low,
            high=high,
            value=repr(value)[:40],
        )


def _layers(name: str, given: LayerWeights) -> tuple[tuple[str, float], ...]:
    layers = dict(given)
    if not layers:
        raise OptionsError("{name} must name at least one layer, such as relu4_2.", name=name)
    for layer, weight in layers.items():
        if layer not in LAYERS:
            raise OptionsError(
                "There is no layer “{layer}” in {name}; the layers are {names}.",
                layer=str(layer)[:40],
                name=name,
                names=", ".join(LAYERS),
            )
        _check_number(f"{name}: the weight of {layer}", weight, 0.0, MAX_WEIGHT)
    if not any(layers.values()):
        raise OptionsError("{name}: at least one weight must be above 0.", name=name)
    return tuple(layers.items())
