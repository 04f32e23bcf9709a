"""Files that must load and look right: every format, mode, profile, transparency, and oddities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from tests.corpus import icc
from tests.corpus.pictures import COLOURS, LUMA, SIZE, Corners, encoded, quadrants
from tests.corpus.png import png

# The turn that a camera wrote down as each EXIF orientation, undone.
_UNDO: Final = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_INKS: Final = {
    (0, 1, 1, 0): COLOURS[0],
    (1, 0, 1, 0): COLOURS[1],
    (1, 1, 0, 0): COLOURS[2],
    (0, 0, 1, 0): COLOURS[3],
}
_GREYS: Final = tuple(grey[:1] for grey in LUMA)


@dataclass(frozen=True, kw_only=True)
class Good:
    """A file that must load.

    Attributes:
        name: of the file.
        data: its bytes.
        colours: what the four quadrants look like on white; None where it does not matter.
        tolerance: how far each channel may be off.
        alpha: transparency of the four quadrants; None for a picture without any.
        size: upright.
    """

    name: str
    data: bytes
    colours: Corners | None = COLOURS
    tolerance: int = 2
    alpha: tuple[int, int, int, int] | None = None
    size: tuple[int, int] = SIZE


@cache
def good() -> tuple[Good, ...]:
    """Files that must load."""
    return (*_formats(), *_modes(), *_profiles(), *_transparent(), *_animated(), *_oddities())


def _formats() -> list[Good]:
    picture = quadrants()
    exact = (
        "PNG",
        "BMP",
        "TIFF",
        "TGA",
        "PPM",
        "PCX",
        "SGI",
        "QOI",
        "DDS",
        "JPEG2000",
    )
    files = [Good(name=f"plain.{kind.lower()}", data=encoded(picture, kind)) for kind in exact]
    files += [
        Good(name="icon.ico", data=encoded(picture, "ICO", sizes=[SIZE])),
        Good(name="photo.jpg", data=encoded(picture, "JPEG", quality=95), tolerance=4),
        Good(name="progressive.jpg", data=encoded(picture, "JPEG", progressive=True), tolerance=8),
        Good(name="lossless.webp", data=encoded(picture, "WEBP", lossless=True)),
        Good(name="lossy.webp", data=encoded(picture, "WEBP", quality=90), tolerance=12),
        Good(name="phone.heic", data=encoded(picture, "HEIF", quality=95), tolerance=6),
        Good(name="web.avif", data=encoded(picture, "AVIF", quality=95), tolerance=6),
        Good(name="palette.gif", data=encoded(picture, "GIF")),
    ]
    for orientation, turn in _UNDO.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = picture if turn is None else picture.transpose(turn)
        data = encoded(stored, "JPEG", quality=95, exif=exif)
        files.append(Good(name=f"turned-{orientation}.jpg", data=data, tolerance=4))
    turned = encoded(picture.transpose(Image.Transpose.ROTATE_90), "PNG", exif=_exif(6))
    return [*files, Good(name="turned.png", data=turned)]


def _modes() -> list[Good]:
    grey = quadrants(_GREYS, mode="L")
    values = np.asarray(grey)
    black_and_white = quadrants(((0,), (255,), (255,), (0,)), mode="1")
    checks = ((0,) * 3, (255,) * 3, (255,) * 3, (0,) * 3)
    deep = Image.fromarray(values.astype(np.uint16) * 257)
    unit = Image.fromarray(values.astype(np.float32) / 255)
    ink = quadrants(tuple((*(255 - part for part in colour), 0) for colour in COLOURS), mode="CMYK")
    stretched = np.where(values >= values.max(), 7e5, -3e5).astype(np.int32)
    extremes = ((0,) * 3, (0,) * 3, (0,) * 3, (255,) * 3)
    not_numbers = np.asarray(unit).copy()
    not_numbers[0, :4] = (np.nan, np.inf, -np.inf, np.nan)
    return [
        Good(name="grey.png", data=encoded(grey, "PNG"), colours=LUMA),
        Good(name="grey.jpg", data=encoded(grey, "JPEG"), colours=LUMA, tolerance=4),
        Good(name="one-bit.png", data=encoded(black_and_white, "PNG"), colours=checks),
        Good(name="one-bit.tiff", data=encoded(black_and_white, "TIFF"), colours=checks),
        Good(name="one-bit.pbm", data=encoded(black_and_white, "PPM"), colours=checks),
        Good(name="old.xbm", data=encoded(black_and_white, "XBM"), colours=None),
        Good(name="sixteen-bit.png", data=encoded(deep, "PNG"), colours=LUMA),
        Good(name="sixteen-bit.tiff", data=encoded(deep, "TIFF"), colours=LUMA),
        Good(name="sixteen-bit.pgm", data=encoded(deep, "PPM"), colours=LUMA),
        Good(name="sixteen-bit-colour.png", data=_deep_colour_png()),
        Good(name="float.tiff", data=encoded(unit, "TIFF"), colours=LUMA),
        Good(
            name="float-255.tiff",
            data=encoded(Image.fromarray(values.astype(np.float32)), "TIFF"),
            colours=LUMA,
        ),
        Good(
            name="not-a-number.tiff",
            data=encoded(Image.fromarray(not_numbers), "TIFF"),
            colours=LUMA,
        ),
        Good(name="int32.tiff", data=encoded(Image.fromarray(stretched), "TIFF"), colours=extremes),
        Good(name="ink.jpg", data=encoded(ink, "JPEG", quality=95), tolerance=4),
        Good(name="ink.tiff", data=encoded(ink, "TIFF")),
        Good(name="lab.tiff", data=encoded(_lab(), "TIFF"), tolerance=8),
        Good(name="ycbcr.tiff", data=encoded(quadrants().convert("YCbCr"), "TIFF"), tolerance=4),
    ]


def _profiles() -> list[Good]:
    ink = quadrants(tuple(tuple(255 * part for part in mix) for mix in _INKS), mode="CMYK")
    grey = quadrants(_GREYS, mode="L")
    wide = tuple(tuple(icc.p3_to_srgb(colour).round().astype(int)) for colour in COLOURS)
    linear = tuple(tuple(icc.grey_to_srgb(value, 1.0).round().astype(int)) for (value,) in _GREYS)
    p3, press = icc.display_p3(), icc.press(_INKS)
    broken = p3[:200] + bytes(100)
    return [
        Good(name="wide.png", data=encoded(quadrants(), "PNG", icc_profile=p3), colours=wide),
        Good(
            name="wide.jpg",
            data=encoded(quadrants(), "JPEG", quality=95, icc_profile=p3),
            colours=wide,
            tolerance=6,
        ),
        Good(
            name="wide-palette.png",
            data=encoded(quadrants().quantize(4), "PNG", icc_profile=p3),
            colours=wide,
        ),
        Good(
            name="linear-grey.png",
            data=encoded(grey, "PNG", icc_profile=icc.grey(1.0)),
            colours=linear,
        ),
        Good(name="press.jpg", data=encoded(ink, "JPEG", icc_profile=press), tolerance=6),
        Good(name="press.tiff", data=encoded(ink, "TIFF", icc_profile=press), tolerance=4),
        Good(name="broken-profile.png", data=encoded(quadrants(), "PNG", icc_profile=broken)),
        Good(name="noise-profile.png", data=encoded(quadrants(), "PNG", icc_profile=b"noise")),
        Good(name="wrong-profile.png", data=encoded(quadrants(), "PNG", icc_profile=press)),
    ]


def _transparent() -> list[Good]:
    colours = ((200, 40, 40), (255, 255, 255), (148, 158, 228), (230, 220, 120))
    see_through = (255, 0, 128, 255)
    layered = quadrants(
        tuple((*colour, part) for colour, part in zip(COLOURS, see_through, strict=True)),
        mode="RGBA",
    )
    greys = ((60,), (255,), (128,), (200,))
    grey_layer = quadrants(((60, 255), (60, 0), (1, 128), (200, 255)), mode="LA")
    on_white = tuple(grey * 3 for grey in greys)
    holes = quadrants().quantize(4)
    hole = holes.getpixel((60, 2))  # the palette's number of the top right quadrant
    opened = ((200, 40, 40), (255, 255, 255), (40, 60, 200), (230, 220, 120))
    cut = (255, 0, 255, 255)
    return [
        *(
            Good(
                name=f"layer.{kind.lower()}",
                data=encoded(layered, kind, **settings),
                colours=colours,
                alpha=see_through,
            )
            for kind, settings in (
                ("PNG", {}),
                ("TIFF", {}),
                ("TGA", {}),
                ("ICO", {"sizes": [SIZE]}),
                ("WEBP", {"lossless": True}),
            )
        ),
        Good(
            name="grey-layer.png",
            data=encoded(grey_layer, "PNG"),
            colours=on_white,
            alpha=see_through,
        ),
        Good(
            name="palette-hole.png",
            data=encoded(holes, "PNG", transparency=hole),
            colours=opened,
            alpha=cut,
        ),
        Good(
            name="palette-hole.gif",
            data=encoded(holes, "GIF", transparency=hole),
            colours=opened,
            alpha=cut,
        ),
        Good(
            name="colour-key.png",
            data=encoded(quadrants(), "PNG", transparency=COLOURS[1]),
            colours=opened,
            alpha=cut,
        ),
        Good(name="opaque-layer.png", data=encoded(quadrants().convert("RGBA"), "PNG")),
    ]


def _animated() -> list[Good]:
    first, *others = quadrants(), quadrants(COLOURS[::-1]), quadrants(LUMA)
    animation = {"save_all": True, "append_images": others, "duration": 50}
    return [
        Good(name="animated.gif", data=encoded(first, "GIF", **animation)),
        Good(name="animated.png", data=encoded(first, "PNG", **animation)),
        Good(name="animated.webp", data=encoded(first, "WEBP", lossless=True, **animation)),
        Good(name="pages.tiff", data=encoded(first, "TIFF", **animation)),
        Good(name="pair.mpo", data=encoded(first, "MPO", quality=95, **animation), tolerance=4),
    ]


def _oddities() -> list[Good]:
    png, jpeg = encoded(quadrants(), "PNG"), encoded(quadrants(), "JPEG", quality=95)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "@everyone " * 50)
    return [
        Good(name="jpeg-called.png", data=jpeg, tolerance=4),
        Good(name="no-extension", data=png),
        Good(name="picture.exe", data=png),
        Good(name="with-text.png", data=encoded(quadrants(), "PNG", pnginfo=notes)),
        Good(name="polyglot-zip.jpg", data=jpeg + b"PK\x03\x04" + bytes(200), tolerance=4),
        Good(name="broken-exif.jpg", data=encoded(quadrants(), "JPEG", quality=95,
             exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), tolerance=4),
        Good(name="broken-exif.png", data=encoded(quadrants(), "PNG", exif=b"garbage")),
        Good(name="broken-exif.webp", data=encoded(quadrants(), "WEBP", lossless=True,
             exif=b"Exif\0\0garbage")),
        Good(name="impossible-turn.jpg", data=encoded(quadrants(), "JPEG", quality=95,
             exif=_exif(77)), tolerance=4),
        Good(name="smallest.png", data=encoded(quadrants(size=(16, 16)), "PNG"), size=(16, 16)),
        Good(name="longest.png", data=encoded(quadrants(size=(320, 16)), "PNG"), size=(320, 16)),
    ]  # fmt: skip


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _lab() -> Image.Image:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(srgb, lab, "RGB", "LAB")
    return transform.apply(quadrants())


def _deep_colour_png() -> bytes:
    pixels = np.asarray(quadrants()).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return png(*SIZE, depth=16, colour=2, rows=rows)
