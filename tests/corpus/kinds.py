"""Kinds of files that people report as black, discoloured or unreadable, made anew.

Every kind comes in several sizes, depths, byte orders and containers, with values of its own.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

import imagecodecs
import numpy as np
import pillow_heif
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.corpus.good import Good
from tests.corpus.icc import adobe_rgb
from tests.corpus.pictures import Corners, encoded, quadrants
from tests.corpus.png import chunk, png, with_chunk

# Colours that every space below can hold, and none of the corpus's usual ones.
COLOURS: Final = ((180, 60, 50), (70, 150, 90), (60, 80, 170), (215, 205, 140))
GREYS: Final = (30, 95, 160, 230)
SIZE: Final = (80, 64)
_WIDE: Final = (112, 48)

Values = NDArray[Any]


@cache
def kinds() -> tuple[Good, ...]:
    """Files that must load and look right."""
    return (
        *_declared(),
        *_hdr(),
        *_numbers(),
        *_tiffs(),
        *_moving(),
        *_several(),
        *_hidden(),
        *_mended(),
    )


def _blocks(values: Corners | tuple[float, ...], size: tuple[int, int] = SIZE) -> Values:
    """Four quadrants of the values, float64: (height, width) or (height, width, 3)."""
    width, height = size
    table = np.array(values, dtype=np.float64).reshape(2, 2, -1)
    blocks = table.repeat(height // 2, axis=0).repeat(width // 2, axis=1)
    return blocks[..., 0] if blocks.shape[2] == 1 else blocks


def _grey(values: tuple[int, ...] = GREYS) -> Corners:
    return tuple((value,) * 3 for value in values)


# colours that are declared without a profile


def _linear(colours: Values) -> Values:
    value = colours / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _in_primaries(xy: tuple[float, ...], light: Values) -> Values:
    """Linear sRGB in other primaries of the same white (ITU-T H.273, equations 27 to 36)."""

    def to_xyz(points: tuple[float, ...]) -> Values:
        pairs = np.array([*points, 0.3127, 0.3290]).reshape(4, 2)
        xyz = np.array([(x / y, 1, (1 - x - y) / y) for x, y in pairs]).T
        scaled: Values = xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3])
        return scaled

    matrix = np.linalg.inv(to_xyz(xy)) @ to_xyz((0.64, 0.33, 0.30, 0.60, 0.15, 0.06))
    moved: Values = light @ matrix.T
    return moved


def _pq(light: Values) -> Values:
    power = np.clip(light * 203 / 10_000, 0, 1) ** 0.1593017578125
    coded: Values = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    return coded


def _hlg(light: Values) -> Values:
    scene = np.clip(light * 203 / 1000, 0, 1) ** (1 / 1.2)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    high = a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
    coded: Values = np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)
    return coded


P3: Final = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
_BT2020: Final = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
_ADOBE: Final = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def _srgb_curve(light: Values) -> Values:
    light = np.clip(light, 0, 1)
    coded: Values = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return coded


def stored(
    xy: tuple[float, ...], curve: Callable[[Values], Values], size: tuple[int, int] = SIZE
) -> Values:
    """Return the corpus's colours as numbers 0 to 1 of another space."""
    return curve(np.maximum(_in_primaries(xy, _linear(_blocks(COLOURS, size))), 0))


def _as(values: Values, top: int, kind: str) -> Values:
    whole: Values = np.rint(values * top).clip(0, top).astype(kind)
    return whole


