"""Seccomp: which system calls a process may still make. By libseccomp, which knows their numbers.

Debian, Ubuntu, Fedora and their kin have it installed (apt and systemd need it).
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from nst.isolation import IsolationError

NAME: Final = "seccomp"

_ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000
_ALL_THREADS: Final = 4  # SCMP_FLTATR_CTL_TSYNC
_EQUAL, _MASKED_EQUAL = 4, 7


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on an argument of a call.

    Attributes:
        argument: its place, from 0.
        value: what it is to be.
        mask: which of its bits are looked at; all of them if None.
    """

    argument: int
    value: int
    mask: int | None = None


Rules = Mapping[str, Iterable[Where] | None]
"""Calls by name: None for whatever its arguments are, or when any one of the conditions holds."""


def is_available() -> bool:
    """Whether the kernel and libseccomp are there."""
    try:
        return int(_library().seccomp_api_get()) > 0
    except (IsolationError, AttributeError):
        return False


def allow_only(rules: Rules, *, unknown: Iterable[str] = ()) -> None:
    """Let all threads of this process make these calls only; others fail with EPERM.

    Args:
        rules: calls that are allowed.
        unknown: calls that fail with ENOSYS, so that the C library tries an older one.

    Raises:
        IsolationError: the kernel or libseccomp is not there, or it is refused.
    """
    absent = dict.fromkeys(unknown)
    _load(_ERROR | errno.EPERM, [(_ALLOW, rules), (_ERROR | errno.ENOSYS, absent)])


def refuse(rules: Rules, error: int = errno.EPERM) -> None:
    """Let all threads of this process make all calls but these.

    Args:
        rules: calls that are refused.
        error: what they fail with.

    Raises:
        IsolationError: the kernel or libseccomp is not there, or it is refused.
    """
    _load(_ALLOW, [(_ERROR | error, rules)])


@cache
def _library() -> Any:
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError as error:
        raise IsolationError(f"{NAME}: libseccomp is not installed") from error
    library.seccomp_init.restype = ctypes.c_void_p
    return library


def _load(default: int, actions: Iterable[tuple[int, Rules]]) -> None:
    library = _library()
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(default)))
    if not context:
        raise IsolationError(f"{NAME}: no memory")
    try:
        _succeeds(library.seccomp_attr_set(context, _ALL_THREADS, ctypes.c_uint32(1)))
        for action, rules in actions:
            for name, conditions in rules.items():
                number = library.seccomp_syscall_resolve_name(name.encode())
                if number < 0:  # not on this architecture, or newer than libseccomp
                    continue
                for comparison in [None] if conditions is None else map(_comparison, conditions):
                    _add(library, context, action, number, comparison)
        _succeeds(library.seccomp_load(context))
    finally:
        library.seccomp_release(context)


def _add(
    library: Any, context: ctypes.c_void_p, action: int, number: int, where: _Comparison | None
) -> None:
    array = None if where is None else ctypes.byref(where)
    count = 0 if where is None else 1
    _succeeds(
        library.seccomp_rule_add_array(context, ctypes.c_uint32(action), number, count, array)
    )


def _comparison(where: Where) -> _Comparison:
    if where.mask is None:
        return _Comparison(where.argument, _EQUAL, where.value, 0)
    return _Comparison(where.argument, _MASKED_EQUAL, where.mask, where.value)


def _succeeds(result: int) -> None:
    if result < 0:
        raise IsolationError(f"{NAME}: {os.strerror(-result)}")
