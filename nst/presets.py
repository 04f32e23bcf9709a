"""The presets: which losses, which optimiser, how many steps at which size.

A preset is one member of `Preset` below, with everything that the program knows of it; the command
line, the bot's choices, their descriptions and its estimates are made from it. Imports nothing
heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from nst.method import (
    CHROMA_VARIATION,
    COSINE,
    GRAM,
    MEAN_SQUARED,
    RELATIVE_SQUARED,
    STANDARDISED,
    STATISTICS,
    TOTAL_VARIATION,
    Calibration,
    Method,
    OptimiserKind,
    Term,
)
from nst.text import Text

if TYPE_CHECKING:
    from nst.options import LayerWeights, Options

LATEST_VERSION: Final = 7
"""Of the methods: which of them a new picture is painted by (`Method.earlier`)."""


# relu4_2 alone keeps what things are but not their drawing: small faces lose their features.
_CONTENT_LAYERS: Final = MappingProxyType({"relu2_1": 0.1, "relu3_2": 0.25, "relu4_2": 0.65})
# Shallow layers weigh more than in most papers: strokes, hatching and paper live there. Where a
# layer is looked at for its content, its style costs next to nothing.
_STYLE_LAYERS: Final = MappingProxyType(
    {
        "relu1_1": 0.6,
        "relu2_1": 0.245,
        "relu3_1": 0.045,
        "relu3_2": 0.04,
        "relu4_1": 0.03,
        "relu4_2": 0.025,
        "relu5_1": 0.015,
    }
)


_VARIATION: Final = MappingProxyType({"tv": Term(TOTAL_VARIATION, 0.005)})
# Up to 30 November 2026: at strength 0 a photo still became as bright as the style, and lines on
# black had the photo's details on their ground.
_VERSION_6: Final = MappingProxyType(
    {"amplitude": 0.25, "amplitude_power": 1.0, "details_from": 0.0}
)
# Before: relu5_1 was computed for a thousandth of the style at 512 px.
_VERSION_5: Final = MappingProxyType({**_VERSION_6, "growth": 1.17, "least": 0.0})
# Before: deep layers counted on smaller pictures too, and drew a style's objects.
_VERSION_4: Final = MappingProxyType(
    {
        **_VERSION_5,
        "style_loss": STATISTICS,
        "content_weight": 0.078,
        "growth": 0.42,
        "calibration": Calibration(layers=("relu2_1",), usual=13.5, power=2.6, most=1.0),
        "fields": 4.0,
        "fields_from": 2.0,
        "amplitude": 0.03,
    }
)
# Before: some styles, and larger pictures, left less of the photo than others.
_VERSION_3: Final = MappingProxyType(
    {**_VERSION_4, "growth": 0.0, "calibration": None, "perceived": False}
)
# Before: strong features of a photo stayed strong, whatever the style's were.
_VERSION_2: Final = MappingProxyType(
    {
        **_VERSION_3,
        "content_loss": RELATIVE_SQUARED,
        "content_layer_weights": MappingProxyType({"relu3_2": 0.4, "relu4_2": 0.6}),
        "style_layer_weights": MappingProxyType(
            {"relu1_1": 0.37, "relu2_1": 0.28, "relu3_1": 0.19, "relu4_1": 0.13, "relu5_1": 0.03}
        ),
        "content_weight": 0.105,
        "amplitude": 0.0,
    }
)
# Up to release 0.1.0: coloured threads, a frame, and the photo's colours in drawings.
_VERSION_1: Final = MappingProxyType(
    {
        **_VERSION_2,
        "terms": _VARIATION,
        "repeat_edge": False,
        "clean": False,
        "direct": True,
        "fields": 3.0,
        "fields_from": None,
        "content_weight": 0.1,
    }
)


def _statistics(
    *steps: tuple[int, int], before: tuple[tuple[int, int], ...] | None = None
) -> Method:
    """Return the method of a preset.

    Args:
        steps: see `Method.steps`.
        before: those up to version 4.
    """
    then = {"steps": before or steps}
    numbers = {1: _VERSION_1, 2: _VERSION_2, 3: _VERSION_3, 4: _VERSION_4}
    earlier: dict[int, Mapping[str, Any]] = {5: _VERSION_5, 6: _VERSION_6}
    earlier |= {each: {**then, **rest} for each, rest in numbers.items()}
    return Method(
        steps=steps,
        content_layer_weights=_CONTENT_LAYERS,
        style_layer_weights=_STYLE_LAYERS,
        style_loss=STANDARDISED,
        content_loss=COSINE,
        content_weight=0.042,
        growth=1.1,
        calibration=Calibration(layers=("relu1_1", "relu2_1"), usual=8.7, power=2.6, most=1.3),
        amplitude=0.1,
        amplitude_power=2.0,
        terms=MappingProxyType(
            {**_VARIATION, "chroma": Term(CHROMA_VARIATION, 0.001, of_style=True)}
        ),
        fields=6.0,
        fields_from=3.0,
        least=0.1,
        noise=0.1,
        details=True,
        details_from=0.6,
        repeat_edge=True,
        clean=True,
        perceived=True,
        earlier=MappingProxyType(earlier),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetSpec:
    """What belongs to a preset besides its value.

    Attributes:
        label: what it is called.
        description: the same with what to expect of it, for lists of choices.
        work: for each megapixel, relative to the others, for estimates before any of its pictures
            was timed.
        method: all its numbers.
    """

    label: Text
    description: Text
    work: float
    method: Method


class Preset(StrEnum):
    """Quick or careful: how long a picture may take.

    Its value is what people type and what settings, recipes and database rows hold; its other
    attributes are those of its `PresetSpec`.
    """

    label: Text
    description: Text
    work: float
    method: Method

    def __new__(cls, value: str, *specs: PresetSpec) -> Self:
        """Make a member of its value and its one spec."""
        (spec,) = specs
        preset = str.__new__(cls, value)
        preset._value_ = value
        preset.label, preset.description = spec.label, spec.description
        preset.work, preset.method = spec.work, spec.method
        return preset

    DRAFT = (
        "draft",
        PresetSpec(
            label=Text("draft"),
            description=Text("draft: a quick look"),
            work=1.0,
            method=_statistics((64, 30), (128, 25), (256, 15), (512, 8), (1024, 4)),
        ),
    )
    STANDARD = (
        "standard",
        PresetSpec(
            label=Text("standard"),
            description=Text("standard: good and fast"),
            work=2.4,
            method=_statistics(
                *((64, 50), (128, 45), (256, 40), (512, 20), (1024, 10)),
                before=((64, 60), (128, 50), (256, 50), (512, 25), (1024, 10)),
            ),
        ),
    )
    FINE = (
        "fine",
        PresetSpec(
            label=Text("fine"),
            description=Text("fine: more strokes, takes longer"),
            work=8.0,
            method=_statistics((64, 100), (128, 100), (256, 120), (512, 80), (1024, 40)),
        ),
    )
    # The recipe that newcomers know from the course notebooks on Gatys et al. 2016. With the
    # original weights every layer is first scaled to a mean activation of 1, so that α = 1
    # and β = 1e5 keep a meaning beside torchvision's weights, whose layers are near 1 as well.
    REFERENCE = (
        "reference",
        PresetSpec(
            label=Text("reference"),
            description=Text("reference: the classic method, very slow"),
            work=600.0,
            method=Method(
                style_loss=GRAM,
                content_loss=MEAN_SQUARED,
                optimiser=OptimiserKind.ADAM,
                learning_rate=0.003,
                steps=((256, 3000),),
                content_layer_weights=MappingProxyType({"relu4_2": 1.0}),
                # The rectified outputs are what the reference code compares: its in-place ReLU
                # overwrites the convolutions that it names.
                style_layer_weights=MappingProxyType(
                    {
                        "relu1_1": 1.0,
                        "relu2_1": 0.75,
                        "relu3_1": 0.2,
                        "relu4_1": 0.2,
                        "relu5_1": 0.2,
                    }
                ),
                content_weight=1.0,
                style_weight=1e5,
                exact=True,
                earlier=MappingProxyType({1: MappingProxyType({"direct": True})}),
                table_every=500,
            ),
        ),
    )


def method_for(options: Options) -> Method:
    """Return the preset's method, with what the options say otherwise.

    Options with the name of one of the method's numbers replace it.
    """
    method = options.preset.method.as_of(options.method_version)
    content, style = options.content_layers, options.style_layers
    changes: dict[str, Any] = {
        "content_layer_weights": _in_proportion(content, method.content_layer_weights),
        "style_layer_weights": _in_proportion(style, method.style_layer_weights),
    }
    if options.tv_weight is not None:
        changes["terms"] = {**method.terms, "tv": Term(TOTAL_VARIATION, options.tv_weight)}
    given = {each.name: getattr(options, each.name, None) for each in fields(method)}
    changes |= {name: value for name, value in given.items() if value is not None}
    return replace(method, **changes)


def _in_proportion(given: LayerWeights | None, preset: Mapping[str, float]) -> Mapping[str, float]:
    """Scale the weights given to the preset's sum: the balance is the strength's business."""
    if given is None:
        return preset
    weights = dict(given)
    factor = sum(preset.values()) / sum(weights.values())
    return {layer: weight * factor for layer, weight in weights.items() if weight}


def content_factor(strength: int) -> float:
    """Return what a strength multiplies the content weight with: 1 at 50, 32 at 0, 1/32 at 100."""
    return float(10 ** ((50 - strength) * 0.03))


def details_share(strength: int) -> float:
    """Return how much of the photo's details a finer scale starts with: 1 at strength 0, 0 at 100.

    All of them at 50 would show through flat styles, half of them at 90 as embossed lines.
    """
    return 1 - strength / 100
