"""What was computed before, kept for the next picture within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar

_Kept = TypeVar("_Kept")
# The statistics of a style take 4.3 MB for all scales up to 512 px: thirty styles are kept.
_CAPACITY: Final = 128 * 2**20


class Cache:
    """Values by key; what was not used for longest goes first. Threads may share it.

    Args:
        capacity: bytes to keep. The latest value is kept in any case.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._lock = Lock()
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(
        self, key: Hashable, compute: Callable[[], _Kept], size: Callable[[_Kept], int]
    ) -> _Kept:
        """Return the value of a key; compute it if it is not kept.

        Args:
            key: everything that the value depends on.
            compute: makes the value.
            size: tells how many bytes it takes.
        """
        with self._lock:
            if key in self._kept:
                found: _Kept = self._again(key)
                return found
        value = compute()
        with self._lock:
            if key in self._kept:  # another thread was quicker
                value = self._again(key)
            else:
                self._kept[key] = value, size(value)
                self._bytes += self._kept[key][1]
            while self._bytes > self._capacity and len(self._kept) > 1:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed
        return value

    def _again(self, key: Hashable) -> Any:
        self._kept.move_to_end(key)
        return self._kept[key][0]
