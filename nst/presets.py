"""The presets: which losses, which optimiser, how many steps at which size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from nst.options import MAX_STRENGTH, Init, LayerWeights, Options, Pooling, Preset
from nst.vgg import receptive_field


class Objective(Enum):
    """What is compared, and how."""

    GRAM = "gram"  # undivided Gram matrices and plain squared errors, as in the reference recipe
    STATISTICS = "statistics"  # means and covariances, every error relative to its target's energy


class Optimiser(Enum):
    """How the picture is updated."""

    ADAM = "adam"
    LBFGS = "lbfgs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """All numbers behind a preset.

    Attributes:
        objective: which losses.
        optimiser: which update rule.
        learning_rate: of Adam, in units of the normalised image; L-BFGS takes full steps.
        steps: pairs (longest side in px, steps), see `nst.pyramid.schedule`.
        content_layer_weights: layer to weight of its content loss.
        style_layer_weights: layer to weight of its style loss.
        content_weight: α.
        style_weight: β.
        tv_weight: weight of the total variation.
        fields: a style layer counts only where the picture's longest side is at least this many
            of its receptive fields; 0 for always. Where a layer sees most of the picture at once,
            its statistics describe the style image's objects, and faces appear in the sky.
        noise: amplitude of the noise added to the start at the coarsest scale, in standard
            deviations of the normalised image; it makes each seed another take.
        details: on the way to a finer scale, some of what only that one shows of the photo is
            added, see `details_share` (after Kolkin et al. 2019, who add all of it). The content
            loss alone does not bring back what the style painted over on a coarse scale: small
            faces have no eyes then.
        exact: float32 throughout, even where bfloat16 would be faster.
        init: what the picture starts from.
        pooling: how the network halves its feature maps.
        continued: shares of the steps when an earlier picture of that size or a larger one is gone
            on from, see `nst.pyramid.continued`. More strength changes the composition too, so the
            coarse scales, which cost next to nothing, do most of it.
    """

    objective: Objective
    optimiser: Optimiser
    learning_rate: float = 1.0
    steps: tuple[tuple[int, int], ...]
    content_layer_weights: Mapping[str, float]
    style_layer_weights: Mapping[str, float]
    content_weight: float
    style_weight: float = 1.0
    tv_weight: float = 0.0
    fields: float = 0.0
    noise: float = 0.0
    details: bool = False
    exact: bool = False
    init: Init = Init.CONTENT
    pooling: Pooling = Pooling.MAX
    continued: tuple[float, ...] = (0.25, 0.5, 0.75)

    def style_layers_at(self, side: int) -> Mapping[str, float]:
        """The style layers and weights for a scale of that longest side in pixels.

        The weights of layers that are left out go to the others in proportion.
        """
        weights = {
            layer: weight
            for layer, weight in self.style_layer_weights.items()
            if side >= self.fields * receptive_field(layer)
        }
        # Whoever names nothing but deep layers wants them at every scale.
        weights = weights or dict(self.style_layer_weights)
        share = sum(weights.values()) / sum(self.style_layer_weights.values())
        return {layer: weight / share for layer, weight in weights.items()}


# The rectified outputs are what the reference code compares: its in-place ReLU overwrites the
# convolutions that it names.
_REFERENCE_LAYERS: Final = MappingProxyType(
    {"relu1_1": 1.0, "relu2_1": 0.75, "relu3_1": 0.2, "relu4_1": 0.2, "relu5_1": 0.2}
)
# relu4_2 alone keeps what things are but not their drawing: small faces lose their features.
_CONTENT_LAYERS: Final = MappingProxyType({"relu3_2": 0.4, "relu4_2": 0.6})
# Shallow layers weigh more than in most papers: strokes, hatching and paper live there.
_STYLE_LAYERS: Final = MappingProxyType(
    {"relu1_1": 0.37, "relu2_1": 0.28, "relu3_1": 0.19, "relu4_1": 0.13, "relu5_1": 0.03}
)


def _statistics(*steps: tuple[int, int]) -> Method:
    return Method(
        objective=Objective.STATISTICS,
        optimiser=Optimiser.LBFGS,
        steps=steps,
        content_layer_weights=_CONTENT_LAYERS,
        style_layer_weights=_STYLE_LAYERS,
        content_weight=0.1,
        tv_weight=0.005,
        fields=3.0,
        noise=0.1,
        details=True,
    )


METHODS: Final[Mapping[Preset, Method]] = MappingProxyType(
    {
        Preset.DRAFT: _statistics((64, 30), (128, 25), (256, 15), (512, 8), (1024, 4)),
        Preset.STANDARD: _statistics((64, 60), (128, 50), (256, 50), (512, 25), (1024, 10)),
        Preset.FINE: _statistics((64, 100), (128, 100), (256, 120), (512, 80), (1024, 40)),
        # The recipe that newcomers know from the course notebooks on Gatys et al. 2016. With the
        # original weights every layer is first scaled to a mean activation of 1, so that α = 1
        # and β = 1e5 keep a meaning beside torchvision's weights, whose layers are near 1 as well.
        Preset.REFERENCE: Method(
            objective=Objective.GRAM,
            optimiser=Optimiser.ADAM,
            learning_rate=0.003,
            steps=((256, 3000),),
            content_layer_weights=MappingProxyType({"relu4_2": 1.0}),
            style_layer_weights=_REFERENCE_LAYERS,
            content_weight=1.0,
            style_weight=1e5,
            exact=True,
        ),
    }
)


def method_for(options: Options) -> Method:
    """The preset's method, with what the options say otherwise."""
    method = METHODS[options.preset]
    given = {
        "content_layer_weights": _in_proportion(
            options.content_layers, method.content_layer_weights
        ),
        "style_layer_weights": _in_proportion(options.style_layers, method.style_layer_weights),
        "tv_weight": options.tv_weight,
        "init": options.init,
        "pooling": options.pooling,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(method, **changes)


def _in_proportion(
    given: LayerWeights | None, preset: Mapping[str, float]
) -> Mapping[str, float] | None:
    """The weights given, scaled to the preset's sum: the balance is the strength's business."""
    if given is None:
        return None
    weights = dict(given)
    factor = sum(preset.values()) / sum(weights.values())
    return {layer: weight * factor for layer, weight in weights.items() if weight}


def content_factor(strength: int) -> float:
    """What a strength multiplies the content weight with: 1 at 50, ×32 at 0, ÷32 at 100."""
    return float(10 ** ((50 - strength) * 0.03))


def details_share(strength: int) -> float:
    """How much of the photo's details a finer scale starts with: 1 at strength 0, 0 at 100.

    All of them at 50 would show through flat styles, half of them at 90 as embossed lines.
    """
    return 1 - strength / MAX_STRENGTH
