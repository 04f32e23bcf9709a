"""What to make: the options of one style transfer, as plain frozen data.

An option is one field of `Options`, with its check and its help; the command line, recipes and
checkpoints are made from the fields. Imports nothing heavy, so that a front end can build, check
and store options without loading torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from nst.choices import Colours, Init, Pooling
from nst.errors import OptionsError
from nst.presets import LATEST_VERSION, Preset
from nst.text import Text

__all__ = [
    "MAX_SEED",
    "MAX_SHAPES",
    "MAX_SIZE",
    "MAX_STRENGTH",
    "MAX_STYLE_SCALE",
    "MAX_WEIGHT",
    "MIN_SHAPES",
    "MIN_SIZE",
    "MIN_STRENGTH",
    "MIN_STYLE_SCALE",
    "Colours",
    "Init",
    "LayerWeights",
    "OptionSpec",
    "Options",
    "Pooling",
    "Preset",
    "completed",
    "completed_recipe",
    "named_weights",
    "within",
]

MIN_SIZE: Final = 64
MAX_SIZE: Final = 4096
MIN_STRENGTH: Final = 0
MAX_STRENGTH: Final = 100
MAX_SEED: Final = 2**32 - 1
MIN_STYLE_SCALE: Final = 0.25
MAX_STYLE_SCALE: Final = 4.0
MIN_SHAPES: Final = 0.25
MAX_SHAPES: Final = 4.0
MAX_WEIGHT: Final = 1e6

LayerWeights = Mapping[str, float] | tuple[tuple[str, float], ...]
"""Layer to weight; kept as pairs, which can be compared, hashed and sent elsewhere."""

Check = Callable[["Options | None", str, Any], Any]
"""Takes the options so far, an option's name and its value; returns the value to keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSpec:
    """What belongs to an option besides its type and its default.

    Attributes:
        check: refuses what is out of range; None for anything of the type.
        help: for the command line.
        flag: there, if it is not the option's name.
        metavar: there, in place of the type.
        new_only: it has no meaning for a picture that goes on from an earlier result.
    """

    check: Check | None
    help: str
    flag: str | None = None
    metavar: str | None = None
    new_only: bool = False


def _about(check: Check | None, text: str, **more: Any) -> dict[str, OptionSpec]:
    return {"option": OptionSpec(check=check, help=text, **more)}


