"""Turn an untrusted file into a clean picture."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import Final

from PIL import Image

from nst.fingerprint import fingerprint
from nst.formats import readable_formats
from nst.images import thumbnail
from nst.limits import Limits
from nst.tools.request import Answer, Request
from nst.tools.still import read_still
from nst.transparency import is_blank, over_ground

WORKING_SIDE: Final = 4096
THUMBNAIL_SIDE: Final = 384

readable_formats()  # loads all decoders now, before anything is shut off


def check(request: Request) -> Answer:
    """Write `clean`, our own encoding without metadata, and `thumbnail`, a small JPEG.

    `clean` is RGB, or RGBA where something is transparent; its longest side is at most
    `working_side`. The answer has its suffix, size and look (`nst.fingerprint`), the hash of the
    source, which frame of how many was taken, and whether the picture is one colour all over. Of a
    video it is the first frame that shows something, or with `most` the one that shows most.
    """
    names = {field.name for field in fields(Limits)} & request.options.keys()
    limits = Limits(**{name: request.options[name] for name in names})
    side = request.options.get("working_side", WORKING_SIDE)
    loaded = read_still(request.file("source"), limits, most=request.options.get("most", False))
    picture = loaded.colour
    if loaded.alpha is not None:
        picture.putalpha(loaded.alpha)
    picture.thumbnail((side, side))
    alpha = None if loaded.alpha is None else picture.getchannel("A")
    seen = over_ground(picture.convert("RGB"), alpha)
    suffix, data = _encode(picture, lossy=loaded.lossy)
    request.write("clean", data)
    request.write("thumbnail", thumbnail(seen, THUMBNAIL_SIDE))
    width, height = picture.size
    return {
        "suffix": suffix,
        "width": width,
        "height": height,
        "sha256": loaded.sha256,
        "fingerprint": fingerprint(picture),
        "frame": loaded.frame,
        "frames": loaded.frames,
        "blank": is_blank(seen),
    }


def _encode(picture: Image.Image, *, lossy: bool) -> tuple[str, bytes]:
    """Encode a clean picture as small as it goes in little time; return its suffix, too.

    What was compressed with loss is so once more, at a quality at which nobody sees a difference:
    a fifth of the size of a PNG in a tenth of the time. All else stays as it is, to the bit.
    """
    buffer = io.BytesIO()
    if lossy and picture.mode == "RGB":
        picture.save(buffer, "JPEG", quality=95, subsampling=0)
        return ".jpg", buffer.getvalue()
    picture.save(buffer, "WEBP", lossless=True, exact=True, quality=0, method=0)
    return ".webp", buffer.getvalue()
