"""Which style goes where: the style images at the sizes of the scales, and the masks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from statistics import fmean

import torch
from PIL import Image
from torch import Tensor

from nst.balance import STYLE_SIDE, for_side, for_style
from nst.colour import match_covariance, match_histogram
from nst.edges import without_frame
from nst.encoder import Encoder
from nst.errors import OptionsError
from nst.inputs import Inputs, LoadedStyle, Mask, recoloured
from nst.method import Method
from nst.objective import Region, mixed, seeing, style_losses, style_terms
from nst.options import Colours
from nst.palette import Palette
from nst.presets import details_share
from nst.pyramid import Scale
from nst.setup import Setup
from nst.tensors import mask_to_tensor, to_tensor, within_bounds


class Regions:
    """The style images and masks of one picture.

    Args:
        inputs: styles and masks; the photo, if the styles are to have its colours.
        setup: of the picture.
        encoder: the network.

    Attributes:
        mask: mode L, black where the photo stays; None if all is painted.

    Raises:
        OptionsError: the masks leave nothing to paint.
    """

    def __init__(self, inputs: Inputs, setup: Setup, encoder: Encoder) -> None:
        self._setup, self._encoder = setup, seeing(encoder, setup.method)
        self._painted = inputs.mask
        colours = setup.options.colours
        self._styles = [_in_colours(style, inputs, colours) for style in inputs.styles]
        paintable = inputs.paintable()
        if paintable is not None and not paintable.image.getextrema()[1]:
            raise OptionsError("The masks have nothing in common, so nothing would be painted.")
        self.mask = paintable.image if paintable else None
        finest = self.inside(setup.scales[-1])
        if finest is not None and not finest.any():
            raise OptionsError(
                "The mask is too small for {size} px, so nothing would be painted. Choose a larger "
                "size, or make more of it white.",
                size=setup.options.size,
            )

    @property
    def first_style(self) -> Image.Image:
        """The first style image, sRGB."""
        return self._styles[0].image.image

    def inside(self, scale: Scale) -> Tensor | None:
        """Return where anything is painted, (1, 1, height, width), bool; None for everywhere."""
        if self.mask is None:
            return None
        return mask_to_tensor(self.mask, scale.width, scale.height, self._encoder.device) > 0

    def at(self, scale: Scale, layers: tuple[str, ...]) -> list[Region]:
        """Return the regions of a picture of that size; styles with the same mask share theirs.

        There are none where the masks are too small to be seen at that size.
        """
        method = self._setup.method
        regions = []
        for styles in self._by_mask():
            losses, terms = [], []
            for style in styles:
                size = self._setup.style_size(style.image.image.size, scale)
                found = style_losses(self._encoder, style.image, size, layers, method.style_loss)
                losses.append((found, style.weight))
                own = style_terms(style.image, size, method, self._encoder.device)
                terms.append((own, style.weight))
            mask = self._mask_at(scale, styles[0].mask)
            regions.append(Region(mixed(losses), mask, terms=mixed(terms)))
        return _shared(regions)

    @cached_property
    def method(self) -> Method:
        """The setup's, with the content weight that the styles and the picture's size need.

        The less, the lower a strength is below 50: at 0 all of the photo is kept of all.
        """
        method, finest = self._setup.method, self._setup.scales[-1]
        side = max(finest.width, finest.height)
        factor = for_side(side, method.growth) * self._for_styles * math.sqrt(method.shapes)
        factor **= self._in_force
        return replace(method, content_weight=method.content_weight * factor)

    @property
    def details(self) -> float:
        """How much of the photo's details a finer scale starts with, see `Method.details_from`."""
        share, full = details_share(self._setup.options.strength), self._setup.method.details_from
        return share * min(1.0, (self._for_styles / full) ** 4) ** self._in_force if full else share

    @property
    def _in_force(self) -> float:
        """How much of what the styles need counts: nothing at strength 0, all of it from 50 on."""
        return min(1.0, self._setup.options.strength / 50)

    @cached_property
    def _for_styles(self) -> float:
        """Return what the styles need: each as much as its part of the picture says."""
        calibration = self._setup.method.calibration
        if not calibration:
            return 1.0
        regions = self.at(Scale(STYLE_SIDE, STYLE_SIDE, steps=0), calibration.layers)
        targets = [[loss.target for loss in region.losses.values()] for region in regions]
        factors = [for_style(each, calibration) for each in targets]
        shares = [region.share for region in regions]
        return math.exp(fmean(map(math.log, factors), shares)) if regions else 1.0

    def cleaned(self, picture: Tensor) -> Tensor:
        """Return what is shown of a picture (1, 3, h, w), see `Method.clean`."""
        if not self._setup.method.clean:
            return picture
        return without_frame(self._bound(within_bounds(picture)))

    def _bound(self, picture: Tensor) -> Tensor:
        """Return a picture no more colourful than the styles are where they are.

        The less of it, the lower a strength is below 50: at 0 the photo has its own colours.
        """
        scale = Scale(picture.shape[3], picture.shape[2], steps=0)
        share = min(1.0, self._setup.options.strength / 50) if self._setup.method.perceived else 1.0
        for styles in self._by_mask():
            palette = self._palette(styles, scale)
            mask = self._mask_at(scale, styles[0].mask)
            if mask is None or mask.any():
                picture = torch.lerp(picture, palette.bound(picture, mask), share)
        return picture

    def _palette(self, styles: Sequence[LoadedStyle], scale: Scale) -> Palette:
        perceived = self._setup.method.perceived
        palettes = [
            Palette.of(self._picture(style, scale), perceived=perceived) for style in styles
        ]
        total = sum(style.weight for style in styles)
        return Palette.mixed(palettes, [style.weight / total for style in styles])

    def _by_mask(self) -> list[list[LoadedStyle]]:
        by_mask: dict[str | None, list[LoadedStyle]] = {}
        for style in self._styles:
            by_mask.setdefault(style.mask.sha256 if style.mask else None, []).append(style)
        return list(by_mask.values())

    def _picture(self, style: LoadedStyle, scale: Scale) -> Tensor:
        size = self._setup.style_size(style.image.image.size, scale)
        return to_tensor(style.image.image, *size, self._encoder.device)

    def _mask_at(self, scale: Scale, region: Mask | None) -> Tensor | None:
        """Return the region's mask within the picture's, (1, 1, height, width), 0 to 1."""
        found: Tensor | None = None
        for mask in (region, self._painted):
            if mask is not None:
                size = scale.width, scale.height
                tensor = mask_to_tensor(mask.image, *size, self._encoder.device)
                found = tensor if found is None else found * tensor
        return found


def _in_colours(style: LoadedStyle, inputs: Inputs, colours: Colours) -> LoadedStyle:
    """Return the style image, in the photo's colours if they are to be matched beforehand."""
    match = {Colours.HISTOGRAM: match_histogram, Colours.COVARIANCE: match_covariance}.get(colours)
    if match is None:
        return style
    image = match(style.image.image, inputs.content.filled)
    return recoloured(style, image, f"{colours} of {inputs.content.sha256}")


def _shared(regions: list[Region]) -> list[Region]:
    """Let regions' losses count as much as their areas; leave out those without any.

    A region of half the picture has half the loss, because a change of one of its pixels moves its
    statistics twice as much: so a strength means the same in small regions and large ones.
    """
    areas = [1.0 if region.mask is None else float(region.mask.mean()) for region in regions]
    whole = max(1.0, sum(areas))  # more than 1 where regions overlap
    return [
        replace(region, share=area / whole)
        for region, area in zip(regions, areas, strict=True)
        if area
    ]
