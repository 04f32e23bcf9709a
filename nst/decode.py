"""From whatever mode and colour space a file has to upright 8-bit sRGB and a separate alpha.

The order matters: a profile describes the stored numbers, so transparency is split off first,
then numbers are brought to 8 bits, then the profile is applied, then what is left (CMYK or LAB
without a usable profile) is converted by formula.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from PIL import Image, ImageCms, ImageOps

from nst.errors import ImageError
from nst.reading import Raster, contrast
from nst.reading.levels import to_bytes
from nst.reading.raster import Array
from nst.reading.spaces import to_srgb
from nst.text import Text

_log = logging.getLogger(__name__)

# The ICC colour space (as Little CMS spells it) that fits each mode Little CMS can read.
_PROFILE_SPACES: Final = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK", "LAB": "Lab "}
_INVISIBLE: Final = 2  # an opacity of up to 2 in 255 shows nothing to anybody
_NOISE: Final = 8  # levels: what compression makes of one colour
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_NOTHING: Final = Text(
    "This picture is transparent everywhere, so there is nothing to see. Send another one."
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture, upright and in sRGB.

    Attributes:
        colour: mode RGB; under transparent pixels whatever the file has there.
        alpha: mode L, 0 (transparent) to 255, the same size; None where nothing is transparent.
    """

    colour: Image.Image
    alpha: Image.Image | None


def decode(raster: Raster) -> Decoded:
    """Bring one picture to sRGB.

    Transparency that hides a whole picture is not meant (the clipboard of Windows, game engines and
    some converters leave zeros where they know of no transparency) and is dropped.

    Raises:
        ImageError: nothing is to be seen.
        Exception: anything that Pillow or a codec raises on a damaged file.
    """
    stored = decode_frame(raster)
    return replace(stored, alpha=_meant(stored.colour, stored.alpha))


def decode_frame(raster: Raster) -> Decoded:
    """Bring one picture of several to sRGB, with the transparency that is stored: it may be empty.

    Raises:
        Exception: anything that Pillow or a codec raises on a damaged file.
    """
    pixels = raster.pixels
    if isinstance(pixels, Image.Image):
        pixels.load()
        image, alpha = _split_alpha(_upright(pixels))
        if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
            colour = _from_numbers(replace(raster, pixels=np.asarray(image)))
        else:
            colour = _from_image(image, raster)
    else:
        turn = _TURNS.get(raster.orientation)
        colour = _turned(_from_numbers(raster), turn)
        alpha = None if raster.alpha is None else _turned(_opacity(raster.alpha), turn)
    colour.info = {}  # profile, comments and positions are not for whoever saves it
    return Decoded(colour, alpha)


@cache
def srgb_profile() -> bytes:
    """Return the sRGB profile that results are tagged with; the same bytes each time."""
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


def _turned(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Split the image from its transparency (L), if there is any."""
    if image.mode in {"La", "RGBa"}:
        image = image.convert(image.mode.upper())
    elif image.mode == "PA" or (image.mode in {"1", "P", "RGB"} and image.has_transparency_data):
        image = image.convert("RGBA")
    elif image.mode == "L" and image.has_transparency_data:
        image = image.convert("LA")
    if image.mode not in {"LA", "RGBA"}:
        return image, None
    return image.convert(image.mode.removesuffix("A")), image.getchannel("A")


def _opacity(alpha: Array) -> Image.Image:
    """Convert transparency of any numeric type to mode L."""
    if alpha.dtype.kind == "f":
        return Image.fromarray(np.rint(alpha.clip(0, 1) * 255).astype(np.uint8))
    shift = 8 * (alpha.dtype.itemsize - 1)
    return Image.fromarray((alpha >> shift).astype(np.uint8))


def _meant(colour: Image.Image, alpha: Image.Image | None) -> Image.Image | None:
    """Return the transparency, unless it hides nothing, or everything."""
    if alpha is None:
        return None
    low, high = alpha.getextrema()
    if high <= _INVISIBLE:  # type: ignore[operator]  # one band has numbers, not pairs of them
        if contrast(colour) <= _NOISE:
            raise ImageError(_NOTHING)
        return None
    return None if low == 255 else alpha


def _from_image(image: Image.Image, raster: Raster) -> Image.Image:
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode not in _PROFILE_SPACES:
        image = image.convert("RGB")
    if raster.icc:
        return _by_profile(image, raster.icc)
    if raster.space and image.mode in {"L", "RGB"}:
        return Image.fromarray(to_srgb(np.asarray(image), 255, raster.space))
    return _plainly(image)


def _from_numbers(raster: Raster) -> Image.Image:
    """Convert an array of numbers to mode RGB."""
    values = np.asarray(raster.pixels)
    if raster.space and not raster.icc:
        return Image.fromarray(to_srgb(values, raster.white or 1.0, raster.space))
    if raster.lab or (values.ndim == 3 and values.shape[2] == 4):
        mode = "LAB" if raster.lab else "CMYK"
        image = Image.frombytes(mode, values.shape[1::-1], np.ascontiguousarray(values).tobytes())
    else:
        image = Image.fromarray(_eight_bits(values, raster))
    return _by_profile(image, raster.icc) if raster.icc else _plainly(image)


def _eight_bits(values: Array, raster: Raster) -> Array:
    if raster.white is None:
        out = to_bytes(values, raster.nodata)
    elif raster.white == 255:
        out = values
    else:
        scale = np.float32(255 / raster.white)
        out = np.empty(values.shape, dtype=np.uint8)
        for row, numbers in enumerate(values):  # one row at a time: floats take much room
            out[row] = np.rint((numbers * scale).clip(0, 255))
    return 255 - out if raster.white_is_zero else out


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    if profile != srgb_profile():
        try:
            return _apply_profile(image, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
            _log.warning("Embedded colour profile ignored: %s", error)
    return _plainly(image)


def _plainly(image: Image.Image) -> Image.Image:
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
