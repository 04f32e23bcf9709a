"""What the optimisation minimises: how far a picture is from the photo's content and the style."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pkgutil import resolve_name
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from nst.encoder import Encoder
from nst.images import LoadedImage
from nst.losses import ContentLoss, PictureLoss, StyleLoss
from nst.method import Method
from nst.tensors import to_tensor

CONTENT: Final = "content"
STYLE: Final = "style"


@dataclass(frozen=True, slots=True)
class Losses:
    """One evaluation, weighted: scalars on the device, or, of several pictures, (pictures,) each.

    Attributes:
        total: the sum of the terms.
        terms: `content`, `style`, and the method's further terms by their names.
        style_layers: what each style layer contributes to `style`.
    """

    total: Tensor
    terms: Mapping[str, Tensor]
    style_layers: Mapping[str, Tensor]

    def stacked(self) -> Tensor:
        """Return all numbers as one tensor, to be taken to the host at once."""
        return torch.stack([self.total, *self.terms.values(), *self.style_layers.values()])

    def unstacked(self, numbers: Tensor) -> Losses:
        """Return the same losses with the numbers of a `stacked` tensor."""
        total, *others = numbers.unbind()
        layers = others[len(self.terms) :]
        return Losses(
            total,
            dict(zip(self.terms, others, strict=False)),
            dict(zip(self.style_layers, layers, strict=True)),
        )

    @staticmethod
    def together(losses: Sequence[Losses]) -> Losses:
        """Return the losses of several pictures, which have the same terms and layers, as one."""
        return losses[0].unstacked(torch.stack([each.stacked() for each in losses], 1))

    def apart(self) -> list[Losses]:
        """Return those of each picture: the opposite of `together`."""
        return [self.unstacked(numbers) for numbers in self.stacked().unbind(1)]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture and the style that it is to have.

    Attributes:
        losses: of the style, by layer.
        terms: of the style's pictures themselves, by the names of the method's terms.
        mask: (1, 1, height, width) of the picture, 0 to 1; None for all of it.
        share: weight of its losses beside the other regions'.
    """

    losses: Mapping[str, StyleLoss]
    mask: Tensor | None = None
    share: float = 1.0
    terms: Mapping[str, StyleLoss] = field(default_factory=dict)


def style_losses(
    encoder: Encoder, image: LoadedImage, size: tuple[int, int], layers: tuple[str, ...], kind: str
) -> Mapping[str, StyleLoss]:
    """Return a style's loss at each layer; they are kept in the encoder's cache.

    Args:
        encoder: the network.
        image: of the style.
        size: width and height at which it is looked at, pixels.
        layers: of the network.
        kind: the losses' class, `module:Class`.
    """
    loss: type[StyleLoss] = resolve_name(kind)

    def compute() -> Mapping[str, StyleLoss]:
        with torch.no_grad():
            picture = to_tensor(image.image, *size, encoder.device)
            return {layer: loss.of(maps) for layer, maps in encoder.walk(picture, layers)}

    key = image.sha256, size, layers, kind, encoder.repeats_edge
    return encoder.cache.get(key, compute, _bytes)


def _bytes(losses: Mapping[str, StyleLoss]) -> int:
    return sum(tensor.nbytes for loss in losses.values() for tensor in loss.target)


def mixed(
    styles: Sequence[tuple[Mapping[str, StyleLoss], float]],
) -> Mapping[str, StyleLoss]:
    """Return the losses of several styles at once, each with its weight."""
    if len(styles) == 1:
        return styles[0][0]
    total = sum(weight for _, weight in styles)
    shares = [weight / total for _, weight in styles]
    return {
        layer: type(loss).mixed([losses[layer] for losses, _ in styles], shares)
        for layer, loss in styles[0][0].items()
    }


def seeing(encoder: Encoder, method: Method) -> Encoder:
    """Return the network as the method looks through it."""
    return encoder.with_repeated_edge() if method.repeat_edge else encoder


def style_terms(
    image: LoadedImage, size: tuple[int, int], method: Method, device: torch.device
) -> dict[str, StyleLoss]:
    """Return the losses of a style image itself, looked at in a size, by the terms' names."""
    kinds = {name: term.loss for name, term in method.terms.items() if term.of_style}
    if not kinds:
        return {}
    picture = to_tensor(image.image, *size, device)
    return {name: resolve_name(kind).of(picture) for name, kind in kinds.items()}


