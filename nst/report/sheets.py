"""Sheets of pictures with words under them: before · style · after, and whole contact sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from nst.errors import ReportError

_PAPER: Final = "white"
_INK: Final = "#222222"
_MAX_SIDE: Final = 16_000  # what JPEG and WebP hold, with room


def before_after(
    content: Image.Image,
    style: Image.Image,
    result: Image.Image,
    *,
    labels: tuple[str, str, str] = ("before", "style", "after"),
    height: int = 512,
) -> Image.Image:
    """Three pictures of one height side by side, a word under each.

    Args:
        content: the photo, mode RGB, any size.
        style: the same of the picture whose look was wanted; one much wider or higher than the
            photo is cropped to its middle.
        result: the same of the painting.
        labels: the words.
        height: of the pictures, pixels; the sheet is a little higher.

    Raises:
        ReportError: the sheet would be too large for an image file.
    """
    width = round(height * result.width / result.height)
    style_width = min(width * 3 // 2, max(width // 2, round(height * style.width / style.height)))
    widths = (width, style_width, width)
    gap, band = max(4, height // 40), max(24, height // 9)
    sheet = _blank(sum(widths) + 4 * gap, height + gap + band)
    draw = ImageDraw.Draw(sheet)
    font = _font(band * 0.55)
    left = gap
    for image, label, wide in zip((content, style, result), labels, widths, strict=True):
        sheet.paste(_filled(image, wide, height), (left, gap))
        draw.text((left + wide / 2, gap + height + band / 2), label, _INK, font, "mm")
        left += wide + gap
    return sheet


def contact_sheet(
    rows: Sequence[Sequence[Image.Image | None]],
    *,
    columns: Sequence[str] = (),
    names: Sequence[str] = (),
    title: str = "",
    cell: tuple[int, int] = (256, 256),
) -> Image.Image:
    """A table of pictures, each cropped to fill its cell.

    Args:
        rows: pictures, mode RGB; None leaves a cell blank.
        columns: words over the columns, as many as the longest row has cells, or none.
        names: words before the rows, as many as rows, or none.
        title: one line over all.
        cell: width and height of a cell in pixels.

    Raises:
        ReportError: there is no picture, or the sheet would be too large for an image file.
    """
    if all(image is None for row in rows for image in row):
        raise ReportError("There are no pictures to put on a sheet.")
    width, height = cell
    gap = max(4, min(cell) // 32)
    font, title_font = _font(max(14, min(cell) / 13)), _font(max(18, min(cell) / 9))
    widest = max((font.getlength(label) for label in columns), default=0)
    if widest > width:  # neighbours would run into each other
        font = _font(font.size * width / widest)
    line = round(font.size * 1.7)
    left = round(max((font.getlength(name) for name in names), default=0)) + (
        2 * gap if names else 0
    )
    top = (round(title_font.size * 1.9) if title else 0) + (line if columns else 0)
    count = max(map(len, rows))
    sheet = _blank(left + gap + count * (width + gap), top + gap + len(rows) * (height + gap))
    draw = ImageDraw.Draw(sheet)
    draw.text((gap, gap), title, _INK, title_font)
    for number, label in enumerate(columns):
        middle = left + gap + number * (width + gap) + width / 2
        draw.text((middle, top - line / 2 + gap / 2), label, _INK, font, "mm")
    for row, images in enumerate(rows):
        y = top + gap + row * (height + gap)
        if names:
            draw.text((left, y + height / 2), names[row], _INK, font, "rm")
        for column, image in enumerate(images):
            if image is not None:
                sheet.paste(_filled(image, width, height), (left + gap + column * (width + gap), y))
    return sheet


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
    """The middle of an image, of the shape and size asked for."""
    factor = max(width / image.width, height / image.height)
    wide, high = width / factor, height / factor
    left, top = (image.width - wide) / 2, (image.height - high) / 2
    return image.convert("RGB").resize(
        (width, height), Image.Resampling.LANCZOS, (left, top, left + wide, top + high)
    )


def _font(size: float) -> ImageFont.FreeTypeFont:
    """The font that ships with Pillow."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise ReportError("Sheets need a Pillow with FreeType: install it from its wheel.")
    return font
