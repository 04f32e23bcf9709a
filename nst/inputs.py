"""What a painting is made from, loaded and checked before any work."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice
from typing import Any, Final

import numpy as np
from PIL import Image, ImageChops

from nst.errors import ImageError, OptionsError
from nst.images import LoadedImage
from nst.masks import read_mask
from nst.sources import ImageSource, as_loaded
from nst.transparency import is_blank

__all__ = [
    "MAX_STYLES",
    "MAX_STYLE_WEIGHT",
    "ImageSource",
    "Inputs",
    "LoadedStyle",
    "Mask",
    "StyleImage",
    "as_loaded",
    "load_inputs",
    "recoloured",
]

_log = logging.getLogger(__name__)

MAX_STYLES: Final = 8
MAX_STYLE_WEIGHT: Final = 10**9  # the sum of all has to be a number


@dataclass(frozen=True, slots=True)
class StyleImage:
    """A picture whose look is wanted.

    Attributes:
        image: anything that `nst.sources.as_loaded` takes.
        weight: its share beside the other style images, above 0 and at most 10**9; only ratios
            count.
        mask: where on the result it applies (white) and where not (black); None for everywhere.
            Resized to the result if it differs.
    """

    image: ImageSource
    weight: float = 1.0
    mask: ImageSource | None = None


@dataclass(frozen=True, slots=True)
class Mask:
    """A loaded mask: mode L, 255 where it applies.

    Attributes:
        image: of any size.
        sha256: hex digest of its file.
    """

    image: Image.Image
    sha256: str


@dataclass(frozen=True, slots=True)
class LoadedStyle:
    """A loaded `StyleImage`."""

    image: LoadedImage
    weight: float
    mask: Mask | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All pictures that one result is made from.

    Attributes:
        content: the photo.
        styles: at least one.
        mask: white is painted, black keeps the photo; None for everywhere.
        init: an earlier picture to go on from; None to start anew.
    """

    content: LoadedImage
    styles: tuple[LoadedStyle, ...]
    mask: Mask | None = None
    init: LoadedImage | None = None

    def paintable(self) -> Mask | None:
        """Return where the result is painted at all: the mask, and some style's region in it.

        None if that is everywhere.
        """
        regions = [style.mask.image for style in self.styles if style.mask is not None]
        if len(regions) < len(self.styles):
            return self.mask
        every = [*regions, *([self.mask.image] if self.mask else [])]
        # The finest: a black line of one mask must not be lost at the size of another.
        size = max(each.width for each in every), max(each.height for each in every)
        alike = (each.resize(size, Image.Resampling.BILINEAR) for each in every)
        union = reduce(ImageChops.lighter, islice(alike, len(regions)))
        return Mask(reduce(ImageChops.multiply, alike, union), "")


def load_inputs(
    content: ImageSource,
    styles: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
    *,
    mask: ImageSource | None = None,
    init: ImageSource | None = None,
) -> Inputs:
    """Load and check everything.

    Raises:
        ImageError: a picture cannot be used, or a style image is blank.
        OptionsError: no style image or too many, a weight out of range, a black mask.
    """
    return Inputs(
        content=as_loaded(content),
        styles=tuple(_style(style) for style in listed(styles)),
        mask=None if mask is None else _mask_of_all(mask),
        init=None if init is None else as_loaded(init),
    )


def listed(
    styles: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
    *,
    weights: Sequence[float] = (),
) -> list[StyleImage]:
    """Return one style image or several as a list.

    Args:
        styles: a source, a `StyleImage`, or a list of either.
        weights: of those that are no `StyleImage`; 1 if there are not as many as styles.

    Raises:
        OptionsError: there is none, or there are too many.
    """
    several: Sequence[Any] = styles if isinstance(styles, list | tuple) else [styles]
    if not 1 <= len(several) <= MAX_STYLES:
        raise OptionsError(
            "A picture takes 1 to {limit} style images, not {count}.",
            limit=MAX_STYLES,
            count=len(several),
        )
    usual = weights if len(weights) == len(several) else [1.0] * len(several)
    return [
        style if isinstance(style, StyleImage) else StyleImage(style, weight)
        for style, weight in zip(several, usual, strict=True)
    ]


def preloaded(
    styles: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
    *,
    weights: Sequence[float] = (),
) -> list[StyleImage]:
    """Return the style images as `listed` does, read and checked, to be used more than once.

    Raises:
        ImageError, OptionsError: as in `load_inputs`.
    """
    several = [
        replace(
            style,
            image=as_loaded(style.image),
            mask=None if style.mask is None else as_loaded(style.mask),
        )
        for style in listed(styles, weights=weights)
    ]
    for style in several:
        _style(style)
    return several


def preloaded_mask(source: ImageSource) -> LoadedImage:
    """Return the mask of all, read and checked, to be used more than once.

    Raises:
        ImageError, OptionsError: as in `load_inputs`.
    """
    loaded = as_loaded(source)
    _mask(loaded)
    return loaded


def _style(style: StyleImage) -> LoadedStyle:
    weight: Any = style.weight
    known = isinstance(weight, int | float | np.integer | np.floating)
    if not (known and 0 < weight <= MAX_STYLE_WEIGHT):
        raise OptionsError(
            "The weight of a style image must be a number above 0 and at most {most}, "
            "not {weight}.",
            most=MAX_STYLE_WEIGHT,
            weight=repr(weight)[:40],
        )
    image = as_loaded(style.image)
    if is_blank(image.image):
        raise ImageError(
            "This style picture is blank: it has one colour all over, so there is nothing to paint "
            "with. Choose another one."
        )
    mask = None if style.mask is None else _mask(style.mask)
    return LoadedStyle(image, float(weight), mask)


def _mask(source: ImageSource) -> Mask:
    loaded = as_loaded(source)
    image = read_mask(loaded)
    if image.getextrema()[1] == 0:
        raise OptionsError("The mask is black everywhere, so nothing would be painted.")
    return Mask(image, loaded.sha256)


def _mask_of_all(source: ImageSource) -> Mask:
    mask = _mask(source)
    if mask.image.getextrema()[0] == 255:
        _log.warning("The mask is white everywhere, so all of the picture is painted.")
    return mask


def recoloured(style: LoadedStyle, image: Image.Image, name: str) -> LoadedStyle:
    """Put another picture in the style's place; its digest tells the two apart."""
    digest = hashlib.sha256(f"{style.image.sha256} {name}".encode()).hexdigest()
    return replace(style, image=LoadedImage(colour=image, alpha=None, sha256=digest))
