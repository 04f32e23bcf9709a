"""From pictures to masks: where people mean "paint here"."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageChops, ImageStat

from nst.images import LoadedImage

_DARK: Final = 128  # a brightest value below the middle cannot be meant as "half"
_NOISE: Final = 8  # what JPEG makes of black
_MOST_LABELS: Final = 64


def read_mask(picture: LoadedImage) -> Image.Image:
    """Return the mask (mode L, 255 where to paint) that a picture stands for.

    Grey counts in part. Transparent parts are not chosen; of a black silhouette on nothing the
    silhouette is. In pictures of a few flat colours, as segmentation programs write them, all but
    black is chosen. A mask whose brightest value is below the middle, such as one of zeros and
    ones, is stretched to white.
    """
    mask = _labels(picture.colour) or picture.colour.convert("L")
    if picture.alpha is not None:
        seen = ImageChops.multiply(mask, picture.alpha)
        mask = seen if _brightest(seen) else picture.alpha
    top = _brightest(mask)
    if picture.lossy and top < _NOISE:
        return Image.new("L", mask.size)
    return (
        mask.point([min(255, round(value * 255 / top)) for value in range(256)])
        if (0 < top < _DARK)
        else mask
    )


def white_share(mask: Image.Image) -> float:
    """Return how much of a mask (mode L) is white, 0 to 1; greys count in part."""
    return ImageStat.Stat(mask).mean[0] / 255


def _labels(image: Image.Image) -> Image.Image | None:
    """Return white for all but black, if there are a few colours that are not all grey."""
    colours = [colour for _, colour in image.getcolors(_MOST_LABELS) or ()]
    if not any(isinstance(each, tuple) and len(set(each)) > 1 for each in colours):
        return None
    red, green, blue = image.split()
    strongest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return strongest.point([0] + [255] * 255)


def _brightest(mask: Image.Image) -> int:
    return mask.getextrema()[1]  # type: ignore[return-value]  # one band has numbers
