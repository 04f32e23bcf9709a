"""Whether pictures look alike, by their fingerprints (`nst.fingerprint`); imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

MAX_DISTANCE: Final = 10
"""Bits of 64. Among 30 photos and paintings no two different ones are nearer than 16; copies that
were shrunk, saved as JPEG of quality 30, brightened by 30 % or mirrored are within 9."""

_EACH: Final = range(8)
_LEFT_RIGHT: Final = 0xAAAA_AAAA_AAAA_AAAA  # odd horizontal frequencies
_UPSIDE_DOWN: Final = 0xFF00_FF00_FF00_FF00  # odd vertical frequencies
_MIRRORS: Final = (0, _LEFT_RIGHT, _UPSIDE_DOWN, _LEFT_RIGHT ^ _UPSIDE_DOWN)


class Look:
    """A picture, to be compared with many: the same file, or the same to the eye.

    Mirrored and turned by quarters it is the same, too. Without a fingerprint, as it is too plain
    to tell, it is like no other.

    Args:
        sha256: of its file.
        fingerprint: as `nst.fingerprint.fingerprint` returns it.
    """

    def __init__(self, sha256: str, fingerprint: str | None) -> None:
        self._sha256 = sha256
        self._turns: tuple[int, ...] = ()
        if fingerprint is not None:
            upright = int(fingerprint, 16)
            ways = (upright, _transposed(upright))
            self._turns = tuple(way ^ mirror for way in ways for mirror in _MIRRORS)

    def is_like(self, sha256: str, fingerprint: str | None) -> bool:
        """Tell whether this has that hash, or looks like the picture of that fingerprint."""
        if sha256 == self._sha256:
            return True
        if fingerprint is None:
            return False
        other = int(fingerprint, 16)
        return any((other ^ turn).bit_count() <= MAX_DISTANCE for turn in self._turns)

    def among(self, rows: Iterable[Mapping[Any, Any]]) -> list[str]:
        """Return the ids of those rows (`id`, `sha256`, `fingerprint`) that this picture is like.

        Thousands take a moment: not on the event loop.
        """
        return [row["id"] for row in rows if self.is_like(row["sha256"], row["fingerprint"])]


def _transposed(bits: int) -> int:
    """Return what the fingerprint would be with the picture's rows for its columns."""
    places = ((row * 8 + column, column * 8 + row) for row in _EACH for column in _EACH)
    return sum((bits >> a & 1) << b for a, b in places)
