"""What the optimisation minimises: how far a picture is from the photo's content and the style."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from nst import losses
from nst.gradients import (
    add_gram_error,
    add_squared_distance,
    add_statistics_error,
    add_total_variation,
)
from nst.images import LoadedImage
from nst.presets import Method, Objective
from nst.tensors import to_tensor
from nst.vgg import VGG19

# The statistics of a style take 4.3 MB for all scales up to 512 px: thirty styles are warm.
_CACHED_BYTES: Final = 128 * 2**20


@dataclass(frozen=True, slots=True)
class LayerTarget:
    """A style image's statistics at one layer.

    Attributes:
        matrix: Gram matrix or covariance, (c, c).
        matrix_energy: ‖matrix‖².
        mean: (c,).
        mean_energy: ‖mean‖².
    """

    matrix: Tensor
    matrix_energy: float
    mean: Tensor
    mean_energy: float

    @property
    def bytes(self) -> int:
        """What it takes of the device's memory."""
        return self.matrix.nbytes + self.mean.nbytes


@dataclass(frozen=True, slots=True)
class Losses:
    """One evaluation, weighted; scalars on the device.

    Attributes:
        style_layers: what each style layer contributes to `style`.
    """

    total: Tensor
    content: Tensor
    style: Tensor
    tv: Tensor
    style_layers: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture and the style that it is to have.

    Attributes:
        targets: the style's statistics by layer.
        mask: (1, 1, height, width) of the picture, 0 to 1; None for all of it.
        share: weight of its losses beside the other regions'.
    """

    targets: Mapping[str, LayerTarget]
    mask: Tensor | None = None
    share: float = 1.0


class StyleTargets:
    """Style statistics by image, size, layers and network, computed once.

    Args:
        capacity: bytes to keep, on the network's device; what was not used for longest goes first.
            The latest statistics are kept in any case.
    """

    def __init__(self, capacity: int = _CACHED_BYTES) -> None:
        self._capacity = capacity
        self._bytes = 0
        self._kept: OrderedDict[tuple[object, ...], Mapping[str, LayerTarget]] = OrderedDict()

    def get(
        self,
        vgg: VGG19,
        image: LoadedImage,
        size: tuple[int, int],
        layers: tuple[str, ...],
        objective: Objective,
    ) -> Mapping[str, LayerTarget]:
        """The targets of `image`, resized to `size` (width, height), at the named layers."""
        network = (vgg.weights_sha256, vgg.device, vgg.dtype, vgg.average_pooling)
        key = (image.sha256, size, layers, objective, *network)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        with torch.no_grad():
            picture = to_tensor(image.image, *size, vgg.device)
            walk = vgg.walk(picture, layers)
            targets = {layer: _target(maps, objective) for layer, maps in walk}
        self._kept[key] = targets
        self._bytes += _bytes(targets)
        while self._bytes > self._capacity and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= _bytes(dropped)
        return targets


def _bytes(targets: Mapping[str, LayerTarget]) -> int:
    return sum(target.bytes for target in targets.values())


def _target(maps: Tensor, objective: Objective) -> LayerTarget:
    if objective is Objective.GRAM:
        matrix, mean = losses.gram_matrix(maps), torch.zeros(1, device=maps.device)
    else:
        mean, matrix = losses.mean_and_covariance(maps)
    return _with_energies(mean, matrix)


def mixed(
    styles: Sequence[tuple[Mapping[str, LayerTarget], float]], objective: Objective
) -> Mapping[str, LayerTarget]:
    """Targets of several style images at once, each with its weight.

    They are the statistics of a picture of which each style covers its share: Gram matrices and
    means are averaged; to the mean covariance comes the covariance of the styles' means.
    """
    if len(styles) == 1:
        return styles[0][0]
    total = sum(weight for _, weight in styles)
    shares = [weight / total for _, weight in styles]
    found = {}
    for layer in styles[0][0]:
        targets = [targets[layer] for targets, _ in styles]
        means = torch.stack([target.mean for target in targets])
        weights = torch.tensor(shares, device=means.device)
        mean = weights @ means
        matrix = torch.stack(
            [share * target.matrix for share, target in zip(shares, targets, strict=True)]
        ).sum(0)
        if objective is Objective.STATISTICS:
            apart = means - mean
            matrix = matrix + (apart * weights[:, None]).T @ apart
        found[layer] = _with_energies(mean, matrix)
    return found


def _with_energies(mean: Tensor, matrix: Tensor) -> LayerTarget:
    # A blank style image has no variance; an absolute floor keeps its relative errors finite.
    floor = 1e-6 * matrix.shape[0]
    return LayerTarget(
        matrix=matrix,
        matrix_energy=max(floor, float(matrix.square().sum())),
        mean=mean,
        mean_energy=max(floor, float(mean.square().sum())),
    )


class PictureObjective:
    """The losses of a picture of one size, with everything that stays the same computed once.

    Args:
        vgg: the network.
        content: the photo at this size, (1, 3, height, width), normalised.
        regions: which style goes where.
        style_layer_weights: the layers of the regions' targets and their weights.
        method: form of the losses, content layers, other weights.
        content_factor: multiplies the method's content weight (the user's strength).
        free: (1, 1, height, width), bool: the pixels that may change; None for all.
    """

    def __init__(
        self,
        vgg: VGG19,
        content: Tensor,
        regions: Sequence[Region],
        style_layer_weights: Mapping[str, float],
        method: Method,
        content_factor: float,
        *,
        free: Tensor | None = None,
    ) -> None:
        self._vgg = vgg
        self._free = free
        self._regions = regions
        self._masks: dict[tuple[int, str], Tensor | None] = {}
        self._style_layer_weights = style_layer_weights
        self._method = method
        self._content_weight = method.content_weight * content_factor
        self._layers = {*style_layer_weights, *method.content_layer_weights}
        with torch.no_grad():
            self._content = vgg.features(content, method.content_layer_weights)
            self._content_energy = {
                layer: _centred_energy(maps) for layer, maps in self._content.items()
            }
        self._nothing = torch.zeros((), device=content.device)

    @torch.no_grad()
    def value_and_gradient(self, picture: Tensor, *, lean: bool = False) -> tuple[Losses, Tensor]:
        """Evaluate a picture, and the derivative of the total by it.

        Args:
            picture: (1, 3, height, width), normalised.
            lean: less memory for more time, see `nst.vgg.VGG19.backpropagate`.

        Returns:
            The losses, and the derivative, float32, shaped like the picture.
        """
        found, gradient = self._vgg.backpropagate(picture, self._layers, self._tap, lean=lean)
        tv = self._nothing
        if self._method.tv_weight:
            tv = add_total_variation(gradient, picture, weight=self._method.tv_weight)
        if self._free is not None:
            gradient *= self._free
        return self._sum(found, tv), gradient

    def _tap(self, layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
        """The weighted content and style losses of one layer, (2,); 0 for what it is not for.

        Their derivative is added to the gradient.
        """
        content = style = self._nothing
        if layer in self._content:
            content = add_squared_distance(
                gradient,
                maps,
                self._content[layer],
                weight=self._content_weight * self._content_share(layer, maps),
            )
        if layer in self._style_layer_weights:
            for number in range(len(self._regions)):
                style = style + self._tap_region(number, layer, maps, gradient)
        return torch.stack([content, style])

    def _tap_region(self, number: int, layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
        region = self._regions[number]
        target, mask = region.targets[layer], self._mask(number, layer, maps)
        weight = self._method.style_weight * self._style_layer_weights[layer] * region.share
        if self._method.objective is Objective.GRAM:
            weight /= target.matrix.numel() * maps.numel()
            return add_gram_error(gradient, maps, target.matrix, weight=weight, mask=mask)
        return add_statistics_error(
            gradient,
            maps,
            target.mean,
            target.matrix,
            mean_weight=weight / target.mean_energy,
            covariance_weight=weight / target.matrix_energy,
            mask=mask,
        )

    def _sum(self, terms: Mapping[str, Tensor], tv: Tensor) -> Losses:
        content, style = torch.stack(list(terms.values())).sum(0)
        layers = {layer: terms[layer][1] for layer in self._style_layer_weights}
        return Losses(content + style + tv, content, style, tv, layers)

    def _content_share(self, layer: str, maps: Tensor) -> float:
        """What the squared distance of a layer's maps is multiplied with, before α."""
        gram = self._method.objective is Objective.GRAM
        divisor = maps.numel() if gram else self._content_energy[layer]
        return self._method.content_layer_weights[layer] / divisor

    def _mask(self, number: int, layer: str, maps: Tensor) -> Tensor | None:
        """The region's mask at the size of the layer's feature maps, computed once."""
        mask = self._regions[number].mask
        if mask is None:
            return None
        if (number, layer) not in self._masks:
            shrunk = functional.adaptive_avg_pool2d(mask, (maps.shape[2], maps.shape[3]))
            self._masks[number, layer] = shrunk
        return self._masks[number, layer]


def _centred_energy(maps: Tensor) -> float:
    """‖F − mean‖² over positions, with a floor for blank images."""
    centred = maps - maps.mean((2, 3), keepdim=True, dtype=torch.float32).to(maps.dtype)
    norm = float(torch.linalg.vector_norm(centred, dtype=torch.float32))
    return max(norm**2, 1e-6 * maps.numel())
