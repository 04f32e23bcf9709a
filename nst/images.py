"""Files to pictures and back: the only place of nst that reads or writes image files."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import secrets
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from nst.decode import Decoded, decode, on_white, srgb_profile
from nst.errors import ImageError
from nst.formats import DAMAGED, describe_unreadable, readable_formats
from nst.limits import Limits, megabytes, megapixels

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

_FORMATS: Final = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
_QUALITIES: Final = (95, 90, 85, 78, 70, 60, 50, 40, 30)
_FULL_COLOUR_QUALITY: Final = 85  # from here on JPEG keeps the full resolution of colour
_PNG_LEVEL: Final = 4  # 2 % larger than Pillow's default, in less than half the time
_PNG_KEY: Final = "nst"
# EXIF 2.32, 4.6.5: a UserComment starts with eight bytes that name its character code. JSON with
# escapes is ASCII, and the word after them tells our comments from those of other programs.
_EXIF_IFD: Final = 0x8769
_USER_COMMENT: Final = 0x9286
_COMMENT_START: Final = b"ASCII\0\0\0nst "
_MAX_RECIPE_BYTES: Final = 60_000  # a JPEG segment holds 65 533 bytes, the EXIF frame included


@dataclass(frozen=True)
class LoadedImage:
    """A picture ready to work on.

    Attributes:
        colour: mode RGB, sRGB, upright; transparent parts keep what the file has there.
        alpha: mode L, 0 (transparent) to 255, same size; None where nothing is transparent.
        sha256: hex digest of the file's bytes.
    """

    colour: Image.Image
    alpha: Image.Image | None
    sha256: str

    @cached_property
    def image(self) -> Image.Image:
        """`colour` with transparent parts filled in white: what to paint from (RGB)."""
        return on_white(self.colour, self.alpha)


def load_image(
    source: str | Path | bytes | BinaryIO, *, limits: Limits | None = None
) -> LoadedImage:
    """Read a picture of any format on the list of `nst.formats`.

    The first frame is taken, EXIF orientation applied, every mode (grey, palette, CMYK, LAB,
    16 bit, float …) brought to 8 bits, an embedded ICC profile converted to sRGB (perceptual
    intent; a broken one is ignored and logged).

    Args:
        source: a path, the file's bytes, or a binary file object, read from where it stands.
        limits: what to refuse; sizes are taken from the header, before anything is decoded.

    Raises:
        ImageError: whatever is wrong, in words for the person who sent the file.
    """
    limits = limits or Limits()
    data = _read(source, limits)
    decoded = _decode(data, limits)
    return LoadedImage(decoded.colour, decoded.alpha, hashlib.sha256(data).hexdigest())


def save_image(
    image: Image.Image,
    path: str | Path,
    *,
    recipe: Mapping[str, Any] | None,
    alpha: Image.Image | None = None,
    max_bytes: int | None = None,
) -> Path:
    """Write a picture, tagged as sRGB, in one step: readers see the whole file or none.

    Args:
        image: mode RGB.
        path: with one of the suffixes .png, .webp, .jpg, .jpeg, or without one: then PNG is taken
            if it fits into `max_bytes`, else JPEG (WebP where there is an alpha).
        recipe: JSON-ready data that `read_recipe` gives back; kept in PNG as the text `nst`, in
            JPEG and WebP as the EXIF user comment.
        alpha: mode L, resized to the image if it differs; JPEG shows it over white.
        max_bytes: JPEG and WebP lower their quality until the file is no larger.

    Returns:
        The path written, suffix included.

    Raises:
        ImageError: unknown suffix, nothing fits into `max_bytes`, or the file cannot be written.
    """
    path = Path(path)
    suffix, data = encode_image(image, path.suffix, recipe=recipe, alpha=alpha, max_bytes=max_bytes)
    target = path if path.suffix else path.with_suffix(suffix)
    _write_atomically(target, data)
    return target


def encode_image(
    image: Image.Image,
    suffix: str = "",
    *,
    recipe: Mapping[str, Any] | None,
    alpha: Image.Image | None = None,
    max_bytes: int | None = None,
) -> tuple[str, bytes]:
    """Encode a picture as `save_image` does, without writing it.

    Args:
        image: mode RGB.
        suffix: as that of the path of `save_image`; may be empty.
        recipe: as in `save_image`.
        alpha: as in `save_image`.
        max_bytes: as in `save_image`.

    Returns:
        The suffix that fits, and the file's bytes.

    Raises:
        ImageError: unknown suffix, or nothing fits into `max_bytes`.
    """
    if alpha is not None and alpha.size != image.size:
        alpha = alpha.resize(image.size, Image.Resampling.LANCZOS)
    text = "" if recipe is None else json.dumps(recipe, separators=(",", ":"), sort_keys=True)
    if len(text) > _MAX_RECIPE_BYTES:
        raise ImageError(f"The recipe takes more than {_MAX_RECIPE_BYTES} bytes.")
    for kind, quality in _attempts(suffix.lower(), alpha):
        data = _encode(image, alpha, _FORMATS[kind], quality, text)
        if max_bytes is None or len(data) <= max_bytes:
            return kind, data
    raise ImageError(
        "The picture does not fit into {limit}. "
        "Ask for a smaller size, or for JPEG or WebP instead of PNG.",
        limit=megabytes(max_bytes or 0),
    )


def check_target(path: str | Path) -> None:
    """Refuse a path that `save_image` could not write, before hours of work go into the picture.

    Raises:
        ImageError: unknown or no suffix, no such folder, or no permission to write there.
    """
    path = Path(path)
    if path.suffix.lower() not in _FORMATS:
        raise ImageError(f"{path.name} must end in one of {', '.join(_FORMATS)}.")
    if path.is_dir():
        raise ImageError(f"{path} is a folder; name a file.")
    if not path.parent.is_dir():
        raise ImageError(f"There is no folder {path.parent}; make it first.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ImageError(f"The folder {path.parent} cannot be written to.")


def read_recipe(source: str | Path | BinaryIO) -> dict[str, Any]:
    """Return the recipe that `save_image` wrote into a file.

    Args:
        source: a path, or a binary file object, read from where it stands.

    Raises:
        ImageError: the file cannot be read or carries no recipe.
    """
    limits = Limits(max_bytes=2**30)
    with _open(_read(source, limits)) as image, _pillow_errors():
        text: Any = image.info.get(_PNG_KEY)
        if text is None:
            comment = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT, b"")
            if isinstance(comment, bytes) and comment.startswith(_COMMENT_START):
                text = comment.removeprefix(_COMMENT_START).decode("ascii", "replace")
    with suppress(ValueError, TypeError):
        recipe = json.loads(text)
        if isinstance(recipe, dict):
            return recipe
    name = Path(source).name if isinstance(source, str | Path) else "This file"
    raise ImageError(
        f"{name} carries no recipe: it was not made by this program, "
        "or a chat or an editor removed its metadata."
    )


def thumbnail(image: Image.Image, size: int) -> bytes:
    """A JPEG of `image` (RGB) with a longest side of at most `size` pixels."""
    small = image.copy()
    small.thumbnail((size, size), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _read(source: str | Path | bytes | BinaryIO, limits: Limits) -> bytes:
    """The bytes of a source, never more than one above the limit."""
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
        data = source.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise ImageError(limits.too_many_bytes(len(data) if source is data else None))
    limits.check_bytes(len(data))
    return data


def _decode(data: bytes, limits: Limits) -> Decoded:
    with _open(data) as image, _pillow_errors():
        limits.check_size(*image.size)
        decoded = decode(image)
    # Icon containers name a size in their table and may hold another one.
    limits.check_size(*decoded.colour.size)
    return decoded


@contextmanager
def _pillow_errors() -> Iterator[None]:
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


def _open(data: bytes) -> Image.Image:
    """The image behind some bytes, nothing but its header read."""
    with _pillow_errors():
        try:
            return Image.open(io.BytesIO(data), formats=readable_formats())
        except UnidentifiedImageError as error:
            raise ImageError(describe_unreadable(data[:512])) from error


def _attempts(suffix: str, alpha: Image.Image | None) -> list[tuple[str, int]]:
    """List the suffixes and qualities to try, best first."""
    if suffix and suffix not in _FORMATS:
        raise ImageError(
            f"Pictures are not written as {suffix} files; choose one of {', '.join(_FORMATS)}."
        )
    small = suffix or (".jpg" if alpha is None else ".webp")
    lossless = [(".png", 0)] if suffix in {"", ".png"} else []
    lossy = [(small, quality) for quality in _QUALITIES] if suffix != ".png" else []
    return lossless + lossy


def _encode(
    image: Image.Image, alpha: Image.Image | None, kind: str, quality: int, recipe: str
) -> bytes:
    if alpha is not None:
        image = on_white(image, alpha) if kind == "JPEG" else image.copy()
        if kind != "JPEG":
            image.putalpha(alpha)
    settings: dict[str, Any] = {
        "icc_profile": srgb_profile(),
        "quality": quality,
        "compress_level": _PNG_LEVEL,
    }
    if recipe and kind == "PNG":
        settings["pnginfo"] = texts = PngImagePlugin.PngInfo()
        texts.add_itxt(_PNG_KEY, recipe)
    elif recipe:
        settings["exif"] = exif = Image.Exif()
        exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _COMMENT_START + recipe.encode("ascii")
    if kind == "JPEG" and quality >= _FULL_COLOUR_QUALITY:
        settings["subsampling"] = 0
    buffer = io.BytesIO()
    try:
        image.save(buffer, kind, **settings)
    except (OSError, ValueError) as error:
        width, height = image.size
        raise ImageError(
            "A picture of {width} × {height} pixels cannot be written as {kind}.",
            width=width,
            height=height,
            kind=kind,
        ) from error
    return buffer.getvalue()


def _write_atomically(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with draft.open("xb") as file:
                file.write(data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ImageError(f"{path.name} cannot be written: {error.strerror}.") from error
