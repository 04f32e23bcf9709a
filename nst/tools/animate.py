"""A moving picture of still ones, such as screenshots."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageChops

from nst.images import load_image
from nst.tools.request import Answer, Request

_QUALITIES: Final = (85, 70, 55, 40, 25)
_MARGIN: Final = 16  # px of the ground that are left around what is shown


def animate(request: Request) -> Answer:
    """Write `frames` as a WebP that plays again and again, without the empty ground around them.

    `milliseconds` says how long each is shown; `max_bytes` is kept to as far as quality can fall.
    """
    frames = [load_image(frame).image for frame in request.files("frames")]
    box = _shown(frames)
    frames = [frame.crop(box) for frame in frames]
    data = b""
    for quality in _QUALITIES:
        data = _webp(frames, request.options["milliseconds"], quality)
        if len(data) <= request.options["max_bytes"]:
            break
    request.write("out", data)
    return {"suffix": ".webp"}


def _webp(frames: Sequence[Image.Image], milliseconds: list[int], quality: int) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=milliseconds if len(frames) > 1 else milliseconds[0],
        loop=0,
        quality=quality,
        method=4,
    )
    return buffer.getvalue()


def _shown(frames: Sequence[Image.Image]) -> tuple[int, int, int, int]:
    """Return the part of the frames that is not of the colour of their first pixel in all."""
    width, height = frames[0].size
    ground = Image.new("RGB", (width, height), frames[0].convert("RGB").getpixel((0, 0)))
    boxes = [ImageChops.difference(frame.convert("RGB"), ground).getbbox() for frame in frames]
    found = [box for box in boxes if box] or [(0, 0, width, height)]
    left, top, right, bottom = zip(*found, strict=True)
    return (
        max(0, min(left) - _MARGIN),
        max(0, min(top) - _MARGIN),
        min(width, max(right) + _MARGIN),
        min(height, max(bottom) + _MARGIN),
    )