class PictureObjective:
    """The losses of a picture of one size, with everything that stays the same computed once.

    Args:
        encoder: the network.
        photo: at this size, (1, 3, height, width), normalised.
        regions: which style goes where; none where all stays the photo.
        style_layer_weights: the layers of the regions' losses and their weights.
        method: form of the losses, content layers, other weights.
        content_factor: multiplies the method's content weight (the user's strength).
        free: (1, 1, height, width), bool: the pixels that may change; None for all.
        further: terms beside the method's own, with their weights, by name.

    Attributes:
        encoder: the network as the method looks through it.
        layers: at which `hook` has losses.
    """

    def __init__(
        self,
        encoder: Encoder,
        photo: Tensor,
        regions: Sequence[Region],
        style_layer_weights: Mapping[str, float],
        method: Method,
        content_factor: float = 1.0,
        *,
        free: Tensor | None = None,
        further: Mapping[str, tuple[PictureLoss, float]] | None = None,
    ) -> None:
        self.encoder = seeing(encoder, method)
        self._free = free
        self._regions = regions
        self._masks: dict[tuple[int, str], Tensor | None] = {}
        self._style_weight = method.style_weight
        self._style_layer_weights = style_layer_weights
        self._content_weight = method.content_weight * content_factor
        self.layers = {*style_layer_weights, *method.content_layer_weights}
        content: Callable[..., ContentLoss] = resolve_name(method.content_loss)
        if method.amplitude and content_factor > 1:
            apart = content_factor - 1 / content_factor
            amplitude = method.amplitude * apart**method.amplitude_power
            content = partial(content, amplitude=amplitude)
        with torch.no_grad():
            maps = self.encoder.features(photo, method.content_layer_weights)
            self._content = {
                layer: content(maps[layer], weight)
                for layer, weight in method.content_layer_weights.items()
            }
            self._terms: dict[str, tuple[PictureLoss | None, float]] = {
                name: (None if term.of_style else resolve_name(term.loss)(photo), term.weight)
                for name, term in method.terms.items()
                if term.weight and (not term.of_style or all(name in r.terms for r in regions))
            }
        self._terms |= further or {}
        self._nothing = torch.zeros((), device=photo.device)

    @classmethod
    def of_one_style(
        cls,
        encoder: Encoder,
        photo: Tensor,
        style: LoadedImage,
        method: Method,
        *,
        size: tuple[int, int] | None = None,
    ) -> PictureObjective:
        """Build the objective for one style everywhere and at every layer.

        Args:
            encoder: the network.
            photo: (1, 3, height, width), normalised.
            style: the style image.
            method: form of the losses, layers and weights.
            size: width and height at which the style is looked at; its own if None.
        """
        weights = method.style_layer_weights
        kind, size = method.style_loss, size or style.image.size
        losses = style_losses(seeing(encoder, method), style, size, tuple(weights), kind)
        terms = style_terms(style, size, method, encoder.device)
        return cls(encoder, photo, [Region(losses, terms=terms)], weights, method)

    @torch.no_grad()
    def value_and_gradient(
        self, picture: Tensor, *, recompute: bool = False
    ) -> tuple[Losses, Tensor]:
        """Evaluate a picture, and the derivative of the total by it.

        Args:
            picture: (1, 3, height, width), normalised.
            recompute: less memory for more time, see `nst.encoder.Encoder.backpropagate`.

        Returns:
            The losses, and the derivative, float32, shaped like the picture.
        """
        found, gradient = self.encoder.backpropagate(
            picture, self.layers, self.hook, recompute=recompute
        )
        return self.complete(found, gradient, picture), gradient

    def complete(self, found: Mapping[str, Tensor], gradient: Tensor, picture: Tensor) -> Losses:
        """Return all losses, given those of the layers.

        Args:
            found: what `hook` returned, by layer.
            gradient: shaped like the picture; the derivative of the other terms is added to it.
            picture: (1, 3, height, width), normalised.
        """
        content, style = torch.stack(list(found.values())).sum(0)
        terms, total = {CONTENT: content, STYLE: style}, content + style
        for name, (loss, weight) in self._terms.items():
            if loss is None:
                terms[name] = self._of_regions(name, gradient, picture, weight)
            else:
                terms[name] = loss.add_gradient(gradient, picture, weight=weight)
            total = total + terms[name]
        if self._free is not None:
            gradient *= self._free
        layers = {layer: found[layer][1] for layer in self._style_layer_weights}
        return Losses(total, terms, layers)

    def _of_regions(self, name: str, gradient: Tensor, picture: Tensor, weight: float) -> Tensor:
        """Return a term of the styles' pictures, weighted; its derivative is added."""
        if not self._regions:  # the masks are too small for this size
            return self._nothing
        return torch.stack(
            [
                region.terms[name].add_gradient(
                    gradient, picture, weight=weight * region.share, mask=region.mask
                )
                for region in self._regions
            ]
        ).sum()

    def hook(self, layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
        """Return a layer's weighted content and style loss, (2,); 0 for what it is not for.

        Their derivative is added to the gradient.
        """
        content = style = self._nothing
        if layer in self._content:
            content = self._content[layer].add_gradient(gradient, maps, weight=self._content_weight)
        if layer in self._style_layer_weights:
            for number, region in enumerate(self._regions):
                weight = self._style_weight * self._style_layer_weights[layer] * region.share
                mask = self._mask(number, layer, maps)
                style = style + region.losses[layer].add_gradient(
                    gradient, maps, weight=weight, mask=mask
                )
        return torch.stack([content, style])

    def _mask(self, number: int, layer: str, maps: Tensor) -> Tensor | None:
        """Return a region's mask at the size of the layer's feature maps, computed once."""
        mask = self._regions[number].mask
        if mask is None:
            return None
        if (number, layer) not in self._masks:
            shrunk = functional.adaptive_avg_pool2d(mask, (maps.shape[2], maps.shape[3]))
            self._masks[number, layer] = shrunk
        return self._masks[number, layer]
