"""Files that must be refused, and files that a codec may accept or refuse as it likes."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image

from tests.corpus.pictures import encoded, quadrants
from tests.corpus.png import chunk, png, with_chunk

_DAMAGED: Final = r"damaged or cut off"
_FOREIGN: Final = r"not a picture I can read.*Send a JPEG"


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A file that must be refused in words that match the pattern `words`."""

    name: str
    data: bytes
    words: str


@cache
def bad() -> tuple[Bad, ...]:
    """Files that must be refused."""
    return (*_not_pictures(), *_cut(), *_corrupt(), *_bombs(), *_shapes())


@cache
def damaged() -> tuple[Bad, ...]:
    """Files that load or are refused in these words, depending on the codec's mood."""
    noise = random.Random(7)
    jpeg = bytearray(encoded(quadrants(size=(640, 480)), "JPEG", quality=95))
    jpeg[len(jpeg) // 2 : len(jpeg) // 2 + 200] = noise.randbytes(200)
    webp = bytearray(encoded(quadrants(size=(640, 480)), "WEBP", quality=95))
    webp[len(webp) // 2 :] = noise.randbytes(len(webp) - len(webp) // 2)
    png_file = encoded(quadrants(), "PNG")
    wrong_sum = png_file[:-13] + bytes([png_file[-13] ^ 1]) + png_file[-12:]
    no_end = png_file[:-12]
    tiff = bytearray(encoded(quadrants(), "TIFF"))
    tiff[4:8] = struct.pack("<I", len(tiff) - 20)
    return (
        Bad(name="garbage-inside.jpg", data=bytes(jpeg), words=_DAMAGED),
        Bad(name="garbage-inside.webp", data=bytes(webp), words=_DAMAGED),
        Bad(name="no-end.png", data=no_end, words=_DAMAGED),
        Bad(name="wrong-sum-of-rows.png", data=wrong_sum, words=_DAMAGED),
        Bad(name="directory-elsewhere.tiff", data=bytes(tiff), words=_DAMAGED),
        Bad(name="only-half.heic", data=_half("HEIF"), words=_DAMAGED),
        Bad(name="only-half.avif", data=_half("AVIF"), words=_DAMAGED),
    )


def scan_bomb(scans: int = 90) -> bytes:
    """Return a small JPEG of 64 megapixels that repeats its last scan; each takes 40 ms to read."""
    data = encoded(Image.new("L", (8000, 8000)), "JPEG", progressive=True)
    last, end = data[data.rindex(b"\xff\xda") : -2], data[-2:]
    return data[:-2] + last * scans + end


def _not_pictures() -> list[Bad]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("picture.png", encoded(quadrants(), "PNG"))
    svg = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    jpeg = encoded(quadrants(), "JPEG")
    return [
        Bad(name="empty.png", data=b"", words=r"empty \(0 bytes\)"),
        Bad(name="one-byte.png", data=b"\x89", words=_FOREIGN),
        Bad(name="signature-only.png", data=b"\x89PNG\r\n\x1a\n", words=_DAMAGED),
        Bad(name="text.png", data=b"Dear all, see the picture.\n" * 20, words=_FOREIGN),
        Bad(name="zeros.bmp", data=bytes(5000), words=_FOREIGN),
        Bad(name="noise.jpg", data=random.Random(1).randbytes(5000), words=_FOREIGN),
        Bad(name="page.jpg", data=b"<!DOCTYPE html><html>404</html>", words="web page"),
        Bad(name="page-before.jpg", data=b"<html><body>" + jpeg, words="web page"),
        Bad(name="drawing.svg", data=svg, words="SVG drawing"),
        Bad(name="paper.pdf", data=encoded(quadrants(), "PDF"), words="PDF document"),
        Bad(name="paper.jpg", data=b"%PDF-1.7\n" + jpeg, words="PDF document"),
        Bad(name="drawing.eps", data=encoded(quadrants(), "EPS"), words="EPS or PostScript"),
        Bad(name="program.png", data=b"%!PS-Adobe-3.0\n(ls) system\n", words="PostScript"),
        Bad(name="drawing.wmf", data=b"\xd7\xcd\xc6\x9a" + bytes(60), words="WMF or EMF"),
        Bad(name="many.zip", data=archive.getvalue(), words="an archive"),
        Bad(name="packed.png.gz", data=b"\x1f\x8b\x08\0" + bytes(50), words="an archive"),
        Bad(name="film.mp4", data=b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41", words="a video"),
        Bad(name="film.webm", data=b"\x1aE\xdf\xa3" + bytes(100), words="a video"),
        Bad(name="film.avi", data=b"RIFF\0\1\0\0AVI LIST" + bytes(100), words="a video"),
        Bad(name="sky.fits", data=b"SIMPLE  =                    T".ljust(2880), words=_FOREIGN),
        Bad(name="program.exe", data=b"MZ\x90\0" + bytes(200), words=_FOREIGN),
    ]


def _cut() -> list[Bad]:
    kinds = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "TGA", "PPM", "JPEG2000", "QOI")
    return [Bad(name=f"cut.{kind.lower()}", data=_half(kind), words=_DAMAGED) for kind in kinds]


def _half(kind: str) -> bytes:
    data = encoded(quadrants(size=(160, 120)), kind)
    return data[: len(data) // 2]


def _corrupt() -> list[Bad]:
    whole = encoded(quadrants(), "PNG")
    header, body = whole[:33], whole[33:]
    wrong_sum = header[:-1] + bytes([header[-1] ^ 1]) + body
    no_rows = png(64, 48, depth=8, colour=2, rows=b"")
    not_packed = b"\x89PNG\r\n\x1a\n" + whole[8:33] + chunk(b"IDAT", b"these are not packed rows")
    strange = png(64, 48, depth=3, colour=9, rows=bytes(200))
    two_dots = struct.pack("<HHH", 0, 1, 3)
    icon = two_dots + struct.pack("<BBBBHHII", 64, 48, 0, 0, 1, 32, 10**9, 22)
    profile = b"x\0\0" + zlib.compress(bytes(100 * 2**20), 9)
    text = b"Comment\0\0" + zlib.compress(bytes(100 * 2**20), 9)
    return [
        Bad(name="wrong-sum-of-header.png", data=wrong_sum, words=_DAMAGED),
        Bad(name="no-rows.png", data=no_rows, words=_DAMAGED),
        Bad(name="not-packed.png", data=not_packed + chunk(b"IEND", b""), words=_DAMAGED),
        Bad(name="strange-mode.png", data=strange, words=_DAMAGED),
        Bad(name="far-away.ico", data=icon, words=_DAMAGED),
        Bad(name="profile-bomb.png", data=with_chunk(whole, b"iCCP", profile), words=_DAMAGED),
        Bad(name="text-bomb.png", data=with_chunk(whole, b"zTXt", text), words=_DAMAGED),
    ]


def _bombs() -> list[Bad]:
    promise = png(100_000, 100_000, depth=8, colour=2, rows=bytes(100))
    # 12 000 × 12 000 black pixels at one bit each: 18 MB of rows in 18 kB, 432 MB as RGB.
    real = png(12_000, 12_000, depth=1, colour=0, rows=bytes(12_000 * 1501))
    gif = bytearray(encoded(quadrants(), "GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    tall = b"P6\n16000 16000\n255\n" + bytes(1000)
    return [
        Bad(name="promise.png", data=promise, words=r"more than 1\d\d(\.\d)? megapixels"),
        Bad(name="bomb.png", data=real, words=r"12000 × 12000 .* limit is 64 megapixels"),
        Bad(name="screen.gif", data=bytes(gif), words=r"megapixels|no side may have more than"),
        Bad(name="canvas.ppm", data=tall, words=r"megapixels"),
    ]


def _shapes() -> list[Bad]:
    return [
        Bad(
            name=f"{width}x{height}.png",
            data=png(width, height, depth=1, colour=0, rows=bytes((1 + -(-width // 8)) * height)),
            words=words,
        )
        for width, height, words in (
            (1, 1, r"1 × 1 pixels; each side must have at least 16"),
            (15, 400, r"15 × 400 .* at least 16"),
            (10, 20_000, r"at least 16"),
            (20, 20_000, r"no side may have more than 16384"),
            (16, 321, r"at most 20 times"),
            (16_000, 20, r"at most 20 times"),
        )
    ]
