"""A second opinion on results: distances that no preset optimises.

It measures style in another way than the losses do: how far the distributions of features are
apart along random directions (sliced Wasserstein distance), instead of how their first two moments
differ. It can look through two networks: another one (`benchmarks.other_network`), through which no
picture is optimised, or the same VGG19 at layers that no preset's losses read, a judge from the
family of the judged. Small differences mean nothing, and a look at the pictures decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nst.pyramid import fit
from nst.tensors import to_tensor

_DIRECTIONS: Final = 128
_QUANTILES: Final = 512


class Network(Protocol):
    """What the judge looks through."""

    @property
    def device(self) -> torch.device:
        """Where it is."""
        ...

    def features(self, picture: Tensor, layers: Collection[str]) -> Mapping[str, Tensor]:
        """Feature maps of a picture (1, 3, h, w), normalised as for VGG19, by layer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeLayers:
    """Where a judge looks.

    Attributes:
        content: one of the style layers.
        style: from fine to coarse.
    """

    content: str
    style: tuple[str, ...]


VGG_LAYERS: Final = JudgeLayers(
    content="relu4_3", style=("relu1_2", "relu2_2", "relu3_3", "relu4_3")
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Two distances; lower is better.

    Attributes:
        content: 1 − cosine between the features of picture and photo, each centred by its mean
            over positions; 0 for the photo itself, about 1 where nothing of it is left.
        style: sliced 2-Wasserstein distance to the style image's features, in units of their
            spread, mean over the layers; 0 for the style image itself.
    """

    content: float
    style: float


class Judge:
    """Compares pictures with one photo and one style image, at one size.

    Args:
        photo: the content image.
        style: the style image.
        size: longest side in pixels at which all pictures are looked at.
        network: in float32.
        layers: of that network.
    """

    def __init__(
        self,
        photo: Image.Image,
        style: Image.Image,
        size: int,
        network: Network,
        layers: JudgeLayers = VGG_LAYERS,
    ) -> None:
        self._network = network
        self._layers = layers
        self._size = fit(*photo.size, size)
        style_size = fit(*style.size, min(size, max(style.size)))
        self._photo = self._features(photo, self._size)
        self._style = self._features(style, style_size)

    def __call__(self, picture: Image.Image) -> Judgement:
        """Judge a picture of any size; it is resized to the judge's."""
        found = self._features(picture, self._size)
        style = [
            sliced_wasserstein(found[layer], self._style[layer]) for layer in self._layers.style
        ]
        where = self._layers.content
        content = 1 - _centred_cosine(found[where], self._photo[where])
        return Judgement(content=content, style=sum(style) / len(style))

    def _features(self, image: Image.Image, size: tuple[int, int]) -> Mapping[str, Tensor]:
        with torch.no_grad():
            picture = to_tensor(image, *size, self._network.device)
            return self._network.features(picture, self._layers.style)


def sliced_wasserstein(maps: Tensor, target: Tensor, *, seed: int = 0) -> float:
    """Distance of two sets of feature vectors along random directions.

    Args:
        maps: (1, c, h, w).
        target: (1, c, any h, any w).
        seed: of the directions.

    Returns:
        Root mean squared difference of the quantiles over all directions, divided by the target's
        root mean squared spread.
    """
    generator = torch.Generator().manual_seed(seed)
    directions = torch.randn(maps.shape[1], _DIRECTIONS, generator=generator).to(maps)
    directions = functional.normalize(directions, dim=0)
    ours, theirs = (_quantiles(each, directions) for each in (maps, target))
    spread = (theirs - theirs.mean(-1, keepdim=True)).square().mean()
    return float(((ours - theirs).square().mean() / spread.clamp_min(1e-12)).sqrt())


def _quantiles(maps: Tensor, directions: Tensor) -> Tensor:
    """Return the sorted projections at evenly spaced ranks, (directions, quantiles)."""
    projections = (maps[0].flatten(1).T.float() @ directions.float()).T.sort(dim=1).values
    return functional.interpolate(projections[None], size=_QUANTILES, mode="linear")[0]


def _centred_cosine(maps: Tensor, target: Tensor) -> float:
    ours, theirs = (each - each.mean((2, 3), keepdim=True) for each in (maps, target))
    return float(functional.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0))
