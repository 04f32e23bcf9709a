"""How large, small or long a picture may be; imports nothing, so that a front end can share it."""

from __future__ import annotations

from dataclasses import dataclass

from nst.errors import ImageError


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

    def too_many_bytes(self, count: int | None = None) -> str:
        """The sentence for a file that is too large; `count` is None while it is not known."""
        limit = megabytes(self.max_bytes)
        if count is None or megabytes(count) == limit:
            fact = f"This file is larger than {limit}, the limit."
        else:
            fact = f"This file is {megabytes(count)}; the limit is {limit}."
        return f"{fact} Make the picture smaller, or save it as JPEG."

    def check_size(self, width: int, height: int) -> None:
        """Refuse a picture of `width` × `height` pixels that is too large, small or long.

        Raises:
            ImageError: with the size and the limit.
        """
        size = f"This picture is {width} × {height} pixels"
        short, long = sorted((width, height))
        if short < self.min_side:
            raise ImageError(f"{size}; each side must have at least {self.min_side}.")
        if long > self.max_side:
            raise ImageError(
                f"{size}; no side may have more than {self.max_side}. Make it smaller first."
            )
        if width * height > self.max_pixels:
            raise ImageError(
                f"{size}, that is {megapixels(width * height)}; the limit is "
                f"{megapixels(self.max_pixels)}. Make it smaller first."
            )
        if long > short * self.max_aspect:
            raise ImageError(
                f"{size}; the long side may be at most {self.max_aspect:g} times the short one. "
                "Cut out a part of it first."
            )


def megabytes(count: int) -> str:
    """A number of bytes as people read it: `megabytes(26214400)` is `25 MB`.

    Rounded up, so that a file just over a limit never reads as if it met it.
    """
    if count < 2**20:
        return f"{-(-count // 1024)} kB"
    tenths = -(-count * 10 // 2**20)
    return f"{tenths // 10} MB" if tenths % 10 == 0 else f"{tenths / 10:.1f} MB"


def megapixels(count: int) -> str:
    """A number of pixels as people read it: `megapixels(64000000)` is `64 megapixels`."""
    tenths = -(-count // 100_000)
    return f"{tenths // 10 if tenths % 10 == 0 else tenths / 10} megapixels"
