"""Whether two pictures look alike, by their fingerprints (`nst.fingerprint`)."""

from __future__ import annotations

from typing import Final

MAX_DISTANCE: Final = 10
"""Bits of 64. Among 30 photos and paintings no two different ones are nearer than 16; copies that
were shrunk, saved as JPEG of quality 30, brightened by 30 % or mirrored are within 9."""

_LEFT_RIGHT: Final = 0xAAAA_AAAA_AAAA_AAAA  # odd horizontal frequencies
_UPSIDE_DOWN: Final = 0xFF00_FF00_FF00_FF00  # odd vertical frequencies
_MIRRORS: Final = (0, _LEFT_RIGHT, _UPSIDE_DOWN, _LEFT_RIGHT ^ _UPSIDE_DOWN)


def alike(one: str | None, other: str | None) -> bool:
    """Whether both are the same picture to the eye, also mirrored or turned by half.

    Args:
        one: 16 hexadecimal digits; None for a picture too plain to tell, which is like no other.
        other: the same.
    """
    if one is None or other is None:
        return False
    difference = int(one, 16) ^ int(other, 16)
    return any((difference ^ mirror).bit_count() <= MAX_DISTANCE for mirror in _MIRRORS)
