"""Which picture formats are read, and what other files people send by mistake.

Only formats that Pillow (with pillow-heif) decodes by itself are on the list. Left out on purpose:
EPS and WMF (drawing programs that Pillow hands to other software), MPEG, BUFR, GRIB and HDF5 (it
recognises but cannot decode them), FITS (measurements, not pictures; unpacks gzip without a
bound), IM (Pillow gives it up), IPTC, IMT, MCIDAS and SPIDER (no real signature: noise could pass
for them).
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Final

from PIL import Image

from nst.text import Text

_log = logging.getLogger(__name__)

# In the order they are tried: what people send first, formats with weak signatures last.
READABLE: Final = (
    "JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "MPO", "TIFF", "BMP", "DIB", "JPEG2000", "ICO",
    "CUR", "ICNS", "PPM", "QOI", "PSD", "DDS", "SGI", "SUN", "PCX", "DCX", "PCD", "PIXAR",
    "FLI", "FTEX", "BLP", "GBR", "MSP", "XBM", "XPM", "XVTHUMB", "TGA",
)  # fmt: skip

DAMAGED: Final = Text(
    "This picture is damaged or cut off, or of a rare kind I cannot read. "
    "Save it anew as PNG or JPEG and send that."
)


@cache
def readable_formats() -> tuple[str, ...]:
    """The formats of `READABLE` that this installation can decode.

    Registers pillow-heif at the first call; where that is missing, HEIC is not among them.
    """
    try:
        import pillow_heif  # noqa: PLC0415 (40 ms that a caller who only saves need not pay)
    except ImportError:
        _log.warning("pillow-heif is not installed: HEIC pictures cannot be read.")
    else:
        pillow_heif.register_heif_opener()
    Image.init()
    return tuple(name for name in READABLE if name in Image.OPEN)


def describe_unreadable(header: bytes) -> Text:
    """Say what a file that none of the readable formats accepts seems to be.

    Args:
        header: its first bytes; 512 are enough.

    Returns:
        One or two sentences for the person who sent it.
    """
    if _is_picture(header):
        return DAMAGED
    for kind, found in (
        (Text("a PDF document"), header.startswith(b"%PDF")),
        (Text("an EPS or PostScript drawing"), header.startswith((b"%!PS", b"\xc5\xd0\xd3\xc6"))),
        (Text("an SVG drawing"), b"<svg" in header.lower()),
        (Text("a web page"), any(tag in header.lower() for tag in (b"<!doctype html", b"<html"))),
        (
            Text("an archive"),
            header.startswith((b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")),
        ),
        (Text("a WMF or EMF drawing"), _is_metafile(header)),
        (Text("a video"), _is_video(header)),
    ):
        if found:
            return Text(
                "This file is {kind}, not a picture I can read. "
                "Export the picture as PNG or JPEG and send that.",
                kind=kind,
            )
    return Text(
        "This file is not a picture I can read. "
        "Send a JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP file."
    )


def _is_picture(header: bytes) -> bool:
    signatures = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\1\0", b"qoif")
    return (
        header.startswith((*signatures, b"\0\0\0\x0cjP  ", b"8BPS"))
        or (header.startswith(b"RIFF") and header[8:12] == b"WEBP")
        or (
            header[4:8] == b"ftyp" and header[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"avis")
        )
    )


def _is_video(header: bytes) -> bool:
    boxes = (b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V ", b"3gp4", b"3gp5")
    return (
        (header[4:8] == b"ftyp" and header[8:12] in boxes)
        or header.startswith((b"\x1a\x45\xdf\xa3", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"))
        or (header.startswith(b"RIFF") and header[8:12] == b"AVI ")
    )


def _is_metafile(header: bytes) -> bool:
    return header.startswith(b"\xd7\xcd\xc6\x9a") or header[40:44] == b" EMF"
