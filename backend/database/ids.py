"""Names for jobs: 16 characters that sort by age and need no escaping anywhere."""

from __future__ import annotations

import secrets
import time
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: sorts by value
_TIME_DIGITS: Final = 11  # microseconds since 1970, until the year 3111
_RANDOM_DIGITS: Final = 5

_last = 0


def new_id() -> str:
    """Return a fresh id, greater than every one this process has made before."""
    global _last  # noqa: PLW0603  (the clock may stand still or step back between two calls)
    _last = max(_last + 1, time.time_ns() // 1000)
    return _digits(_last, _TIME_DIGITS) + _digits(secrets.randbits(25), _RANDOM_DIGITS)


def _digits(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
