"""Sheets of pictures: photo + style = result without words, and contact sheets with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from nst.errors import ReportError

_PAPER: Final = "white"
_INK: Final = "#222222"
_MAX_SIDE: Final = 16_000  # what JPEG and WebP hold, with room
# Of an equation: a photo wider than this is set above the rest; the others are parts of the photo's
# area and of its short side.
_WIDE: Final = 2.0
_SWATCH: Final = 0.4
_SIGN: Final = 0.26
_MARGIN: Final = 0.06


def equation(
    content: Image.Image,
    styles: Sequence[Image.Image],
    result: Image.Image,
    *,
    size: int = 1024,
) -> Image.Image:
    """Make a sheet of photo + style + … = result, in pictures and signs alone.

    Photo and result are of one size. The styles are smaller; of one that is more than twice as
    long as wide the middle is shown. Wide photos have all this from top to bottom.

    Args:
        content: the photo, mode RGB, any size.
        styles: the pictures whose look was wanted, at least one.
        result: the painting.
        size: longest side of photo and result on the sheet, pixels; the result is not enlarged.

    Raises:
        ReportError: the sheet would be too large for an image file.
    """
    size = min(size, max(result.size), _MAX_SIDE // (len(styles) + 4))
    painting = _filled(result, *_within(result, size))
    photo = _filled(content, *painting.size)
    height = min(painting.size)
    swatches = [_swatch(style, photo) for style in styles]
    if painting.width > _WIDE * painting.height:
        middle = _chain(swatches, "+" * (len(styles) - 1), height)
        sheet = _chain([photo, middle, painting], "+=", height, across=False)
    else:
        signs = "+" * len(styles) + "="
        sheet = _chain([photo, *swatches, painting], signs, height)
    margin = round(height * _MARGIN)
    return ImageOps.expand(sheet, margin, _PAPER)


def contact_sheet(
    rows: Sequence[Sequence[Image.Image | None]],
    *,
    columns: Sequence[str] = (),
    names: Sequence[str] = (),
    title: str = "",
    cell: tuple[int, int] = (256, 256),
) -> Image.Image:
    """Lay pictures out as a table, each cropped to fill its cell.

    Args:
        rows: pictures, mode RGB; None leaves a cell blank.
        columns: words over all columns, or none.
        names: words before all rows, or none.
        title: one line over all.
        cell: width and height of a cell in pixels.

    Raises:
        ReportError: there is no picture, or the sheet would be too large for an image file.
    """
    if all(image is None for row in rows for image in row):
        raise ReportError("There are no pictures to put on a sheet.")
    (width, height), gap = cell, max(4, min(cell) // 32)
    font, title_font = _label_font(columns, cell), _font(max(18, min(cell) / 9))
    line = round(font.size * 1.7)
    left = round(max((font.getlength(name) + 2 * gap for name in names), default=0))
    top = (round(title_font.size * 1.9) if title else 0) + (line if columns else 0)
    count = max(map(len, rows))
    sheet = _blank(left + gap + count * (width + gap), top + gap + len(rows) * (height + gap))
    draw = ImageDraw.Draw(sheet)
    draw.text((gap, gap), title, _INK, title_font)
    for number, label in enumerate(columns):
        middle = left + gap + number * (width + gap) + width / 2
        draw.text((middle, top - line / 2 + gap / 2), label, _INK, font, "mm")
    for row, name in enumerate(names):
        middle = top + gap + row * (height + gap) + height / 2
        draw.text((left, middle), name, _INK, font, "rm")
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            if image is not None:
                at = left + gap + column * (width + gap), top + gap + row * (height + gap)
                sheet.paste(_filled(image, width, height), at)
    return sheet


def _label_font(columns: Sequence[str], cell: tuple[int, int]) -> ImageFont.FreeTypeFont:
    """Return a font in which no column's label runs into its neighbours."""
    font = _font(max(14, min(cell) / 13))
    widest = max((font.getlength(label) for label in columns), default=0)
    return font if widest <= cell[0] else _font(font.size * cell[0] / widest)


def _chain(
    images: Sequence[Image.Image], signs: str, height: int, *, across: bool = True
) -> Image.Image:
    """Set images side by side, or one below another, with a sign between any two.

    Args:
        images: at least one.
        signs: one of `+` and `=` for each gap.
        height: of the pictures that the signs stand beside, pixels.
        across: from left to right; else from top to bottom.
    """
    parts = [images[0]]
    for sign, image in zip(signs, images[1:], strict=True):
        parts += [_sign(sign, height), image]
    widths, heights = [part.width for part in parts], [part.height for part in parts]
    size = (sum(widths), max(heights)) if across else (max(widths), sum(heights))
    sheet = _blank(*size)
    at = 0
    for part in parts:
        wide, high = (sheet.width - part.width) // 2, (sheet.height - part.height) // 2
        sheet.paste(part, (at, high) if across else (wide, at))
        at += part.width if across else part.height
    return sheet


def _sign(sign: str, height: int) -> Image.Image:
    """Draw a plus or an equals sign, with the room around it."""
    room = max(12, round(height * _SIGN))
    side = 4 * room  # drawn large and made small, for smooth ends
    drawn = Image.new("RGB", (side, side), _PAPER)
    draw = ImageDraw.Draw(drawn)
    arm, half = side * 0.24, side * 0.035
    for offset in (-0.1 * side, 0.1 * side) if sign == "=" else (0,):
        middle = side / 2 + offset
        bar = (side / 2 - arm, middle - half, side / 2 + arm, middle + half)
        draw.rounded_rectangle(bar, half, _INK)
    if sign == "+":
        draw.rounded_rectangle(
            (side / 2 - half, side / 2 - arm, side / 2 + half, side / 2 + arm), half, _INK
        )
    return drawn.resize((room, room), Image.Resampling.LANCZOS)


def _swatch(style: Image.Image, photo: Image.Image) -> Image.Image:
    """Give a style image a share of the photo's area; it is no higher than that."""
    aspect = min(2.0, max(0.5, style.width / style.height))
    area = _SWATCH * photo.width * photo.height
    height = min(photo.height, math.sqrt(area / aspect))
    return _filled(style, max(1, round(height * aspect)), max(1, round(height)))


def _within(image: Image.Image, size: int) -> tuple[int, int]:
    factor = size / max(image.size)
    return max(1, round(image.width * factor)), max(1, round(image.height * factor))


def _blank(width: int, height: int) -> Image.Image:
    if max(width, height) > _MAX_SIDE:
        raise ReportError(
            "A sheet of {width} × {height} px is more than an image file holds ({limit} px a "
            "side): use fewer or smaller pictures.",
            width=width,
            height=height,
            limit=_MAX_SIDE,
        )
    return Image.new("RGB", (width, height), _PAPER)


def _filled(image: Image.Image, width: int, height: int) -> Image.Image:
    """Return the middle of an image, of the shape and size asked for."""
    return ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS)


def _font(size: float) -> ImageFont.FreeTypeFont:
    """Load the font that ships with Pillow."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise ReportError("Sheets need a Pillow with FreeType: install it from its wheel.")
    return font
