"""Which frame of an animation to take: the first that shows something."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageChops

_MOVING: Final = frozenset({"GIF", "PNG", "WEBP", "AVIF", "FLI"})
_MOST_FRAMES: Final = 100
_MOST_PIXELS: Final = 200_000_000  # unpacked in search of a frame, all together
SHOWS_SOMETHING: Final = 48  # levels between the darkest and the brightest pixel


def choose_frame(image: Image.Image) -> tuple[int, int]:
    """Go to the first frame that shows something, or else to the one that shows most.

    Stickers fade in from nothing, films from black, and an APNG may hide a still picture in front
    of its frames. Of what does not move, Pillow opens the picture that is meant: the main one of a
    HEIC, all layers of a PSD together.

    Returns:
        The frame, counted from 1, and how many there are; (1, 1) for what does not move.
    """
    hidden = int(bool(image.info.get("default_image")))
    count = getattr(image, "n_frames", 1) - hidden
    if image.format not in _MOVING or count < 2:
        if hidden:
            image.seek(hidden)
        return 1, 1
    looked_at = max(1, min(count, _MOST_FRAMES, _MOST_PIXELS // (image.width * image.height)))
    best, most = 0, -1
    for number in range(looked_at):
        image.seek(number + hidden)
        shown = contrast(image)
        if shown > most:
            best, most = number, shown
        if shown >= SHOWS_SOMETHING:
            break
    image.seek(best + hidden)
    return best + 1, count


def contrast(image: Image.Image) -> int:
    """Return the widest range of a channel, transparency included; 0 if there is nothing to see."""
    layers = image.convert("RGBA").split()
    alpha = layers[3]
    ranges = [alpha.getextrema(), *(ImageChops.multiply(c, alpha).getextrema() for c in layers[:3])]
    return max(int(high) - int(low) for low, high in ranges)  # type: ignore[arg-type]  # one band
