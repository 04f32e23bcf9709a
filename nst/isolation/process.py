"""What a process may do about itself: privileges, capabilities, who may look into it, its end."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from nst.isolation import IsolationError
from nst.isolation.libc import call

NAME: Final = "process"

# linux/prctl.h, linux/capability.h
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_CAPABILITY_VERSION_3: Final = 0x20080522
_LAST_CAPABILITY: Final = 63
_INHERITABLE: Final = 2


def is_available() -> bool:
    """Whether this is a Linux."""
    return sys.platform == "linux"


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends.

    Raises:
        IsolationError: this is no Linux.
    """
    call("prctl", _PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def hide() -> None:
    """Let nobody look into this process: neither its memory nor its environment can be read.

    Not by other processes of the same user either; root still can. No core is dumped.

    Raises:
        IsolationError: this is no Linux.
    """
    call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)
    limit([("RLIMIT_CORE", 0)])


def gain_nothing() -> None:
    """Let this process and its children gain no privileges by the programs that they start.

    Raises:
        IsolationError: this is no Linux.
    """
    call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def drop_capabilities(*, keep: Collection[int] = ()) -> None:
    """Give up what root may do beyond others; does nothing for other users.

    Args:
        keep: capabilities that stay, by their numbers.

    Raises:
        IsolationError: this is no Linux, or it is refused.
    """
    for capability in range(_LAST_CAPABILITY + 1):
        if capability not in keep:
            with suppress(OSError):  # it is not there, or dropping it is not allowed
                call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
    wanted = sum(1 << capability for capability in keep)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then their upper halves
    try:
        call("capget", ctypes.byref(header), ctypes.byref(sets))
        for place, held in enumerate(sets):
            upper_half, which = divmod(place, 3)
            sets[place] = held & (wanted >> (32 * upper_half)) if which < _INHERITABLE else 0
        call("capset", ctypes.byref(header), ctypes.byref(sets))
    except OSError as error:
        raise IsolationError(f"{NAME}: capabilities cannot be dropped: {error.strerror}") from error


def limit(limits: Sequence[tuple[str, int]]) -> list[str]:
    """Lower resource limits for good.

    Args:
        limits: names such as `RLIMIT_CORE`, and values.

    Returns:
        Those that could not be lowered.
    """
    try:
        import resource  # noqa: PLC0415 (there is none on Windows)
    except ImportError:
        return [name for name, _ in limits]
    failed = []
    for name, value in limits:
        kind = getattr(resource, name, None)
        try:
            hard = resource.getrlimit(kind)[1]  # type: ignore[arg-type]  # None is a TypeError
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            # Processor time: a signal of its own first, so that the caller sees what ended it.
            after = bound + 1 if name == "RLIMIT_CPU" and bound == value else bound
            resource.setrlimit(kind, (bound, after))  # type: ignore[arg-type]  # as above
        except (OSError, ValueError, TypeError):  # macOS refuses RLIMIT_AS
            failed.append(name)
    return failed
