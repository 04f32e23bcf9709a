"""How large, small or long a picture may be; imports nothing heavy: a front end can share it."""

from __future__ import annotations

from dataclasses import dataclass

from nst.errors import ImageError
from nst.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is refused before anything is decoded.

    Attributes:
        max_bytes: size of the file; what `max_pixels` pixels take unpacked, so that only a
            front end that sets less refuses a picture for it.
        max_pixels: width times height, from the header. Pillow's own guard against decompression
            bombs (about 179 million pixels) stays on beneath it.
        max_side: longest side in pixels.
        min_side: shortest side in pixels; VGG19 halves a picture four times before its last
            style layer, so less than 16 leaves nothing to look at.
        max_aspect: longest side divided by the shortest.
    """

    max_bytes: int = 256 * 2**20
    max_pixels: int = 64_000_000
    max_side: int = 16_384
    min_side: int = 16
    max_aspect: float = 20.0

    def check_bytes(self, count: int) -> None:
        """Refuse a file of `count` bytes that is empty or too large.

        Raises:
            ImageError: with the size and the limit.
        """
        if count == 0:
            raise ImageError("This file is empty (0 bytes). Send the picture again.")
        if count > self.max_bytes:
            raise ImageError(self.too_many_bytes(count))

    def too_many_bytes(self, count: int | None = None) -> Text:
        """Return the sentence for a file that is too large; `count` is None if not known."""
        limit = megabytes(self.max_bytes)
        if count is None or megabytes(count) == limit:
            return Text(
                "This file is larger than {limit}, the limit. "
                "Make the picture smaller, or save it as JPEG.",
                limit=limit,
            )
        return Text(
            "This file is {size}; the limit is {limit}. "
            "Make the picture smaller, or save it as JPEG.",
            size=megabytes(count),
            limit=limit,
        )

    def check_size(self, width: int, height: int) -> None:
        """Refuse a picture of `width` × `height` pixels that is too large, small or long.

        Raises:
            ImageError: with the size and the limit.
        """
        short, long = sorted((width, height))
        if short < self.min_side:
            raise ImageError(
                "This picture is {width} × {height} pixels; each side must have at least {limit}.",
                width=width,
                height=height,
                limit=self.min_side,
            )
        if long > self.max_side:
            raise ImageError(
                "This picture is {width} × {height} pixels; no side may have more than {limit}. "
                "Make it smaller first.",
                width=width,
                height=height,
                limit=self.max_side,
            )
        if width * height > self.max_pixels:
            raise ImageError(
                "This picture is {width} × {height} pixels, that is {size}; the limit is {limit}. "
                "Make it smaller first.",
                width=width,
                height=height,
                size=megapixels(width * height),
                limit=megapixels(self.max_pixels),
            )
        if long > short * self.max_aspect:
            raise ImageError(
                "This picture is {width} × {height} pixels; the long side may be at most {limit} "
                "times the short one. Cut out a part of it first.",
                width=width,
                height=height,
                limit=self.max_aspect,
            )


def megabytes(count: int) -> Text:
    """Write a number of bytes as people read it: `megabytes(26214400)` is `25 MB`.

    Rounded up, so that a file just over a limit never reads as if it met it.
    """
    if count < 2**20:
        return Text("{count} kB", count=-(-count // 1024))
    return Text("{count} MB", count=_rounded_up(count, 2**20))


def megapixels(count: int) -> Text:
    """Write a number of pixels as people read it: `megapixels(64000000)` is `64 megapixels`."""
    return Text("{count} megapixels", count=_rounded_up(count, 10**6))


def _rounded_up(count: int, unit: int) -> float:
    """Return `count` in `unit`s, rounded up to a tenth."""
    return -(-count * 10 // unit) / 10
