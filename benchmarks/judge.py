"""A second opinion on results: distances that no preset optimises.

It looks through the same VGG19, because no other network's weights come with the package, but at
layers that no preset's losses read, and measures style in another way: how far the distributions
of features are apart along random directions (sliced Wasserstein distance) instead of how their
first two moments differ. It is a judge from the same family as the judged, not a neutral one:
small differences mean nothing, and a look at the pictures decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nst.pyramid import fit
from nst.tensors import to_tensor
from nst.vgg import VGG19

CONTENT_LAYER: Final = "relu4_3"
STYLE_LAYERS: Final = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
_DIRECTIONS: Final = 128
_QUANTILES: Final = 512


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
        vgg: the network, in float32.
    """

    def __init__(self, photo: Image.Image, style: Image.Image, size: int, vgg: VGG19) -> None:
        self._vgg = vgg
        self._size = fit(*photo.size, size)
        style_size = fit(*style.size, min(size, max(style.size)))
        self._photo = self._features(photo, self._size)
        self._style = self._features(style, style_size)

    def __call__(self, picture: Image.Image) -> Judgement:
        """Judge a picture of any size; it is resized to the judge's."""
        found = self._features(picture, self._size)
        style = [sliced_wasserstein(found[layer], self._style[layer]) for layer in STYLE_LAYERS]
        content = 1 - _centred_cosine(found[CONTENT_LAYER], self._photo[CONTENT_LAYER])
        return Judgement(content=content, style=sum(style) / len(style))

    def _features(self, image: Image.Image, size: tuple[int, int]) -> dict[str, Tensor]:
        with torch.no_grad():
            return self._vgg.features(to_tensor(image, *size, self._vgg.device), STYLE_LAYERS)


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
    """The sorted projections at evenly spaced ranks, (directions, quantiles)."""
    projections = (maps[0].flatten(1).T.float() @ directions.float()).T.sort(dim=1).values
    return functional.interpolate(projections[None], size=_QUANTILES, mode="linear")[0]


def _centred_cosine(maps: Tensor, target: Tensor) -> float:
    ours, theirs = (each - each.mean((2, 3), keepdim=True) for each in (maps, target))
    return float(functional.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0))
