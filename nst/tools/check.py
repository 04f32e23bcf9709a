"""Turn an untrusted file into a clean picture."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import Final

from nst.decode import on_white
from nst.fingerprint import fingerprint
from nst.formats import readable_formats
from nst.images import load_image, thumbnail
from nst.limits import Limits
from nst.tools.request import Answer, Request

WORKING_SIDE: Final = 4096
THUMBNAIL_SIDE: Final = 384

readable_formats()  # loads all decoders now, before anything is shut off


def check(request: Request) -> Answer:
    """Write `clean`, our own encoding without metadata, and `thumbnail`, a small JPEG on white.

    `clean` is RGB, or RGBA where something is transparent; its longest side is at most
    `working_side`. The answer has its size and look (`nst.fingerprint`) and the hash of the source.
    """
    names = {field.name for field in fields(Limits)} & request.options.keys()
    limits = Limits(**{name: request.options[name] for name in names})
    side = request.options.get("working_side", WORKING_SIDE)
    loaded = load_image(request.file("source"), limits=limits)
    picture = loaded.colour
    if loaded.alpha is not None:
        picture.putalpha(loaded.alpha)
    picture.thumbnail((side, side))
    alpha = None if loaded.alpha is None else picture.getchannel("A")
    small = thumbnail(on_white(picture.convert("RGB"), alpha), THUMBNAIL_SIDE)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    request.write("clean", buffer.getvalue())
    request.write("thumbnail", small)
    width, height = picture.size
    return {
        "width": width,
        "height": height,
        "sha256": loaded.sha256,
        "fingerprint": fingerprint(picture),
    }
