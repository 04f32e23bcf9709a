"""From whatever mode and colour space a file has to upright 8-bit sRGB and a separate alpha.

The order matters: a profile describes the stored numbers, so transparency is split off first,
then numbers are brought to 8 bits, then the profile is applied, then what is left (CMYK or LAB
without a usable profile) is converted by formula.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from PIL import Image, ImageCms, ImageOps

_log = logging.getLogger(__name__)

# The ICC colour space (as Little CMS spells it) that fits each mode Little CMS can read.
_PROFILE_SPACES: Final = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK", "LAB": "Lab "}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture, upright and in sRGB.

    Attributes:
        colour: mode RGB; under transparent pixels whatever the file has there.
        alpha: mode L, 0 (transparent) to 255, the same size; None where nothing is transparent.
    """

    colour: Image.Image
    alpha: Image.Image | None


def decode(image: Image.Image) -> Decoded:
    """Decode the first frame of an opened image.

    Raises:
        Exception: anything that Pillow or a codec raises on a damaged file.
    """
    image.load()
    profile = image.info.get("icc_profile")
    image = _upright(image)
    image, alpha = _split_alpha(image)
    colour = _to_srgb(_to_8_bit(image), profile)
    colour.info = {}  # profile, comments and positions are not for whoever saves it
    return Decoded(colour, alpha)


def on_white(colour: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """`colour` (RGB) over white, the paper most drawings expect, through `alpha` (L, same size)."""
    if alpha is None:
        return colour
    white = Image.new("RGB", colour.size, "white")
    return Image.composite(colour, white, alpha)


@cache
def srgb_profile() -> bytes:
    """The sRGB profile that results are tagged with; the same bytes each time."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Bytes 24 to 35 are the creation time (ICC.1:2022, 7.2.1), which Little CMS sets to now.
    data[24:36] = bytes((0x07, 0xE8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))
    return bytes(data)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception as error:  # a damaged EXIF block may raise anything and need not matter
        _log.warning("EXIF orientation ignored: %s", error)
        return image


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The image without its transparency, and the transparency (L) if there is any."""
    if image.mode in {"La", "RGBa"}:
        image = image.convert(image.mode.upper())
    elif image.mode == "PA" or (image.mode in {"1", "P", "RGB"} and image.has_transparency_data):
        image = image.convert("RGBA")
    elif image.mode == "L" and image.has_transparency_data:
        image = image.convert("LA")
    if image.mode not in {"LA", "RGBA"}:
        return image, None
    alpha = image.getchannel("A")
    colour = image.convert(image.mode.removesuffix("A"))
    return colour, None if alpha.getextrema() == (255, 255) else alpha


def _to_8_bit(image: Image.Image) -> Image.Image:
    """The image in mode L, RGB, CMYK or LAB."""
    if image.mode in _PROFILE_SPACES:
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return Image.fromarray(_grey_levels(np.asarray(image)))
    return image.convert("RGB")


def _grey_levels(values: np.ndarray) -> np.ndarray:
    """Numbers of any range as 0 to 255, uint8, the same shape.

    Unsigned 16-bit values and whole numbers within 0 to 65535 (so PNG and PPM store 16 bits) are
    scaled by their full range, floats within 0 to 1 by 255, floats within 0 to 255 are kept.
    Everything else has no agreed meaning and is stretched from its smallest to its largest value.
    """
    whole = np.issubdtype(values.dtype, np.integer)
    values = values.astype(np.float32)
    if not whole:
        np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= (65535 if whole else 255):
        low, high = 0.0, 65535.0 if whole else (1.0 if high <= 1 else 255.0)
    # Halved before the difference: the ends of float32's range are further apart than its maximum.
    scale = 255.0 / max((high / 2 - low / 2) * 2, 1e-30)
    values = (values - np.float32(low)) * np.float32(scale)
    grey: np.ndarray = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return grey


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and profile != srgb_profile():
        try:
            return _apply_profile(image, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
            _log.warning("Embedded colour profile ignored: %s", error)
    if image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return _transform(image, lab)
    return image.convert("RGB")


def _apply_profile(image: Image.Image, data: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    space = profile.profile.xcolor_space
    if space != _PROFILE_SPACES[image.mode]:
        raise ValueError(f"it is for {space.strip()}, the picture is {image.mode}")
    return _transform(image, profile)


def _transform(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    transform = ImageCms.ImageCmsTransform(
        profile, srgb, image.mode, "RGB", ImageCms.Intent.PERCEPTUAL
    )
    return transform.apply(image)
