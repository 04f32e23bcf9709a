"""Files to pictures: the only place of nst that reads image files."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from nst.decode import decode
from nst.errors import ImageError
from nst.formats import DAMAGED
from nst.limits import Limits, megapixels
from nst.options import completed_recipe
from nst.reading import open_image, read
from nst.saving import (
    COMMENT_START,
    EXIF_IFD,
    MAX_RECIPE_BYTES,
    PNG_KEY,
    USER_COMMENT,
    check_target,
    encode_image,
    save_image,
    thumbnail,
)
from nst.transparency import fill_transparent, over_ground

__all__ = [
    "Limits",
    "LoadedImage",
    "check_target",
    "encode_image",
    "load_image",
    "read_recipe",
    "save_image",
    "thumbnail",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedImage:
    """A picture ready to work on.

    Attributes:
        colour: mode RGB, sRGB, upright; transparent parts keep what the file has there.
        alpha: mode L, 0 (transparent) to 255, same size; None where nothing is transparent.
        sha256: hex digest of the file's bytes.
        lossy: the file was compressed with loss, as photos are.
        frame: which frame of an animation this is, counted from 1.
        frames: how many frames the file has; 1 for what does not move.
    """

    colour: Image.Image
    alpha: Image.Image | None
    sha256: str
    lossy: bool = False
    frame: int = 1
    frames: int = 1

    @cached_property
    def image(self) -> Image.Image:
        """Return what people see: `colour`, transparent parts on a plain ground (RGB).

        The ground is white, or black where the picture is so light that white would hide it.
        """
        return over_ground(self.colour, self.alpha)

    @cached_property
    def filled(self) -> Image.Image:
        """Return what to paint from where the transparency is put back afterwards (RGB).

        Transparent parts continue the colours beside them, so that soft edges show no rim.
        """
        return fill_transparent(self.colour, self.alpha)


def load_image(
    source: str | Path | bytes | BinaryIO, *, limits: Limits | None = None
) -> LoadedImage:
    """Read a picture of any format that `docs/images.md` names, as gallery applications show it.

    EXIF orientation is applied; every mode (grey, palette, CMYK, LAB, 16 bit, float …) is brought
    to 8 bits; the colour space that the file declares (ICC, CICP, gAMA, EXIF) is converted to sRGB
    and HDR tone-mapped; a broken profile is ignored and logged. Of an animation the first frame
    that shows something is taken, of a TIFF the largest page. A JPEG that lacks a little of its end
    is completed.

    Args:
        source: a path, the file's bytes, or a binary file object, read from where it stands.
        limits: what to refuse; sizes are taken from the header, before anything is decoded.

    Raises:
        ImageError: whatever is wrong, in words for the person who sent the file.
    """
    limits = limits or Limits()
    data = read_source(source, limits)
    with pillow_errors():
        raster = read(data, limits)
        decoded = decode(raster)
    # Icon containers name a size in their table and may hold another one.
    limits.check_size(*decoded.colour.size)
    return LoadedImage(
        decoded.colour,
        decoded.alpha,
        hashlib.sha256(data).hexdigest(),
        lossy=raster.lossy,
        frame=raster.frame,
        frames=raster.frames,
    )


def read_recipe(source: str | Path | BinaryIO) -> dict[str, Any]:
    """Return the recipe that `save_image` wrote into a file.

    Args:
        source: a path, or a binary file object, read from where it stands.

    Raises:
        ImageError: the file cannot be read or carries no recipe (one has at most 60 000 letters).
    """
    limits = Limits(max_bytes=2**30)
    with pillow_errors(), open_image(read_source(source, limits), limits) as image:
        text: Any = image.info.get(PNG_KEY)
        if text is None:
            comment = image.getexif().get_ifd(EXIF_IFD).get(USER_COMMENT, b"")
            if isinstance(comment, bytes) and comment.startswith(COMMENT_START):
                text = comment.removeprefix(COMMENT_START).decode("ascii", "replace")
    with suppress(ValueError, TypeError, RecursionError):
        recipe = json.loads(text if len(text) <= MAX_RECIPE_BYTES else "")
        if isinstance(recipe, dict):
            return completed_recipe(recipe)
    name = Path(source).name if isinstance(source, str | Path) else "This file"
    raise ImageError(
        f"{name} carries no recipe: it was not made by this program, "
        "or a chat or an editor removed its metadata."
    )


def read_source(source: str | Path | bytes | BinaryIO, limits: Limits) -> bytes:
    """Read the bytes of a source, never more than one above the limit.

    Raises:
        ImageError: it is empty, too large, or cannot be read.
    """
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, str | Path):
        try:
            with Path(source).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                limits.check_bytes(size or 1)  # devices and pipes say 0
                data = file.read(limits.max_bytes + 1)
        except (OSError, ValueError) as error:
            if isinstance(error, ImageError):
                raise
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ImageError(f"{source} cannot be read: {reason}.") from error
    else:
        try:
            data = source.read(limits.max_bytes + 1)
        except (OSError, ValueError) as error:  # closed, opened for writing, or the disk fails
            raise ImageError(f"This file cannot be read: {error}.") from error
        if not isinstance(data, bytes):
            raise TypeError(f"bytes are read from a file, not {type(data).__name__}")
    if len(data) > limits.max_bytes:
        raise ImageError(limits.too_many_bytes(len(data) if source is data else None))
    limits.check_bytes(len(data))
    return data


@contextmanager
def pillow_errors() -> Iterator[None]:
    """Turn whatever Pillow or a codec raises into words; no warning leaks."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError(
            "This picture needs more memory to unpack than is allowed. Make it smaller first."
        ) from error
    except Image.DecompressionBombError as error:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise ImageError(
            "This picture claims to have more than {limit}, which is more than can "
            "be unpacked safely. Make it smaller first.",
            limit=megapixels(limit),
        ) from error
    except Exception as error:  # plugins raise nearly everything on damaged files
        _log.info("Picture refused: %s: %s", type(error).__name__, error)
        raise ImageError(DAMAGED) from error
