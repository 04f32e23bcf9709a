"""Which style goes where: the style images at the sizes of the scales, and the masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from PIL import Image
from torch import Tensor

from nst.colour import match_covariance, match_histogram
from nst.errors import OptionsError
from nst.inputs import Inputs, LoadedStyle, Mask, recoloured
from nst.objective import Region, StyleTargets, mixed
from nst.options import Colours, Options
from nst.presets import Objective
from nst.pyramid import Scale, style_size
from nst.tensors import mask_to_tensor
from nst.vgg import VGG19

# Shared by all pictures of this process: a style that was used before costs nothing.
_STYLE_TARGETS: Final = StyleTargets()


class Regions:
    """The style images and masks of one picture.

    Args:
        inputs: styles and masks; the photo, if the styles are to have its colours.
        options: colours and style scale.
        vgg: the network.

    Attributes:
        mask: mode L, black where the photo stays; None if all is painted.

    Raises:
        OptionsError: the masks leave nothing to paint.
    """

    def __init__(self, inputs: Inputs, options: Options, vgg: VGG19) -> None:
        self._vgg = vgg
        self._style_scale = options.style_scale
        self._painted = inputs.mask
        self._styles = [_in_colours(style, inputs, options.colours) for style in inputs.styles]
        paintable = inputs.paintable()
        if paintable is not None and not paintable.image.getextrema()[1]:
            raise OptionsError("The masks have nothing in common, so nothing would be painted.")
        self.mask = paintable.image if paintable else None

    @property
    def first_style(self) -> Image.Image:
        """The first style image, sRGB."""
        return self._styles[0].image.image

    def largest_style(self, scales: Iterable[Scale]) -> int:
        """Pixels of the largest style image that will be looked at."""
        sizes = [self._style_size(style, scale) for scale in scales for style in self._styles]
        return max(width * height for width, height in sizes)

    def inside(self, scale: Scale) -> Tensor | None:
        """(1, 1, height, width), bool: where anything is painted; None for everywhere."""
        if self.mask is None:
            return None
        return mask_to_tensor(self.mask, scale.width, scale.height, self._vgg.device) > 0

    def at(self, scale: Scale, layers: tuple[str, ...], objective: Objective) -> list[Region]:
        """The regions of a picture of that size; styles with the same mask share theirs."""
        by_mask: dict[str | None, list[LoadedStyle]] = {}
        for style in self._styles:
            by_mask.setdefault(style.mask.sha256 if style.mask else None, []).append(style)
        regions = []
        for styles in by_mask.values():
            targets = [
                (
                    _STYLE_TARGETS.get(
                        self._vgg, style.image, self._style_size(style, scale), layers, objective
                    ),
                    style.weight,
                )
                for style in styles
            ]
            regions.append(Region(mixed(targets, objective), self._mask_at(scale, styles[0].mask)))
        return _shared(regions)

    def _style_size(self, style: LoadedStyle, scale: Scale) -> tuple[int, int]:
        return style_size(*style.image.image.size, scale, self._style_scale)

    def _mask_at(self, scale: Scale, region: Mask | None) -> Tensor | None:
        """(1, 1, height, width), 0 to 1: the region's mask within the picture's."""
        found: Tensor | None = None
        for mask in (region, self._painted):
            if mask is not None:
                tensor = mask_to_tensor(mask.image, scale.width, scale.height, self._vgg.device)
                found = tensor if found is None else found * tensor
        return found


def _in_colours(style: LoadedStyle, inputs: Inputs, colours: Colours) -> LoadedStyle:
    """The style image, in the photo's colours if they are to be matched beforehand."""
    match = {Colours.HISTOGRAM: match_histogram, Colours.COVARIANCE: match_covariance}.get(colours)
    if match is None:
        return style
    image = match(style.image.image, inputs.content.image)
    return recoloured(style, image, f"{colours} of {inputs.content.sha256}")


def _shared(regions: list[Region]) -> list[Region]:
    """Regions whose losses count as much as their areas; those without any are left out.

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
