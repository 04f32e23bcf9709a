"""Landlock: which files a process may still open, and what else it may not reach.

By ctypes rather than by a library: those on PyPI in November 2026 are pre-releases or two months
old, and start other programs (`ctypes.util.find_library`), which is slow where each picture has a
process of its own. See https://docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from nst.isolation import IsolationError
from nst.isolation.libc import call

NAME: Final = "landlock"

# The same on all architectures.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_GET_VERSION: Final = 1
_PATH_BENEATH: Final = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << bit for bit in range(4))
_TRUNCATE: Final = 1 << 14
_OPENING: Final = _EXECUTE | _READ_FILE | _READ_DIR
_FILE: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE  # what makes sense for a single file
# linux/landlock.h: how many rights on files each version of the interface knows, from 1 on.
_RIGHTS: Final = (13, 14, 15, 15, 16)
_OLDEST: Final = 2  # Linux 5.19
_TCP_FROM: Final = 4
_SCOPES_FROM: Final = 6
_ALL_TCP: Final = 0b11  # bind, connect
_ALL_SCOPES: Final = 0b11  # abstract UNIX sockets, signals


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("tcp", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


class _Rule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("beneath", ctypes.c_int32))


def is_available() -> bool:
    """Whether the kernel has it."""
    try:
        return bool(_version())
    except IsolationError:
        return False


def refuses_tcp() -> bool:
    """Whether the kernel's version of it knows of TCP."""
    return is_available() and _version() >= _TCP_FROM


def allow_only(read: Iterable[Path] = (), *, write: Iterable[Path] = ()) -> None:
    """Let this thread, and threads and processes that it starts, open these files only.

    What is open stays usable. TCP, abstract sockets and signals to the outside are refused as well,
    where the kernel knows how; so is looking into other processes.

    Args:
        read: files and folders with all in them; missing ones are passed over.
        write: the same, to read and to change.

    Raises:
        IsolationError: the kernel does not have it, or refuses.
    """
    version = _version()
    _restrict(version, _all_rights(version), [(read, _READ_FILE | _READ_DIR), (write, ~_EXECUTE)])


def allow_changes_only(write: Iterable[Path]) -> None:
    """Let this thread, and what it starts, read and run everything, but change these files only.

    Args:
        write: files and folders with all in them; missing ones are passed over.

    Raises:
        IsolationError: the kernel does not have it, or refuses.
    """
    version = _version()
    # Devices are driven by ioctl, the 16th right; CUDA does nothing else.
    changes = _all_rights(min(version, _TCP_FROM)) & ~_OPENING
    _restrict(version, changes, [(write, changes)], others=False)


def _version() -> int:
    try:
        version = call("syscall", _CREATE_RULESET, None, 0, _GET_VERSION)
    except OSError as error:
        raise IsolationError(f"{NAME}: not in this kernel") from error
    if version < _OLDEST:
        raise IsolationError(f"{NAME}: too old, files could not be moved to another folder")
    return version


def _all_rights(version: int) -> int:
    count = _RIGHTS[min(version, len(_RIGHTS)) - 1]
    return (1 << count) - 1


def _restrict(
    version: int, rights: int, rules: list[tuple[Iterable[Path], int]], *, others: bool = True
) -> None:
    wanted = _Ruleset(
        rights,
        _ALL_TCP if others and version >= _TCP_FROM else 0,
        _ALL_SCOPES if others and version >= _SCOPES_FROM else 0,
    )
    try:
        ruleset = call("syscall", _CREATE_RULESET, ctypes.byref(wanted), ctypes.sizeof(wanted), 0)
        for paths, allowed in rules:
            for path in paths:
                _allow(ruleset, path, allowed & rights)
        call("syscall", _RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)
    except OSError as error:
        raise IsolationError(f"{NAME}: {error.strerror}") from error


def _allow(ruleset: int, path: Path, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            allowed &= _FILE
        rule = _Rule(allowed, place)
        call("syscall", _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
