"""Quick work on films that are painted: other colours, other sizes, beside what they were."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from importlib import import_module
from typing import Final

from PIL import Image, ImageOps

from nst.film import FrameArchive, StoredFrame, beginning, encode_film, finished_frames
from nst.images import load_image
from nst.masks import read_mask
from nst.options import Colours
from nst.report.sheets import equation
from nst.tools.request import Answer, Request
from nst.transparency import over_ground

_STICKER_SECONDS: Final = Fraction(5)  # Discord takes no longer ones

with suppress(ImportError):  # optional; loaded now, before anything is shut off
    import_module("av.video.reformatter")


def refilm(request: Request) -> Answer:
    """Write the painted frames as a film.

    With `styles` each frame is a sheet: before + styles = after. With `side` it is a sticker:
    square, in the middle of nothing, and its first five seconds.
    """
    source, painted = (FrameArchive(request.file(name)) for name in ("source", "painted"))
    masks = [read_mask(load_image(mask)) for mask in request.files("mask")]
    frames = finished_frames(
        source,
        painted,
        colours=Colours(request.options["colours"]),
        mask=masks[0] if masks else None,
    )
    styles = [load_image(style).image for style in request.files("styles")]
    if styles:
        frames = [
            replace(frame, load=partial(_beside, source, number, styles, frame))
            for number, frame in enumerate(frames)
        ]
    side = request.options.get("side")
    if side:
        frames = [
            replace(frame, load=partial(_square, frame, side))
            for frame in beginning(frames, _STICKER_SECONDS)
        ]
    film = encode_film(
        frames,
        request.options["suffixes"],
        loops=source.loops,
        max_bytes=request.options["max_bytes"],
        fixed_size=bool(side),
    )
    request.write("out", film.data)
    return {"suffix": film.suffix, "width": film.width, "height": film.height}


def sticker(request: Request) -> Answer:
    """Write a picture as a square PNG of a number of pixels, in the middle of nothing."""
    loaded, side = load_image(request.file("result")), request.options["side"]
    picture = loaded.colour
    picture.putalpha(loaded.alpha or Image.new("L", picture.size, 255))
    square = _padded(picture, side)
    data = _png(square)
    if len(data) > request.options["max_bytes"]:  # a palette is a quarter of the bytes
        data = _png(square.quantize(256, Image.Quantize.FASTOCTREE))
    request.write("out", data)
    return {"suffix": ".png", "width": side, "height": side}


def _beside(
    source: FrameArchive, number: int, styles: list[Image.Image], frame: StoredFrame
) -> Image.Image:
    after = frame.open()
    alpha = after.getchannel("A") if after.mode == "RGBA" else None
    before = load_image(source.read(number)).image
    return equation(before, styles, over_ground(after.convert("RGB"), alpha))


def _square(frame: StoredFrame, side: int) -> Image.Image:
    picture = frame.open()
    if picture.mode == "RGB" and picture.width == picture.height:
        return picture.resize((side, side), Image.Resampling.LANCZOS)
    return _padded(picture.convert("RGBA"), side)


def _padded(picture: Image.Image, side: int) -> Image.Image:
    """Fit a picture (RGBA) into a square, the rest of which is transparent."""
    return ImageOps.pad(picture, (side, side), Image.Resampling.LANCZOS, color=(0, 0, 0, 0))


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
