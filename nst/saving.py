"""Pictures to files: results with their recipe, thumbnails."""

from __future__ import annotations

import io
import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image, PngImagePlugin

from nst.decode import srgb_profile
from nst.errors import ImageError, NstError
from nst.limits import megabytes
from nst.transparency import over_ground

_FORMATS: Final = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
_QUALITIES: Final = (95, 90, 85, 78, 70, 60, 50, 40, 30)
_FULL_COLOUR_QUALITY: Final = 85  # from here on JPEG keeps the full resolution of colour
_PNG_LEVEL: Final = 4  # 2 % larger than Pillow's default, in less than half the time
MAX_RECIPE_BYTES: Final = 60_000  # a JPEG segment holds 65 533 bytes, the EXIF frame included
PNG_KEY: Final = "nst"
# EXIF 2.32, 4.6.5: a UserComment starts with eight bytes that name its character code. JSON with
# escapes is ASCII, and the word after them tells our comments from those of other programs.
EXIF_IFD: Final = 0x8769
USER_COMMENT: Final = 0x9286
COMMENT_START: Final = b"ASCII\0\0\0nst "


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
        alpha: mode L, resized to the image if it differs; JPEG shows it over a plain ground.
        max_bytes: JPEG and WebP lower their quality until the file is no larger.

    Returns:
        The path written, suffix included.

    Raises:
        ImageError: unknown suffix, nothing fits into `max_bytes`, or the file cannot be written.
    """
    path = Path(path)
    suffix, data = encode_image(image, path.suffix, recipe=recipe, alpha=alpha, max_bytes=max_bytes)
    target = path if path.suffix else path.with_suffix(suffix)
    try:
        with replacing(target) as draft:
            draft.write_bytes(data)
    except OSError as error:
        raise ImageError(f"{target.name} cannot be written: {error.strerror}.") from error
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
    if len(text) > MAX_RECIPE_BYTES:
        raise ImageError(f"The recipe takes more than {MAX_RECIPE_BYTES} bytes.")
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
    check_writable(Path(path), _FORMATS, ImageError)


def check_writable(path: Path, suffixes: Collection[str], error: type[NstError]) -> None:
    """Raise an error for a path that has none of these suffixes, or cannot be written to."""
    if path.suffix.lower() not in suffixes:
        raise error(f"{path.name} must end in one of {', '.join(suffixes)}.")
    if path.is_dir():
        raise error(f"{path} is a folder; name a file.")
    if not path.parent.is_dir():
        raise error(f"There is no folder {path.parent}; make it first.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise error(f"The folder {path.parent} cannot be written to.")


def thumbnail(image: Image.Image, size: int) -> bytes:
    """Make a JPEG of `image` (RGB) with a longest side of at most `size` pixels."""
    small = image.copy()
    small.thumbnail((size, size), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


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
        image = over_ground(image, alpha) if kind == "JPEG" else image.copy()
        if kind != "JPEG":
            image.putalpha(alpha)
    settings: dict[str, Any] = {
        "icc_profile": srgb_profile(),
        "quality": quality,
        "compress_level": _PNG_LEVEL,
    }
    if recipe and kind == "PNG":
        settings["pnginfo"] = texts = PngImagePlugin.PngInfo()
        texts.add_itxt(PNG_KEY, recipe)
    elif recipe:
        settings["exif"] = exif = Image.Exif()
        exif.get_ifd(EXIF_IFD)[USER_COMMENT] = COMMENT_START + recipe.encode("ascii")
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


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside that of a file, which takes the file's place in one step at the end.

    It ends as the file's name does, from which libraries take the format. Where anything fails, an
    earlier file stays as it was, and nothing else is left.
    """
    draft = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")  # its own name may be long
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
