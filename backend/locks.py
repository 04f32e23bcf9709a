"""A lock for each person, job or server that something happens to right now."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from weakref import WeakValueDictionary


@dataclass(frozen=True, slots=True)
class Locks:
    """Locks by key; one that nobody holds or waits for is forgotten."""

    _locks: WeakValueDictionary[Hashable, asyncio.Lock] = field(
        init=False, default_factory=WeakValueDictionary
    )

    def of(self, key: Hashable) -> asyncio.Lock:
        """Return the lock of a key, for `async with`."""
        return self._locks.setdefault(key, asyncio.Lock())
