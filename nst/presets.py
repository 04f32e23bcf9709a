"""The presets: which losses, which optimiser, how many steps at which size.

A preset is one member of `Preset` below, with everything that the program knows of it; the command
line, the bot's choices, their descriptions and its estimates are made from it. Imports nothing
heavy: losses are named by where their classes are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from nst.choices import Init, Pooling
from nst.networks import VGG19, NetworkSpec
from nst.text import Text

if TYPE_CHECKING:
    from nst.options import LayerWeights, Options

GRAM: Final = "nst.losses:GramLoss"
STATISTICS: Final = "nst.losses:StatisticsLoss"
MEAN_SQUARED: Final = "nst.losses:MeanSquaredLoss"
RELATIVE_SQUARED: Final = "nst.losses:RelativeSquaredLoss"
TOTAL_VARIATION: Final = "nst.losses:TotalVariationLoss"
CHROMA_VARIATION: Final = "nst.losses:ChromaVariationLoss"

LATEST_VERSION: Final = 2
"""Of the methods: which of them a new picture is painted by (`Method.earlier`)."""


class OptimiserKind(Enum):
    """How the picture is updated (`nst.optimisers`)."""

    ADAM = "adam"
    LBFGS = "lbfgs"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the total loss besides content and style.

    Attributes:
        loss: its class, `module:Class`; a `nst.losses.PictureLoss`.
        weight: in the total; 0 leaves it out.
        of_style: it compares the picture itself with the style image itself: its class is a
            `nst.losses.StyleLoss`.
    """

    loss: str
    weight: float
    of_style: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """All numbers behind a preset.

    Attributes:
        style_loss: the class of the style loss, `module:Class`; a `nst.losses.StyleLoss`.
        content_loss: the same of the content loss; a `nst.losses.ContentLoss`.
        optimiser: which update rule.
        learning_rate: of Adam, in units of the normalised image; L-BFGS takes full steps.
        steps: pairs (longest side in px, steps), see `nst.pyramid.schedule`.
        content_layer_weights: layer to weight of its content loss.
        style_layer_weights: layer to weight of its style loss.
        content_weight: α.
        style_weight: β.
        terms: further terms of the total by name, which is what curves and tables call them.
        fields: a style layer counts only where the picture's longest side is at least this many
            of its receptive fields; 0 for always. Where a layer sees most of the picture at once,
            its statistics describe the style image's objects, and faces appear in the sky.
        fields_from: from so many of them on it counts in part, rising to all of its weight at
            `fields`, so that a few pixels more are not another picture; None for a jump.
        noise: amplitude of the noise added to the start at the coarsest scale, in standard
            deviations of the normalised image; it makes each seed another take.
        details: on the way to a finer scale, some of what only that one shows of the photo is
            added, see `details_share` (after Kolkin et al. 2019, who add all of it). The content
            loss alone does not bring back what the style painted over on a coarse scale: small
            faces have no eyes then.
        exact: float32 throughout, even where bfloat16 would be faster.
        init: what the picture starts from.
        pooling: how the network halves its feature maps.
        continued: shares of the steps when an earlier picture of that size or a larger one is
            continued, see `nst.pyramid.continued`. More strength changes the composition too, so
            the coarse scales, which cost next to nothing, do most of it.
        network: whose feature maps are compared.
        repeat_edge: its first layer sees no frame, see `nst.encoder.Encoder.with_repeated_edge`.
        clean: what is shown is no more colourful than the style (`nst.palette`) and has no frame
            (`nst.edges`).
        earlier: fields that were otherwise in earlier versions, by version; pictures that were
            begun or described then are painted as they were.
        table_every: the command line prints a table of the loss every so many steps; 0 for never.
    """

    style_loss: str = STATISTICS
    content_loss: str = RELATIVE_SQUARED
    optimiser: OptimiserKind = OptimiserKind.LBFGS
    learning_rate: float = 1.0
    steps: tuple[tuple[int, int], ...]
    content_layer_weights: Mapping[str, float]
    style_layer_weights: Mapping[str, float]
    content_weight: float
    style_weight: float = 1.0
    terms: Mapping[str, Term] = field(default_factory=dict)
    fields: float = 0.0
    fields_from: float | None = None
    noise: float = 0.0
    details: bool = False
    exact: bool = False
    init: Init = Init.CONTENT
    pooling: Pooling = Pooling.MAX
    continued: tuple[float, ...] = (0.25, 0.5, 0.75)
    network: NetworkSpec = VGG19
    repeat_edge: bool = False
    clean: bool = False
    earlier: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    table_every: int = 0

    def _share(self, seen: float) -> float:
        """Return how much a layer counts where a picture's side is so many of its fields."""
        if seen >= self.fields:
            return 1.0
        begin = self.fields if self.fields_from is None else self.fields_from
        return (seen - begin) / (self.fields - begin) if seen > begin else 0.0

    def as_of(self, version: int) -> Method:
        """Return the method as it was in a version."""
        return replace(self, **self.earlier.get(version, {}))

    def style_layers_at(self, side: int) -> Mapping[str, float]:
        """Return the style layers and weights for a scale of that longest side in pixels.

        The weights of layers that are left out go to the others in proportion.
        """
        weights = {
            layer: weight * share
            for layer, weight in self.style_layer_weights.items()
            if (share := self._share(side / self.network.receptive_field(layer)))
        }
        # If only deep layers are given, use them at every scale.
        weights = weights or dict(self.style_layer_weights)
        share = sum(weights.values()) / sum(self.style_layer_weights.values())
        return {layer: weight / share for layer, weight in weights.items()}


# relu4_2 alone keeps what things are but not their drawing: small faces lose their features.
_CONTENT_LAYERS: Final = MappingProxyType({"relu3_2": 0.4, "relu4_2": 0.6})
# Shallow layers weigh more than in most papers: strokes, hatching and paper live there.
_STYLE_LAYERS: Final = MappingProxyType(
    {"relu1_1": 0.37, "relu2_1": 0.28, "relu3_1": 0.19, "relu4_1": 0.13, "relu5_1": 0.03}
)


_VARIATION: Final = MappingProxyType({"tv": Term(TOTAL_VARIATION, 0.005)})
# Up to release 0.1.0: coloured threads, a frame, and the photo's colours in drawings.
_VERSION_1: Final = MappingProxyType(
    {
        "terms": _VARIATION,
        "repeat_edge": False,
        "clean": False,
        "fields": 3.0,
        "fields_from": None,
        "content_weight": 0.1,
    }
)


def _statistics(*steps: tuple[int, int]) -> Method:
    return Method(
        steps=steps,
        content_layer_weights=_CONTENT_LAYERS,
        style_layer_weights=_STYLE_LAYERS,
        content_weight=0.105,
        terms=MappingProxyType(
            {**_VARIATION, "chroma": Term(CHROMA_VARIATION, 0.001, of_style=True)}
        ),
        fields=4.0,
        fields_from=2.0,
        noise=0.1,
        details=True,
        repeat_edge=True,
        clean=True,
        earlier=MappingProxyType({1: _VERSION_1}),
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
    """How much patience a picture is worth.

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
            work=3.0,
            method=_statistics((64, 60), (128, 50), (256, 50), (512, 25), (1024, 10)),
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
            description=Text("reference: the classic recipe, very slow"),
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
