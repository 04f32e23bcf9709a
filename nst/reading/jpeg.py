"""JPEG: hostile scans, missing ends, and 12 bits.

Structure by ITU-T T.81, annex B.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image

from nst.errors import ImageError
from nst.formats import DAMAGED
from nst.reading.opened import orientation
from nst.reading.raster import Raster, split_alpha
from nst.text import Text

START: Final = b"\xff\xd8\xff"
_END: Final = b"\xff\xd9"
_EOI: Final = 0xD9
_SOS: Final = 0xDA
_APP1: Final = 0xE1
_APP2: Final = 0xE2
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
# In the data of a scan 0xFF is followed by 0, by a restart marker, or by the next marker.
_NEXT: Final = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_MAX_SCANS: Final = 100  # encoders use about ten
_MAX_SEGMENTS: Final = 10_000
_MOST_FILL: Final = 1024  # bytes between two segments; there need be none
_MOST_MISSING: Final = 0.2
_ICC: Final = b"ICC_PROFILE\0"
_TOO_MANY: Final = Text(
    "This JPEG is stored in so many layers that unpacking it would take minutes. "
    "Save it anew as PNG or JPEG and send that."
)


@dataclass(slots=True)
class Structure:
    """What the markers of a file say.

    Attributes:
        size: width and height; (0, 0) before they are known.
        bits: per channel.
        progressive: the picture comes in layers of growing detail.
        components: identifiers of the channels.
        scans: parameters of each: its channels, first and last coefficient, bits still missing.
        complete: the end marker is there.
        exif, icc: what is embedded.
    """

    size: tuple[int, int] = (0, 0)
    bits: int = 8
    progressive: bool = False
    components: bytes = b""
    scans: list[tuple[bytes, int, int, int]] = field(default_factory=list)
    complete: bool = False
    exif: bytes = b""
    icc: bytes = b""

    def every_layer_begun(self) -> bool:
        """Tell whether each coefficient of each channel is in some scan, to its last bit."""
        missing = {(channel, number) for channel in self.components for number in range(64)}
        for channels, first, last, bits in self.scans:
            if bits == 0:
                missing -= {(c, n) for c in channels for n in range(first, last + 1)}
        return not missing


def inspect(data: bytes) -> Structure:
    """Walk the markers, without unpacking anything.

    Raises:
        ImageError: there are more scans, segments or empty bytes than any picture needs.
    """
    found = Structure()
    place = 2
    for _ in range(_MAX_SEGMENTS):
        match = _NEXT.search(data, place)
        if match is None:
            return found
        if not found.scans and match.start() - place > _MOST_FILL:
            raise ImageError(DAMAGED)
        marker, place = match[1][0], match.end()
        if marker == _EOI:
            found.complete = True
            return found
        if marker in _BARE:
            continue
        if len(data) < place + 2:
            return found
        length = struct.unpack_from(">H", data, place)[0]
        _note(found, marker, data[place + 2 : place + length])
        if len(found.scans) > _MAX_SCANS:
            break
        place += length
    raise ImageError(_TOO_MANY)


def mend(data: bytes, structure: Structure) -> Image.Image:
    """Read a file without an end; what is missing continues what is above it.

    How much is missing shows when two continuations are tried: where the pictures differ, the file
    says nothing.

    Raises:
        ImageError: more than a fifth is missing.
    """
    data = data.rstrip(b"\0")  # what a broken transfer leaves behind
    image = _opened(data + _END)
    if not structure.every_layer_begun():
        raise ImageError(DAMAGED)
    if structure.progressive:  # the last layer adds detail that nobody misses
        return image
    noise = np.random.default_rng(0).integers(0, 255, len(data) + 2**16, np.uint8).tobytes()
    other = np.atleast_3d(np.asarray(_opened(data + noise + _END)))
    pixels = np.asarray(image)
    missing = (np.atleast_3d(pixels) != other).any(axis=2)
    if missing.mean() > _MOST_MISSING:
        raise ImageError(DAMAGED)
    # Two rows of distance: colour is stored at half the size and spreads.
    last = np.where(missing.any(axis=0), np.maximum(missing.argmax(axis=0) - 3, 0), len(pixels))
    rows = np.minimum(np.arange(len(pixels))[:, None], last[None, :])
    mended = Image.fromarray(pixels[rows, np.arange(pixels.shape[1])], image.mode)
    mended.info = image.info
    mended.format = image.format
    return mended


def read_deep(data: bytes, structure: Structure) -> Raster:
    """Read a JPEG of more than 8 bits, as medicine and microscopes have them.

    Raises:
        Exception: whatever the codec says of a damaged file.
    """
    import imagecodecs  # noqa: PLC0415 (rare; 10 ms)

    values, _ = split_alpha(imagecodecs.jpeg8_decode(data))
    return Raster(
        pixels=values,
        white=float(2**structure.bits - 1),
        icc=structure.icc or None,
        orientation=orientation(structure.exif),
        lossy=True,
    )


def _note(found: Structure, marker: int, body: bytes) -> None:
    """Remember what a segment says."""
    if marker == _SOS and body:
        count = body[0]
        channels = body[1 : 1 + 2 * count : 2]
        layer = body[1 + 2 * count : 4 + 2 * count]
        first, last, bits = layer if found.progressive and len(layer) == 3 else (0, 63, 0)
        found.scans.append((channels, first, last, bits & 15))
    elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC} and len(body) >= 6:
        found.bits, height, width = struct.unpack_from(">BHH", body)
        found.size = (width, height)
        found.progressive = marker in {0xC2, 0xC6, 0xCA, 0xCE}
        found.components = body[6::3][: body[5]]
    elif marker == _APP1 and body.startswith(b"Exif\0\0"):
        found.exif = body
    elif marker == _APP2 and body.startswith(_ICC):
        found.icc += body[len(_ICC) + 2 :]


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=("JPEG",))
    image.load()
    return image
