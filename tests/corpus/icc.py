"""Colour profiles made by hand (ICC.1:2022), and what they mean by formula."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

# Colorants adapted to D50: columns are the XYZ of red, green and blue.
SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
DISPLAY_P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
ADOBE_RGB = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
D50 = np.array([0.9642, 1.0, 0.8249])
GAMMA = 2.2


def display_p3() -> bytes:
    """Return a matrix profile with Display P3's primaries and a plain gamma of 2.2."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA * 256)) + b"\0\0"
    tags = {f"{name}TRC": curve for name in "rgb"}
    for name, column in zip("rgb", DISPLAY_P3.T, strict=True):
        tags[f"{name}XYZ"] = _xyz(column)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def adobe_rgb() -> bytes:
    """Return a matrix profile with the primaries and the gamma of Adobe RGB (1998)."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 563) + b"\0\0"
    tags = {f"{name}TRC": curve for name in "rgb"}
    for name, column in zip("rgb", ADOBE_RGB.T, strict=True):
        tags[f"{name}XYZ"] = _xyz(column)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey(gamma: float) -> bytes:
    """Return a grey profile with a plain gamma."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    return _profile(b"mntr", b"GRAY", b"XYZ ", {"kTRC": curve})


def press(inks: Mapping[tuple[int, int, int, int], tuple[int, int, int]]) -> bytes:
    """Return a CMYK profile by table: each of the 16 full-ink mixtures and its sRGB colour.

    Mixtures that `inks` leaves out are black.
    """
    ramp = bytes(range(256))
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"".join(
        _lab8(inks.get(mixture, (0, 0, 0))) for mixture in product((0, 1), (0, 1), (0, 1), (0, 1))
    )
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + table + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {"A2B0": lut})


def p3_to_srgb(colour: tuple[int, ...]) -> NDArray[np.float64]:
    """Return what a pixel under `display_p3` is in sRGB, 0 to 255."""
    linear = np.linalg.inv(SRGB) @ DISPLAY_P3 @ (np.array(colour) / 255) ** GAMMA
    return _encode(linear)


def grey_to_srgb(value: int, gamma: float) -> NDArray[np.float64]:
    """Return what a pixel under `grey` is in sRGB, 0 to 255."""
    return _encode(np.full(3, (value / 255) ** gamma))


def _encode(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.clip(linear, 0, 1)
    high = 1.055 * linear ** (1 / 2.4) - 0.055
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, high)


def _lab8(colour: tuple[int, int, int]) -> bytes:
    value = np.array(colour) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(np.maximum(SRGB @ linear / D50, 1e-9))
    lab = (255 / 100 * (116 * y - 16), 128 + 500 * (x - y), 128 + 200 * (y - z))
    return bytes(int(np.clip(round(part), 0, 255)) for part in lab)


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[str, bytes]) -> bytes:
    tags = {"wtpt": _xyz(D50), **tags}
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        padded = data + b"\0" * (-len(data) % 4)
        table += name.encode() + struct.pack(">II", offset + len(body), len(data))
        body += padded
    head = struct.pack(">I4sI4s4s4s", offset + len(body), b"\0" * 4, 0x02400000, kind, space,
                       connection)  # fmt: skip
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += _xyz(D50)[8:] + b"\0" * 48
    return head + table + body
