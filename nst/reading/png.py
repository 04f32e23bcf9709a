"""PNG: chunks looked at one by one; only what makes the picture is passed on to a decoder.

Structure by the PNG specification, third edition (W3C 2025).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Final

from nst.errors import ImageError
from nst.formats import DAMAGED
from nst.reading.opened import orientation
from nst.reading.raster import Raster, full_scale, split_alpha
from nst.reading.spaces import ColourSpace, from_cicp, from_gamma
from nst.text import Text

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS: Final = 200_000
_MAX_UNPACKED: Final = 32 * 2**20  # texts and profile together
_PICTURE: Final = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT", b"eXIf"}
)
_FEW_BITS: Final = frozenset({b"\2\0", b"\4\0"})  # depth and colour type: grey of 2 and 4 bits
_DEEP_WHITE: Final = 65_535.0
_TEXTS: Final = frozenset({b"zTXt", b"iTXt"})
_TOO_MANY: Final = Text(
    "This PNG is cut into more pieces than can be put together in reasonable time. "
    "Save it anew as PNG or JPEG and send that."
)


@dataclass(slots=True)
class Chunks:
    """What is in a file.

    Attributes:
        data: the file again, reduced to what makes the picture.
        colour: bodies of the chunks that declare a colour space, by name.
        exif: the body of eXIf.
        animated: there are several frames.
    """

    data: bytes = b""
    colour: dict[bytes, bytes] = field(default_factory=dict)
    exif: bytes = b""
    animated: bool = False

    @property
    def deep(self) -> bool:
        """Tell whether it has 16 bits a channel."""
        return len(self.data) > 24 and self.data[24] == 16

    def declare(self, raster: Raster) -> Raster:
        """Add to a frame, as Pillow reads it, the colours that are declared."""
        white = _DEEP_WHITE if self.deep else None
        space = self.space() or raster.space
        return replace(raster, white=white, icc=self.icc(), space=space)

    def icc(self) -> bytes | None:
        """Return the embedded profile; it counts unless cICP says otherwise."""
        return None if b"cICP" in self.colour else self.colour.get(b"iCCP")

    def space(self) -> ColourSpace | None:
        """Return the colour space declared without a profile."""
        if len(cicp := self.colour.get(b"cICP", b"")) >= 2:
            return from_cicp(cicp[0], cicp[1])
        if b"sRGB" in self.colour:
            return None
        gamma, points = self.colour.get(b"gAMA", b""), self.colour.get(b"cHRM", b"")
        white_first = (
            [part / 100_000 for part in struct.unpack(">8I", points)] if len(points) == 32 else []
        )
        return from_gamma(
            struct.unpack(">I", gamma)[0] / 100_000 if len(gamma) == 4 else None,
            tuple(white_first[2:] + white_first[:2]) if white_first else None,
        )


def split(data: bytes) -> Chunks:
    """Look at every chunk, without unpacking the picture.

    Chunks that do not make the picture are left out, so neither their checksums nor their length
    matter; what they hold packed is unpacked up to a bound, so that no text can be a bomb.

    Raises:
        ImageError: too many chunks, or texts beyond the bound.
    """
    found = Chunks()
    kept = [SIGNATURE]
    place, unpacked = len(SIGNATURE), 0
    for _ in range(_MAX_CHUNKS):
        if len(data) < place + 8:
            break
        length = int.from_bytes(data[place : place + 4], "big")
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind in _PICTURE:
            few = kind == b"tRNS" and data[24:26] in _FEW_BITS
            kept.append(
                _as_eight_bits(body, data[24]) if few else data[place : place + 12 + length]
            )
            found.animated |= kind == b"acTL"
            found.exif = body if kind == b"eXIf" else found.exif
        elif kind in _TEXTS or kind == b"iCCP":
            text = _unpacked(kind, body, _MAX_UNPACKED - unpacked)
            unpacked += len(text)
            found.colour |= {kind: text} if kind == b"iCCP" and text else {}
        elif kind in {b"cICP", b"sRGB", b"gAMA", b"cHRM"}:
            found.colour[kind] = body
        place += 12 + length
        if kind == b"IEND":
            break
    else:
        raise ImageError(_TOO_MANY)
    found.data = b"".join(kept)
    return found


def read_deep(chunks: Chunks) -> Raster:
    """Read a PNG of 16 bits a channel, with all of them.

    Raises:
        Exception: whatever the codec says of a damaged file.
    """
    import imagecodecs  # noqa: PLC0415 (rare; 10 ms)

    values, alpha = split_alpha(imagecodecs.png_decode(chunks.data))
    declared = bool(chunks.icc() or chunks.space())
    return Raster(
        pixels=values,
        alpha=alpha,
        white=full_scale(values) if declared else None,
        icc=chunks.icc(),
        space=chunks.space(),
        orientation=orientation(chunks.exif),
    )


def _as_eight_bits(key: bytes, depth: int) -> bytes:
    """Return tRNS of a grey picture of few bits, whose greys Pillow compares when they have 8."""
    top = 2**depth - 1
    body = b"tRNS" + struct.pack(">H", (int.from_bytes(key[:2], "big") & top) * 255 // top)
    return struct.pack(">I", 2) + body + struct.pack(">I", zlib.crc32(body))


def _unpacked(kind: bytes, body: bytes, bound: int) -> bytes:
    """Unpack a text or profile; return nothing where it is not packed or is damaged.

    Raises:
        ImageError: it is larger than the bound.
    """
    if kind == b"iTXt":
        _, _, rest = body.partition(b"\0")
        if rest[:2] != b"\1\0":
            return b""
        packed = rest[2:].split(b"\0", 2)[-1]
    else:
        packed = body.partition(b"\0")[2][1:]
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, bound + 1)
    except zlib.error:
        return b""
    if len(text) > bound:
        raise ImageError(DAMAGED)
    return text