def _png(values: Values, depth: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return an array of 0 to 1 as PNG of 8 or 16 bits, grey or RGB, with more chunks."""
    data = _as(values, 2**depth - 1, "u1" if depth == 8 else ">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in data)
    whole = png(
        data.shape[1], data.shape[0], depth=depth, colour=2 if data.ndim == 3 else 0, rows=rows
    )
    for name, body in reversed(chunks):
        whole = with_chunk(whole, name, body)
    return whole


def _declared() -> list[Good]:
    p3, adobe = stored(P3, _srgb_curve), stored(_ADOBE, lambda light: light ** (256 / 563))
    grey = _blocks(GREYS) / 255
    chrm = struct.pack(">8I", *(round(100_000 * part) for part in (0.3127, 0.3290, *P3)))
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA005] = {1: "R03", 2: b"0100"}
    named = Good(name="", data=b"", colours=COLOURS, tolerance=3, size=SIZE)
    files = {
        "p3-cicp-16.png": _png(p3, 16, (b"cICP", b"\x0c\x0d\0\1")),
        "p3-cicp-over-gama.png": _png(
            p3, 8, (b"cICP", b"\x0c\x0d\0\1"), (b"gAMA", struct.pack(">I", 100_000))
        ),
        "p3-chrm.png": _png(p3, 8, (b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", chrm)),
        "gama-1.8.png": _png(
            _linear(_blocks(COLOURS)) ** (1 / 1.8), 16, (b"gAMA", struct.pack(">I", 55_556))
        ),
        "gama-usual.png": _png(_blocks(COLOURS) / 255, 8, (b"gAMA", struct.pack(">I", 45_455))),
        "gama-nonsense.png": _png(_blocks(COLOURS) / 255, 8, (b"gAMA", bytes(4))),
        "chrm-nonsense.png": _png(_blocks(COLOURS) / 255, 8, (b"cHRM", bytes(32))),
        "srgb-over-gama.png": _png(
            _blocks(COLOURS) / 255, 8, (b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))
        ),
        "bt2020-cicp.png": _png(stored(_BT2020, _srgb_curve), 16, (b"cICP", b"\x09\x0d\0\1")),
    }
    adobe_image = Image.fromarray(_as(adobe, 255, "u1"))
    files |= {
        "adobe-r03.jpg": encoded(adobe_image, "JPEG", quality=97, subsampling=0, exif=exif),
        "adobe-r03.webp": encoded(adobe_image, "WEBP", lossless=True, exif=exif),
        # A profile goes before what EXIF says.
        "adobe-both.jpg": encoded(
            adobe_image, "JPEG", quality=97, subsampling=0, exif=exif, icc_profile=adobe_rgb()
        ),
    }
    made = [_named(named, name, data) for name, data in files.items()]
    linear = _png(_linear(grey * 255), 16, (b"gAMA", struct.pack(">I", 100_000)))
    made.append(_named(named, "gama-linear-grey.png", linear, colours=_grey()))
    made += [
        _named(named, f"p3-nclx.{kind}", _heif(p3, 8, 12, 13), tolerance=6) for kind in ("heic",)
    ]
    made.append(_named(named, "p3-nclx.avif", _avif(p3, 8, 12, 13), tolerance=6))
    return made


def _named(like: Good, name: str, data: bytes, **changes: Any) -> Good:
    settings: dict[str, Any] = {
        "colours": like.colours,
        "tolerance": like.tolerance,
        "alpha": like.alpha,
        "size": like.size,
    }
    return Good(name=name, data=data, **(settings | changes))


def _heif(values: Values, bits: int, primaries: int, transfer: int) -> bytes:
    kind = ("RGB", 255, "u1") if bits == 8 else ("RGB;16", 65535, "<u2")
    data = _as(values, kind[1], kind[2])
    file = pillow_heif.from_bytes(kind[0], (data.shape[1], data.shape[0]), data.tobytes())
    buffer = io.BytesIO()
    file.save(
        buffer,
        quality=95,
        chroma="444",
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=6,
        full_range_flag=1,
    )
    return buffer.getvalue()


def _avif(values: Values, bits: int, primaries: int, transfer: int) -> bytes:
    data = _as(values, 2**bits - 1, "u1" if bits == 8 else "u2")
    made = imagecodecs.avif_encode(
        data,
        bitspersample=bits,
        primaries=primaries,
        transfer=transfer,
        matrix=0,
        pixelformat=imagecodecs.AVIF.PIXEL_FORMAT.YUV444,
    )
    return bytes(made)


def _hdr() -> list[Good]:
    like = Good(name="", data=b"", colours=COLOURS, tolerance=10, size=SIZE)
    pq, hlg = stored(_BT2020, _pq), stored(_BT2020, _hlg)
    p3_pq = stored(P3, _pq)
    bright = pq.copy()
    bright[-6:, -6:] = _pq(np.full(3, 12.0))  # a lamp in a corner
    light = _linear(_blocks(COLOURS)).astype(np.float32)
    return [
        _named(like, "pq-cicp.png", _png(pq, 16, (b"cICP", b"\x09\x10\0\1"))),
        _named(like, "pq-lamp-cicp.png", _png(bright, 16, (b"cICP", b"\x09\x10\0\1"))),
        _named(like, "hlg-cicp.png", _png(hlg, 16, (b"cICP", b"\x09\x12\0\1")), tolerance=16),
        _named(like, "pq-p3-cicp.png", _png(p3_pq, 16, (b"cICP", b"\x0c\x10\0\1"))),
        _named(like, "pq-10.heic", _heif(pq, 10, 9, 16), tolerance=16),
        _named(like, "hlg-10.heic", _heif(hlg, 10, 9, 18), tolerance=20),
        _named(like, "pq-10.avif", _avif(pq, 10, 9, 16)),
        _named(like, "pq-12.avif", _avif(pq, 12, 9, 16)),
        _named(like, "hlg-10.avif", _avif(hlg, 10, 9, 18), tolerance=16),
        _named(like, "light.pfm", _pfm(light)),
        _named(like, "light-big-endian.pfm", _pfm(light, ">")),
        _named(like, "light.hdr", bytes(imagecodecs.rgbe_encode(light, header=True))),
    ]


def _pfm(values: Values, order: str = "<") -> bytes:
    kind = b"PF" if values.ndim == 3 else b"Pf"
    height, width = values.shape[:2]
    head = kind + f"\n{width} {height}\n{'-1.0' if order == '<' else '1.0'}\n".encode()
    return head + values[::-1].astype(f"{order}f4").tobytes()


# numbers


def _tiff(values: Values, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, metadata=None, **settings)
    return buffer.getvalue()


def _numbers() -> list[Good]:
    like = Good(name="", data=b"", colours=_grey(), size=SIZE)
    unit = _blocks(GREYS) / 255
    hole, bright, over = unit.copy(), unit.copy(), unit.copy()
    hole[:8, :10] = -32768
    bright[:3, :3] = 9.0
    over[:4] = 1.06
    terrain = np.where(hole < 0, -32768, 200 + 1500 * unit)
    files = {
        f"{bits}-in-16{order}.tiff": _tiff(_as(unit, 2**bits - 1, f"{order}u2"), byteorder=order)
        for bits in (8, 10, 12, 14, 16)
        for order in "<>"
    }
    files |= {
        "10-in-16.png": _png(unit * 1023 / 65535, 16),
        "15-of-int16.tiff": _tiff(_as(unit, 2**15 - 1, "<i2")),
        "8-in-int32.tiff": _tiff(_as(unit, 255, ">i4"), byteorder=">"),
        "8-in-uint32.tiff": _tiff(_as(unit, 255, "<u4")),
        "16-in-int32.tiff": _tiff(_as(unit, 65535, "<i4")),
        "half-floats.tiff": _tiff(unit.astype("f2")),
        "doubles.tiff": _tiff(unit.astype(">f8"), byteorder=">"),
        "floats-deflate.tiff": _tiff(unit.astype("f4"), compression="zlib", predictor=True),
        "floats-255.tiff": _tiff((unit * 255).astype("f4")),
        "overshoot.tiff": _tiff(over.astype("f4")),
        "highlight.tiff": _tiff(bright.astype("f4")),
        "highlight.pfm": _pfm(bright),
        "nodata-undeclared.tiff": _tiff(hole.astype("f4")),
        "nodata-lowest.tiff": _tiff(np.where(hole < 0, -3.4e38, unit).astype("f4")),
        "nodata-declared.tiff": _tiff(
            np.where(hole < 0, 0.5, unit).astype("f4"), extratags=[(42113, 2, 4, "0.5", True)]
        ),
        "white-is-zero-16.tiff": _tiff(_as(1 - unit, 65535, "<u2"), photometric="miniswhite"),
        "white-is-zero-8.tiff": _tiff(_as(1 - unit, 255, "u1"), photometric="miniswhite"),
        "white-is-zero-12.tiff": _tiff(_as(1 - unit, 65535, ">u2"), byteorder=">",
                                       photometric="miniswhite"),
    }  # fmt: skip
    made = [_named(like, name, data) for name, data in files.items()]
    stretched = tuple(round(255 * (value - GREYS[0]) / (GREYS[-1] - GREYS[0])) for value in GREYS)
    for name, kind in (("terrain-float", "<f4"), ("terrain-int16", ">i2")):
        data = _tiff(terrain.astype(kind), byteorder=kind[0])
        made.append(_named(like, f"{name}.tiff", data, colours=_grey(stretched), tolerance=4))
    key = struct.pack(">H", round(GREYS[1] / 255 * 65535))
    holed = ((30,) * 3, (255,) * 3, (160,) * 3, (230,) * 3)
    made.append(
        _named(like, "grey16-trns.png", _png(unit, 16, (b"tRNS", key)), colours=holed,
               alpha=(255, 0, 255, 255))
    )  # fmt: skip
    made += [_shallow(like, depth) for depth in (2, 4)]
    rgb = _blocks(COLOURS) / 255
    key = struct.pack(">3H", *(round(part / 255 * 65535) for part in COLOURS[2]))
    opened = (*COLOURS[:2], (255,) * 3, COLOURS[3])
    made.append(
        _named(like, "rgb16-trns.png", _png(rgb, 16, (b"tRNS", key)), colours=opened,
               alpha=(255, 255, 0, 255))
    )  # fmt: skip
    twelve = imagecodecs.jpeg8_encode(_as(rgb, 4095, "u2"), bitspersample=12, level=97,
                                      subsampling="444")  # fmt: skip
    made.append(_named(like, "twelve-bit.jpg", bytes(twelve), colours=COLOURS, tolerance=6))
    return made


def _shallow(like: Good, depth: int) -> Good:
    """Return a grey PNG of few bits, one of whose greys is transparent."""
    top = 2**depth - 1
    numbers = (0, 1, top - 1, top)
    each = _blocks(numbers).astype("u1").reshape(SIZE[1], -1, 8 // depth)
    shifts = np.arange(8 - depth, -1, -depth)
    packed = (each << shifts).sum(axis=2).astype("u1")
    whole = png(
        *SIZE, depth=depth, colour=0, rows=b"".join(b"\0" + row.tobytes() for row in packed)
    )
    seen = [255 * number // top for number in numbers]
    seen[2] = 255  # the ground
    data = with_chunk(whole, b"tRNS", struct.pack(">H", numbers[2]))
    return _named(
        like, f"grey{depth}-trns.png", data, colours=_grey(tuple(seen)), alpha=(255, 255, 0, 255)
    )


def _tiffs() -> list[Good]:
    like = Good(name="", data=b"", colours=COLOURS, size=SIZE)
    unit = _blocks(COLOURS) / 255
    ink = np.dstack([255 - _blocks(COLOURS), np.zeros(SIZE[::-1]), np.full(SIZE[::-1], 255)])
    layered = np.dstack([unit, np.ones(SIZE[::-1])])
    layered[: SIZE[1] // 2, SIZE[0] // 2 :, 3] = 0.5
    pre = layered.copy()
    pre[..., :3] *= pre[..., 3:]
    on_white = (COLOURS[0], tuple(round((c + 255) / 2) for c in COLOURS[1]), *COLOURS[2:])
    see_through = {"colours": on_white, "alpha": (255, 128, 255, 255), "tolerance": 3}
    return [
        _named(like, "rgb-float32.tiff", _tiff(unit.astype(">f4"), byteorder=">",
               photometric="rgb")),
        _named(like, "rgb-float16-lzw.tiff", _tiff(unit.astype("f2"), compression="lzw",
               photometric="rgb")),
        _named(like, "rgb-float-planes.tiff", _tiff(np.moveaxis(unit, 2, 0).astype("f4"),
               photometric="rgb", planarconfig="separate")),
        _named(like, "rgb16-tiles.tiff", _tiff(_as(unit, 65535, "u2"), photometric="rgb",
               tile=(32, 32), compression="zstd")),
        _named(like, "rgb16-big.tiff", _tiff(_as(unit, 65535, "u2"), photometric="rgb",
               bigtiff=True)),
        _named(like, "cmyk-alpha.tiff", _tiff(ink.astype("u1"), photometric="separated",
               extrasamples=["unassalpha"])),
        _named(like, "lab16.tiff", _tiff(_lab(16), photometric="cielab"), tolerance=4),
        _named(like, "lab-planes.tiff", _tiff(np.moveaxis(_lab(8), 2, 0).copy(),
               photometric="cielab", planarconfig="separate"), tolerance=4),
        _named(like, "lab-alpha.tiff", _tiff(np.dstack([_lab(8), _as(layered[..., 3], 255, "u1")]),
               photometric="cielab", extrasamples=["unassalpha"]),
               **(see_through | {"tolerance": 4})),
        _named(like, "cmyk16.tiff", _tiff(_as(ink[..., :4] / 255, 65535, "u2"),
               photometric="separated")),
        _named(like, "rgba16.tiff", _tiff(_as(layered, 65535, "u2"), photometric="rgb",
               extrasamples=["unassalpha"]), **see_through),
        _named(like, "rgba-float-premultiplied.tiff", _tiff(pre.astype("f4"), photometric="rgb",
               extrasamples=["assocalpha"]), **see_through),
        _named(like, "thumb-first.tiff", _pages((20, 16), SIZE)),
        _named(like, "thumb-last.tiff", _pages(SIZE, (20, 16))),
        _named(like, "thumb-declared-large.tiff", _pages((160, 128), SIZE, reduced=0)),
        _named(like, "picture-inside.dng", _inside(_as(unit, 255, "u1"), "rgb")),
        _named(like, "deep-picture-inside.dng", _inside(_as(unit, 65535, "u2"), "rgb")),
    ]  # fmt: skip


def _lab(bits: int) -> Values:
    """Return the colours as TIFF has CIELAB: bits of a whole number and two signed ones."""
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    values = np.asarray(transform.apply(Image.fromarray(_blocks(COLOURS).astype("u1"))))
    return values if bits == 8 else values * np.array([257, 256, 256], np.uint16)


def _pages(*sizes: tuple[int, int], reduced: int | None = None) -> bytes:
    """Return a TIFF with a page of each size; all but the picture are dark, marked as previews."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        for index, size in enumerate(sizes):
            right = size == SIZE
            page = _blocks(COLOURS, size) if right else np.full((*size[::-1], 3), 12)
            kind = int(not right) if reduced is None else int(index == reduced)
            file.write(page.astype("u1"), photometric="rgb", subfiletype=kind, metadata=None)
    return buffer.getvalue()


def _inside(picture: Values, photometric: str) -> bytes:
    """Return a preview with the picture as a page inside of it, as DNG has it."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        small = np.full((16, 20, 3), 12, dtype=np.uint8)
        file.write(small, photometric="rgb", subfiletype=1, subifds=1, metadata=None,
                   extratags=[(50706, 1, 4, bytes((1, 4, 0, 0)), True)])  # fmt: skip
        file.write(picture, photometric=photometric, subfiletype=0, metadata=None)
    return buffer.getvalue()


def sensor_photo(preview: tuple[int, int] | None) -> bytes:
    """Return a raw photo of a sensor's bare numbers, with a JPEG preview of a size inside."""
    buffer = io.BytesIO()
    sensor = np.random.default_rng(5).integers(0, 4096, (1200, 1600), np.uint16)
    with tifffile.TiffWriter(buffer) as file:
        small = np.full((16, 20, 3), 12, dtype=np.uint8)
        file.write(small, photometric="rgb", subfiletype=1, subifds=1 + bool(preview),
                   metadata=None)  # fmt: skip
        file.write(sensor, photometric="cfa", subfiletype=0, metadata=None)
        if preview:
            page = _blocks(COLOURS, preview).astype("u1")
            file.write(page, photometric="rgb", subfiletype=1, compression="jpeg",
                       compressionargs={"level": 95, "outcolorspace": "rgb"},
                       metadata=None)  # fmt: skip
    return buffer.getvalue()


# what moves


def _frames(kind: str, *frames: Image.Image, **settings: Any) -> bytes:
    first, *others = frames
    return encoded(first, kind, save_all=True, append_images=others, duration=60, **settings)


def _moving() -> list[Good]:
    like = Good(name="", data=b"", colours=COLOURS, size=_WIDE)
    full = quadrants(COLOURS, size=_WIDE)
    clear, black = Image.new("RGBA", _WIDE), Image.new("RGB", _WIDE)
    white = Image.new("RGB", _WIDE, "white")
    faint = full.convert("RGBA")
    faint.putalpha(20)
    rgba = full.convert("RGBA")
    lossless = {"lossless": True}
    palette = full.quantize(8)
    return [
        _named(like, "clear-first.gif", _gif_with_clear_frame(palette)),
        _named(like, "clear-first.png", _frames("PNG", clear, rgba, rgba)),
        _named(like, "clear-and-faint-first.webp", _frames("WEBP", clear, faint, rgba, **lossless)),
        _named(like, "black-first.png", _frames("PNG", black, full)),
        _named(like, "two-black-first.webp", _frames("WEBP", black, black, full, **lossless)),
        _named(like, "white-first.gif", _frames("GIF", white, full), tolerance=4),
        _named(like, "black-first.avif", _frames("AVIF", black, full, quality=95), tolerance=8),
        _named(like, "hidden-still.png", _frames("PNG", white, full, full, default_image=True)),
        _named(like, "hidden-still-one-frame.png", _frames("PNG", white, full,
               default_image=True)),
    ]  # fmt: skip


def _gif_with_clear_frame(palette: Image.Image) -> bytes:
    clear = Image.new("P", palette.size, 255)
    clear.putpalette(palette.getpalette() or [])
    return _frames("GIF", clear, palette, transparency=255, disposal=2)


# several pictures of which one is meant


def _several() -> list[Good]:
    like = Good(name="", data=b"", colours=COLOURS, size=SIZE)
    two = pillow_heif.from_pillow(Image.new("RGB", SIZE, "white"))
    two.add_from_pillow(quadrants(COLOURS, size=SIZE))
    second = io.BytesIO()
    two.save(second, primary_index=1, quality=95, chroma="444")
    return [
        _named(like, "second-of-two.heic", second.getvalue(), tolerance=6),
        *(_named(like, f"layers-{count}.psd", _psd(count)) for count in (0, 1, 2)),
    ]


def _psd(layers: int) -> bytes:
    """Return a Photoshop file with white layers, and what it looks like as a whole."""
    width, height = SIZE
    plane = struct.pack(">H", 0) + b"\xff" * (width * height)  # as it is, not packed
    places = struct.pack(">IIIIH", 0, 0, height, width, 3)
    channels = b"".join(struct.pack(">hI", each, len(plane)) for each in range(3))
    look = b"8BIMnorm" + bytes((255, 0, 0, 0)) + struct.pack(">III", 12, 0, 0) + b"\x01a\0\0"
    body = struct.pack(">h", layers) + layers * (places + channels + look) + 3 * layers * plane
    info = struct.pack(">I", len(body)) + body + bytes(4) if layers else b""
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, height, width, 8, 3)
    whole = np.moveaxis(_blocks(COLOURS).astype("u1"), 2, 0).tobytes()
    return head + bytes(8) + struct.pack(">I", len(info)) + info + bytes(2) + whole


