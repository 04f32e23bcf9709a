"""What people may come back to by a button, for a while: refused orders, forms that were open."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MOST: Final = 300
_SECONDS: Final = 24 * 3600.0  # links to what people sent die after about a day


@dataclass(slots=True, kw_only=True)
class Latest(Generic[T]):
    """The latest things of people by keys nobody guesses; after a restart they are gone.

    Attributes:
        most: how many are kept.
        seconds: how long.
    """

    most: int = _MOST
    seconds: float = _SECONDS
    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, int, T]] = field(init=False, default_factory=dict)

    def keep(self, person: int, thing: T) -> str:
        """Keep something of a person; return its key, 16 hexadecimal digits."""
        key = secrets.token_hex(8)
        self._kept[key] = self.clock() + self.seconds, person, thing
        self._forget()
        return key

    def find(self, person: int, key: str) -> T | None:
        """Return something; None if it is not kept any more, or another person's."""
        self._forget()
        _, owner, thing = self._kept.get(key, (0.0, None, None))
        return thing if owner == person else None

    def _forget(self) -> None:
        """Forget the oldest, which come first."""
        now = self.clock()
        while self._kept:
            oldest, (dies_at, _, _) = next(iter(self._kept.items()))
            if len(self._kept) <= self.most and dies_at > now:
                return
            del self._kept[oldest]
