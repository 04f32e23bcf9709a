"""Which picture formats are read, and what other files people send by mistake.

Only formats that Pillow (with pillow-heif) decodes by itself are on the list. Left out on purpose:
EPS and WMF (drawing programs that Pillow hands to other software), MPEG, BUFR, GRIB and HDF5 (it
recognises but cannot decode them), FITS (measurements, not pictures; unpacks gzip without a
bound), IM (Pillow gives it up), IPTC, IMT, MCIDAS and SPIDER (no real signature: noise could pass
for them).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
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

_NOT_READ: Final = Text(
    "This file is {kind}, not a picture I can read. "
    "Export the picture as PNG or JPEG and send that."
)
RAW_PHOTO: Final = Text(
    "This file is a raw photo as a camera stores it, which has to be developed first. "
    "Export it as JPEG or PNG and send that."
)
DAMAGED: Final = Text(
    "This picture is damaged or cut off, or of a rare kind I cannot read. "
    "Save it anew as PNG or JPEG and send that."
)


@cache
def readable_formats() -> tuple[str, ...]:
    """List the formats of `READABLE` that this installation can decode.

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


def readable_suffixes() -> frozenset[str]:
    """Return the suffixes of such files, in lower case, with their dots."""
    known = readable_formats()
    return frozenset(
        suffix for suffix, name in Image.registered_extensions().items() if name in known
    )


def describe_unreadable(header: bytes) -> Text:
    """Say what a file that none of the readable formats accepts seems to be.

    Args:
        header: its first bytes; 512 are enough.

    Returns:
        One or two sentences for the person who sent it.
    """
    if _is_picture(header):
        return DAMAGED
    for kind, test in _OTHERS:
        if test(header):
            return RAW_PHOTO if kind is None else Text(_NOT_READ, kind=kind)
    return Text(
        "This file is not a picture I can read. "
        "Send a JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP file."
    )


def demuxer(header: bytes) -> str | None:
    """Return how FFmpeg calls the kind of a video that it reads for us; None for anything else.

    Args:
        header: the file's first bytes; 64 are enough.
    """
    if header.startswith(_MATROSKA):
        return "matroska"
    if header[4:8] in _BOXES and header[8:12] not in _NO_VIDEO:
        return "mov"
    return None


def _is_picture(header: bytes) -> bool:
    signatures = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\1\0", b"qoif")
    return (
        header.startswith((*signatures, b"\0\0\0\x0cjP  ", b"8BPS"))
        or (header.startswith(b"RIFF") and header[8:12] == b"WEBP")
        or (header[4:8] == b"ftyp" and header[8:12] in _STILL_BRANDS)
    )


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda header: header.startswith(signatures)


def _contains(*parts: bytes) -> Callable[[bytes], bool]:
    return lambda header: any(part in header.lower() for part in parts)


def _branded(*brands: bytes) -> Callable[[bytes], bool]:
    """Make a test of whether a file of the ISO base media family has one of these brands."""
    return lambda header: header[4:8] == b"ftyp" and header[8:12] in brands


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda header: header.startswith(b"RIFF") and header[8:12] == form


def _is_lottie(header: bytes) -> bool:
    text = header.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith(b"{") and sum(key in text for key in _LOTTIE_KEYS) >= 3


def _is_sound(header: bytes) -> bool:
    if header.startswith(b"OggS"):
        return not any(codec in header for codec in (b"\x80theora", b"OVP80", b"BBCD"))
    mpeg = len(header) > 1 and header[0] == 0xFF and header[1] & 0xE6 in {0xE2, 0xE4, 0xE6, 0xE0}
    return header.startswith((b"ID3", b"fLaC", b"#!AMR", b"MThd", b"FORM")) or (
        mpeg and header[1] != 0xFF and header[1] & 0x18 != 0x08
    )


def _is_video(header: bytes) -> bool:
    """Tell a video; any other file of the ISO base media family is one too."""
    return header[4:8] in _MEDIA_BOXES or header.startswith(
        (
            *(b"\x1a\x45\xdf\xa3", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"),
            *(b"OggS", b"FLV\x01", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b".RMF", b"G@"),
        )
    )


def _is_metafile(header: bytes) -> bool:
    return header.startswith(b"\xd7\xcd\xc6\x9a") or header[40:44] == b" EMF"


_STILL_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
)
_RAW_BRANDS: Final = frozenset({b"crx "})
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A "})
_NO_VIDEO: Final = _STILL_BRANDS | _RAW_BRANDS | _SOUND_BRANDS
_MATROSKA: Final = b"\x1aE\xdf\xa3"
_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # how QuickTime files begin
_LOTTIE_KEYS: Final = (b'"v"', b'"fr"', b'"ip"', b'"op"', b'"layers"')
_MEDIA_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"skip"})
_TIFF_RAWS: Final = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
# What a file may be, None for a raw photo, and how to tell; the first that fits is said.
_OTHERS: Final[tuple[tuple[Text | None, Callable[[bytes], bool]], ...]] = (
    (Text("a PDF document"), _starts(b"%PDF")),
    (Text("an EPS or PostScript drawing"), _starts(b"%!PS", b"\xc5\xd0\xd3\xc6")),
    (Text("an SVG drawing"), _contains(b"<svg")),
    (Text("a web page"), _contains(b"<!doctype html", b"<html")),
    (Text("an archive"), _starts(b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")),
    (Text("a WMF or EMF drawing"), _is_metafile),
    (Text("a JPEG XL picture"), _starts(b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    (Text("an OpenEXR picture"), _starts(b"v/1\x01")),
    (Text("a GIMP picture"), _starts(b"gimp xcf")),
    (Text("a medical picture (DICOM)"), lambda header: header[128:132] == b"DICM"),
    (None, _branded(*_RAW_BRANDS)),
    (None, _starts(*_TIFF_RAWS, b"FUJIFILMCCD-RAW", b"FOVb", b"HEAPCCDR", b"\0MRM")),
    (None, lambda header: header[6:14] == b"HEAPCCDR"),
    (Text("a Lottie animation (a moving sticker)"), _is_lottie),
    (Text("a sound recording"), _branded(*_SOUND_BRANDS)),
    (Text("a sound recording"), _riff(b"WAVE")),
    (Text("a sound recording"), _is_sound),
    (Text("a video"), _riff(b"AVI ")),
    (Text("a video"), _is_video),
)