# transparency that is not meant


def _hidden() -> list[Good]:
    like = Good(name="", data=b"", colours=COLOURS, size=SIZE)
    rgba = quadrants(tuple((*colour, 0) for colour in COLOURS), mode="RGBA", size=SIZE)
    nearly = quadrants(tuple((*colour, 1) for colour in COLOURS), mode="RGBA", size=SIZE)
    grey = quadrants(tuple((value, 0) for value in GREYS), mode="LA", size=SIZE)
    deep = np.dstack([_blocks(COLOURS) * 257, np.zeros(SIZE[::-1])]).astype("u2")
    return [
        *(
            _named(like, f"alpha-zero.{kind.lower()}", encoded(rgba, kind, **settings))
            for kind, settings in (
                ("PNG", {}),
                ("TGA", {}),
                ("TIFF", {}),
                ("WEBP", {"lossless": True, "exact": True}),
                ("DDS", {}),
            )
        ),
        _named(like, "alpha-one.png", encoded(nearly, "PNG")),
        _named(like, "alpha-zero-grey.png", encoded(grey, "PNG"), colours=_grey()),
        _named(like, "alpha-zero-16.tiff", _tiff(deep, photometric="rgb",
               extrasamples=["unassalpha"])),
        _named(like, "alpha-zero.bmp", _bmp_with_alpha(rgba)),
    ]  # fmt: skip


