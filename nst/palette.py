"""How colourful a style is, as the bound of the pictures that are painted in it.

Statistics of feature maps hardly notice faint colours. So a drawing would keep those of the photo,
and get some that neither has. What is more colourful than the style is toned down when the picture
is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import torch
from torch import Tensor
from torch.nn import functional

from nst.colour_axes import chroma_of, from_oklab, oklab_of, with_chroma

_ROUNDS: Final = 3
# Of the colours from pixel to pixel: those that rounding to 8 bits adds to dark pictures.
_SPARE: Final = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """The chroma of one style image, or of several mixed.

    Its numbers are on the CPU, where a matrix of four is decomposed fastest.

    Attributes:
        mean: (2,).
        covariance: (2, 2).
        fine: mean square of what a blur takes away, a scalar.
        perceived: `fine` is of the colour axes of Oklab; else of the linear ones, which hardly see
            the colours of dark pictures.
    """

    mean: Tensor
    covariance: Tensor
    fine: Tensor
    perceived: bool = True

    @classmethod
    def of(cls, picture: Tensor, mask: Tensor | None = None, *, perceived: bool = True) -> Self:
        """Measure a picture (1, 3, h, w), normalised, or the part that a mask shows."""
        chroma = chroma_of(picture)
        weights = torch.ones_like(chroma[:, :1]) if mask is None else mask
        weights = weights / weights.sum()
        mean = (chroma * weights).sum((0, 2, 3))
        centred = chroma - mean.view(1, 2, 1, 1)
        covariance = torch.einsum("bihw,bjhw->ij", centred * weights, centred)
        seen = oklab_of(picture)[:, 1:] if perceived else chroma
        fine = (_fine(seen).square() * weights).sum()
        return cls(mean.cpu(), covariance.cpu(), fine.cpu(), perceived)

    @classmethod
    def mixed(cls, palettes: Sequence[Self], shares: Sequence[float]) -> Self:
        """Return that of a picture of which each style covers its share; shares sum to 1."""
        means = torch.stack([palette.mean for palette in palettes])
        weights = means.new_tensor(shares)
        mean = weights @ means
        apart = means - mean
        covariances = torch.stack([palette.covariance for palette in palettes])
        covariance = torch.einsum("n,nij->ij", weights, covariances)
        fine = weights @ torch.stack([palette.fine for palette in palettes])
        perceived = palettes[0].perceived
        return cls(mean, covariance + (apart * weights[:, None]).T @ apart, fine, perceived)

    def bound(self, picture: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return a picture (1, 3, h, w) no more colourful than this; its lightness stays.

        Colours move towards the palette's mean along each of its main axes on which they spread
        further than it does; only what spreads too far moves.

        Args:
            picture: normalised, within what an image can show.
            mask: (1, 1, h, w), 0 to 1: the part that is measured and changed.
        """
        chroma, found = chroma_of(picture), self.of(picture, mask, perceived=self.perceived)
        widths, axes = torch.linalg.eigh(self.covariance)
        spread = (axes.T @ found.covariance @ axes).diagonal()
        kept = axes @ torch.diag(_share(widths, spread)) @ axes.T
        towards = self.mean - kept @ self.mean
        moved = torch.einsum("ij,bjhw->bihw", kept.to(chroma), chroma)
        moved = moved + towards.to(chroma).view(1, 2, 1, 1)
        if not self.perceived:
            moved = self._smoothed(moved, mask)
        change = moved - chroma
        picture = with_chroma(picture, change if mask is None else change * mask)
        return self._smoothed_in_oklab(picture, mask) if self.perceived else picture

    def _smoothed_in_oklab(self, picture: Tensor, mask: Tensor | None) -> Tensor:
        """Return a picture whose colours in Oklab vary no more from pixel to pixel than this."""
        oklab = oklab_of(picture)
        chroma = smooth = oklab[:, 1:]
        # What a blur takes away has a blurred part of its own, so once is not enough.
        for _ in range(_ROUNDS):
            smooth = self._smoothed(smooth, mask, _SPARE)
        change = smooth - chroma if mask is None else (smooth - chroma) * mask
        toned = from_oklab(torch.cat([oklab[:, :1], chroma + change], 1))
        return torch.where((change != 0).any(1, keepdim=True), toned, picture)

    def _smoothed(self, chroma: Tensor, mask: Tensor | None, spare: float = 1.0) -> Tensor:
        """Return a chroma (1, 2, h, w) that varies no more from pixel to pixel than this.

        Args:
            chroma: as it varies.
            mask: the part that is measured.
            spare: share of the bound that may be used.
        """
        fine = _fine(chroma)
        weights = torch.ones_like(fine[:, :1]) if mask is None else mask
        energy = (fine.square() * weights).sum() / weights.sum()
        return chroma - (1 - _share(spare**2 * self.fine.to(energy), energy)) * fine


def _share(bound: Tensor, found: Tensor) -> Tensor:
    """Return what brings a mean square down to its bound, 1 where it is below."""
    return (bound.clamp_min(0) / found.clamp_min(1e-12)).sqrt().clamp_max(1.0)


def _fine(chroma: Tensor) -> Tensor:
    """Return what a blur over 5 × 5 pixels takes away."""
    padded = functional.pad(chroma, (2, 2, 2, 2), mode="replicate")
    return chroma - functional.avg_pool2d(padded, 5, stride=1)