def within(low: float, high: float, *, whole: bool = False) -> Check:
    """Return a check for numbers from `low` to `high`; not a number (NaN) fits nowhere.

    Args:
        low: the least.
        high: the most.
        whole: whole numbers only.
    """
    kinds = int if whole else int | float
    refusal = (
        Text("{name} must be a whole number from {low} to {high}, not {value}.")
        if whole
        else Text("{name} must be a number from {low} to {high}, not {value}.")
    )

    def check(_options: Options | None, name: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            shown = repr(value)[:40]
            raise OptionsError(refusal, name=name, low=low, high=high, value=shown)
        return value

    return check


def _one_of(kind: type[StrEnum], said: str | None = None) -> Check:
    def check(_options: Options | None, name: str, value: Any) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            raise OptionsError(
                "There is no {name} “{value}”; choose one of {names}.",
                name=said or name,
                value=str(value)[:40],
                names=", ".join(kind),
            ) from None

    return check


def named_weights(_options: Options | None, name: str, value: Any) -> str:
    """Check where a network's weights come from; a path is kept as text."""
    source = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(source, str):
        raise OptionsError(f"{name} must be a name or the path of a file, not {value!r}.")
    return source


def _layers(
    options: Options | None, name: str, given: LayerWeights
) -> tuple[tuple[str, float], ...]:
    """Check layers and weights; the layers are those of the preset's network."""
    preset = options.preset if options else Preset.STANDARD
    known = preset.method.network.loss_layers
    try:
        layers = dict(given)
    except (TypeError, ValueError):  # no layers with weights
        layers = {}
    if not layers:
        raise OptionsError("{name} must name at least one layer, such as relu4_2.", name=name)
    for layer, weight in layers.items():
        if layer not in known:
            raise OptionsError(
                "There is no layer “{layer}” in {name}; the layers are {names}.",
                layer=str(layer)[:40],
                name=name,
                names=", ".join(known),
            )
        within(0.0, MAX_WEIGHT)(options, f"{name}: the weight of {layer}", weight)
    if not any(layers.values()):
        raise OptionsError("{name}: at least one weight must be above 0.", name=name)
    return tuple(layers.items())


def completed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return options that a recipe or a database holds, with those that its release lacked."""
    return {"method_version": 1, **data}


def completed_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe with the options that its release lacked; one of a run has a preset."""
    options = recipe.get("options")
    if isinstance(options, Mapping) and "preset" in options:
        return {**recipe, "options": completed(options)}
    return dict(recipe)


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
        shapes: how large the shapes are that the style gives (facets, panes, dabs), beside the
            preset's own, 0.25 to 4; strokes stay as they are.
        init: what the picture starts from.
        pooling: how the network halves its feature maps.
        content_layers: layer to weight of its content loss, e.g. `{"relu4_2": 1.0}`; only ratios
            count, the balance of content and style is the strength's business.
        style_layers: layer to weight of its style loss; only ratios count.
        tv_weight: weight of the total variation, which smooths; 0 to 1e6.
        weights: `original`, `torchvision`, or the path of a weights file.
        method_version: of the preset's method; 1 repeats a picture of release 0.1.0.

    Raises:
        OptionsError: an option is out of range; the message names the range.
    """

    preset: Preset = field(
        default=Preset.STANDARD, metadata=_about(_one_of(Preset), "Quick or careful.")
    )
    strength: int = field(
        default=50,
        metadata=_about(
            within(MIN_STRENGTH, MAX_STRENGTH, whole=True),
            f"{MIN_STRENGTH} keeps the photo, {MAX_STRENGTH} is all style.",
        ),
    )
    size: int = field(
        default=512,
        metadata=_about(
            within(MIN_SIZE, MAX_SIZE, whole=True),
            f"Longest side in pixels, {MIN_SIZE} to {MAX_SIZE}.",
        ),
    )
    seed: int = field(
        default=0,
        metadata=_about(
            within(0, MAX_SEED, whole=True),
            f"Another seed is another take; 0 to {MAX_SEED}.",
            new_only=True,
        ),
    )
    colours: Colours = field(
        default=Colours.STYLE,
        metadata=_about(
            _one_of(Colours, "choice of colours"),
            "Whose colours; the last two match the style image beforehand.",
        ),
    )
    style_scale: float = field(
        default=1.0,
        metadata=_about(
            within(MIN_STYLE_SCALE, MAX_STYLE_SCALE),
            "Size of the style image: 2 for twice as large strokes.",
        ),
    )
    shapes: float = field(
        default=1.0,
        metadata=_about(
            within(MIN_SHAPES, MAX_SHAPES),
            "Size of the style's facets, panes and dabs: 2 for larger ones, 0.5 for smaller.",
        ),
    )
    init: Init | None = field(
        default=None, metadata=_about(_one_of(Init), "What to start from.", new_only=True)
    )
    pooling: Pooling | None = field(
        default=None, metadata=_about(_one_of(Pooling), "How the network halves its maps.")
    )
    content_layers: LayerWeights | None = field(
        default=None,
        metadata=_about(_layers, "E.g. relu3_2=0.4,relu4_2=0.6.", metavar="LAYER=WEIGHT,…"),
    )
    style_layers: LayerWeights | None = field(
        default=None,
        metadata=_about(_layers, "E.g. relu1_1=1,relu2_1=0.5.", metavar="LAYER=WEIGHT,…"),
    )
    tv_weight: float | None = field(
        default=None,
        metadata=_about(
            within(0.0, MAX_WEIGHT), "Weight of the total variation: smoother.", flag="--tv"
        ),
    )
    weights: str = field(
        default="original",
        metadata=_about(named_weights, "original, torchvision, or a file (PATH or PATH#SHA256)."),
    )
    method_version: int = field(
        default=LATEST_VERSION,
        metadata=_about(
            within(1, LATEST_VERSION, whole=True),
            "Of the preset's method: 1 repeats pictures of release 0.1.0.",
        ),
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            check, value = each.metadata["option"].check, getattr(self, each.name)
            left_open = value is None and each.default is None  # to the preset
            if check is not None and not left_open:
                object.__setattr__(self, each.name, check(self, each.name, value))

    def as_dict(self) -> dict[str, Any]:
        """Return the options as JSON-ready data; `Options(**data)` is the way back.

        Where the data may be of an earlier release, `Options(**completed(data))` is.
        """
        return {
            each.name: dict(value) if isinstance(value, tuple) else value
            for each in fields(self)
            for value in (getattr(self, each.name),)
        }