def _bmp_with_alpha(image: Image.Image) -> bytes:
    """Return a BMP of 32 bits with a version 4 header, which Pillow does not write."""
    rows = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).tobytes("raw", "BGRA")
    head = struct.pack("<IiiHHIIiiII", 108, *image.size, 1, 32, 3, len(rows), 2835, 2835, 0, 0)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    body = head + masks + b"BGRs" + bytes(48)
    return (
        b"BM"
        + struct.pack("<IHHI", 14 + len(body) + len(rows), 0, 0, 14 + len(body))
        + (body + rows)
    )


# readable, but called damaged


def _mended() -> list[Good]:
    like = Good(name="", data=b"", colours=COLOURS, size=SIZE, tolerance=5)
    picture = quadrants(COLOURS, size=SIZE)
    plain = encoded(picture, "PNG")
    wrong = bytearray(with_chunk(plain, b"pHYs", struct.pack(">IIB", 2835, 2835, 1)))
    wrong[33 + 8 + 9] ^= 0xFF
    text = b"prompt\0\0" + zlib.compress(b'{"nodes": [1, 2, 3]} ' * 150_000)
    jpeg = partial(encoded, picture, "JPEG", quality=96, subsampling=0)
    files = {
        "wrong-sum-of-phys.png": bytes(wrong),
        "short-chrm.png": with_chunk(plain, b"cHRM", bytes(5)),
        "short-time.png": with_chunk(plain, b"tIME", b"\0"),
        "bad-text.png": with_chunk(plain, b"zTXt", b"Comment\0\0not packed"),
        "workflow.png": with_chunk(plain, b"zTXt", text),
        "international-workflow.png": with_chunk(
            plain, b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(b"[0] " * 900_000)
        ),
        "no-eoi.jpg": jpeg()[:-2],
        "no-eoi-progressive.jpg": jpeg(progressive=True)[:-2],
        "cut-5-bytes.jpg": jpeg()[:-5],
        "zeros-at-the-end.jpg": jpeg()[:-6] + bytes(6),
        "no-eoi-restarts.jpg": jpeg(restart_marker_blocks=4)[:-2],
        "newline-first.jpg": b"\n" + jpeg(),
        "blanks-first.jpg": b"\xef\xbb\xbf \r\n\r\n" + jpeg(),
        "newline-first.png": b"\r\n" + plain,
        "comment.ppm": b"P6 # made by\n80 # wide\n64\n255\n" + picture.tobytes(),
        "plain.ppm": b"P3\n# made by\n80 64 255\n"
        + b" ".join(b"%d" % value for value in picture.tobytes()),
    }
    return [_named(like, name, data) for name, data in files.items()]


def with_scans(data: bytes, count: int) -> bytes:
    """Return a JPEG whose last scan is repeated."""
    last, end = data[data.rindex(b"\xff\xda") : -2], data[-2:]
    return data[:-2] + last * count + end


def many_chunks(count: int) -> bytes:
    """Return a PNG in which that many empty chunks stand before the picture."""
    whole = encoded(quadrants(), "PNG")
    return whole[:33] + chunk(b"teXt", b"") * count + whole[33:]


def long_strip_table(count: int) -> bytes:
    """Return a TIFF whose table of strips is much longer than the picture."""
    whole = encoded(quadrants().convert("L"), "TIFF")
    offset = struct.unpack_from("<I", whole, 4)[0]
    entries = struct.unpack_from("<H", whole, offset)[0]
    data = bytearray(whole)
    for entry in range(entries):
        at = offset + 2 + 12 * entry
        tag = struct.unpack_from("<H", data, at)[0]
        if tag in {273, 279}:
            struct.pack_into("<HII", data, at + 2, 4, count, len(data))
            data += struct.pack("<I", 8 if tag == 273 else 1) * count
    return bytes(data)
