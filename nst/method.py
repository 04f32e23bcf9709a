"""What a preset's method is: all numbers behind it, and which losses they belong to.

Imports nothing heavy: losses are named by where their classes are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from nst.choices import Init, Pooling
from nst.networks import VGG19, NetworkSpec

GRAM: Final = "nst.losses:GramLoss"
STATISTICS: Final = "nst.losses:StatisticsLoss"
STANDARDISED: Final = "nst.losses:StandardisedStatisticsLoss"
MEAN_SQUARED: Final = "nst.losses:MeanSquaredLoss"
RELATIVE_SQUARED: Final = "nst.losses:RelativeSquaredLoss"
COSINE: Final = "nst.losses:CosineLoss"
TOTAL_VARIATION: Final = "nst.losses:TotalVariationLoss"
CHROMA_VARIATION: Final = "nst.losses:ChromaVariationLoss"


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
class Calibration:
    """How the content weight follows a style, see `nst.balance`.

    Attributes:
        layers: at which the style's rank is taken; of several the geometric mean.
        usual: the rank with which the content weight is as given.
        power: of the rank over the usual one.
        most: what the weight is multiplied with at most.
    """

    layers: tuple[str, ...]
    usual: float
    power: float
    most: float


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
        growth: the content weight is given for pictures of 256 px, and grows with this power of
            the longest side: else larger ones would be nearer to the style (`nst.balance`).
        calibration: how it follows the style; None for the same weight with every style.
        amplitude: of a `CosineLoss`, for strengths below 50: it is multiplied by a power of
            f − 1/f, f being the content factor, so that at strength 0 the photo has its own
            colours, and at 50 none of it is asked for.
        amplitude_power: which power; the higher, the later below 50 those colours come back, and
            the more of them.
        style_weight: β.
        terms: further terms of the total by name, which is what curves and tables call them.
        fields: a style layer counts only where the picture's longest side is at least this many
            of its receptive fields; 0 for always. Where a layer sees most of the picture at once,
            its statistics describe the style image's objects, and faces appear in the sky.
        fields_from: from so many of them on it counts in part, rising to all of its weight at
            `fields`, so that a few pixels more are not another picture; None for a jump.
        least: a style layer that would count less than this share of its weight is left out: all
            of the network up to it would be computed for next to nothing.
        shapes: how large the shapes are that the style gives, beside the preset's own. With 2 a
            style layer counts from half the size on, the more, the larger its receptive field is
            (by its square root), and content counts √2 times as much, so that it is still there.
        noise: amplitude of the noise added to the start at the coarsest scale, in standard
            deviations of the normalised image; it makes each seed another take.
        details: on the way to a finer scale, some of what only that one shows of the photo is
            added, see `details_share` (after Kolkin et al. 2019, who add all of it). The content
            loss alone does not bring back what the style painted over on a coarse scale: small
            faces have no eyes then.
        details_from: fewer of them (by the fourth power of what is missing) where the styles
            multiply the content weight with less than this: in drawings of a few lines they would
            be dirt on the ground. 0 for all of them with every style.
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
        perceived: how much colours vary from pixel to pixel is measured in Oklab for that, where
            dark pictures count as they look; else in sRGB.
        direct: convolutions are computed as they were before there were faster ways on CPUs
            (`nst.encoder.convolutions`), so that pictures of that time repeat to the bit.
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
    growth: float = 0.0
    calibration: Calibration | None = None
    amplitude: float = 0.0
    amplitude_power: float = 1.0
    style_weight: float = 1.0
    terms: Mapping[str, Term] = field(default_factory=dict)
    fields: float = 0.0
    fields_from: float | None = None
    least: float = 0.0
    shapes: float = 1.0
    noise: float = 0.0
    details: bool = False
    details_from: float = 0.0
    exact: bool = False
    init: Init = Init.CONTENT
    pooling: Pooling = Pooling.MAX
    continued: tuple[float, ...] = (0.25, 0.5, 0.75)
    network: NetworkSpec = VGG19
    repeat_edge: bool = False
    clean: bool = False
    perceived: bool = False
    direct: bool = False
    earlier: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    table_every: int = 0

    def _share(self, seen: float) -> float:
        """Return how much a layer counts where a picture's side is so many of its fields."""
        if seen >= self.fields:
            return 1.0
        begin = self.fields if self.fields_from is None else self.fields_from
        share = (seen - begin) / (self.fields - begin) if seen > begin else 0.0
        return share if share >= self.least else 0.0

    def as_of(self, version: int) -> Method:
        """Return the method as it was in a version."""
        return replace(self, **self.earlier.get(version, {}))

    def style_layers_at(self, side: int) -> Mapping[str, float]:
        """Return the style layers and weights for a scale of that longest side in pixels.

        The weights of layers that are left out go to the others in proportion.
        """
        weights = {
            layer: weight * share
            for layer, weight in self._tilted.items()
            if (share := self._share(self.shapes * side / self.network.receptive_field(layer)))
        }
        # If only deep layers are given, use them at every scale.
        weights = weights or dict(self.style_layer_weights)
        share = sum(weights.values()) / sum(self.style_layer_weights.values())
        return {layer: weight / share for layer, weight in weights.items()}

    @property
    def _tilted(self) -> Mapping[str, float]:
        """The style layers' weights, with those of large receptive fields raised by `shapes`."""
        power = math.log2(self.shapes) / 2
        return {
            layer: weight * self.network.receptive_field(layer) ** power
            for layer, weight in self.style_layer_weights.items()
        }
