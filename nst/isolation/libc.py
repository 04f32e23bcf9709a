"""The C library by ctypes, with its errors as exceptions."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

from nst.isolation import IsolationError


@cache
def _libc() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise IsolationError("This is no Linux.")
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """Call a function that says -1 and sets errno when it fails.

    Raises:
        OSError: it failed.
        IsolationError: this is no Linux.
    """
    function = getattr(_libc(), name)
    function.restype = ctypes.c_long
    result = int(function(*(_word(each) if isinstance(each, int) else each for each in arguments)))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return result


def _word(number: int) -> ctypes.c_ulong:
    """Return a whole register: the kernel looks at all of it."""
    return ctypes.c_ulong(number)
