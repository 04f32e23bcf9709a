"""What is left to the process of a tool once it looks at a file: its open files and Python's own.

Applied after the modules of a verb are loaded and before the first byte is read. Order matters:
each layer may need calls that the next one refuses.
"""

from __future__ import annotations

import logging
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from nst.isolation import Isolation, IsolationError, landlock, process, seccomp
from nst.isolation.seccomp import Where
from nst.tools.request import Resources

_LOG = logging.getLogger(__name__)

_NICENESS: Final = 6  # painting has 5, and people wait for checks
_MORE_TASKS: Final = 64
_THREAD_SECONDS: Final = 2.0
_PAUSE: Final = 0.01
_THREADS: Final = Path("/proc/self/task")
_SHARED: Final = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/usr/share/zoneinfo", "/etc/localtime", "/usr/share/fonts", "/usr/local/share/fonts"),
)

_ANY: Final = None
_CHANGING: Final = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CLONE_THREAD: Final = 0x10000
_PR_SET_NAME: Final = 15
_TCGETS, _FIONCLEX, _FIOCLEX = 0x5401, 0x5450, 0x5451

# What Python, NumPy, Pillow, libheif, FFmpeg and matplotlib call when they decode, draw and encode.
_CALLS: Final = dict.fromkeys(
    (
        # memory
        *("brk", "madvise", "membarrier", "mmap", "mmap2", "mprotect", "mremap", "munmap"),
        # threads, waiting, time
        *("arch_prctl", "clock_getres", "clock_gettime", "clock_nanosleep", "exit", "exit_group"),
        *("futex", "get_robust_list", "getcpu", "gettimeofday", "nanosleep", "restart_syscall"),
        *("rseq", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity"),
        *("sched_getparam", "sched_getscheduler", "sched_yield", "set_robust_list"),
        *("set_tid_address", "time", "times"),
        # its own signals
        *("rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"),
        # open files
        *("_llseek", "close", "close_range", "copy_file_range", "dup", "fadvise64", "fcntl"),
        *("fcntl64", "fdatasync", "fstat", "fstat64", "fsync", "ftruncate", "ftruncate64"),
        *("lseek", "poll", "ppoll", "pread64", "preadv", "pselect6", "pwrite64", "pwritev"),
        *("read", "readv", "select", "sendfile", "write", "writev"),
        # looking at names; Landlock decides which may be opened
        *("access", "faccessat", "faccessat2", "fstatat64", "getcwd", "getdents64", "lstat"),
        *("newfstatat", "readlink", "readlinkat", "stat", "statfs", "fstatfs", "statx"),
        # about itself
        *("getegid", "geteuid", "getgid", "getpgrp", "getpid", "getppid", "getrandom"),
        *("getrlimit", "getrusage", "gettid", "getuid", "sysinfo", "uname"),
    ),
    _ANY,
)
_UNKNOWN: Final = ("clone3", "openat2")


def confine(isolation: Isolation) -> None:
    """Shut this process off for good.

    Raises:
        IsolationError: a layer is missing where all are required.
    """
    if isolation is Isolation.OFF:
        return
    for layer in (
        _wait_for_threads,
        process.hide,
        process.gain_nothing,
        process.drop_capabilities,
        _allow_libraries,
        _allow_calls,
    ):
        _apply(layer, isolation)


def settle(limits: Resources, isolation: Isolation) -> None:
    """Die with the bot, let painting go first, and lower the limits for good."""
    if isolation is not Isolation.OFF:
        _apply(process.die_with_parent, isolation)
    with suppress(OSError, AttributeError):  # there is none on Windows
        os.nice(_NICENESS)
    failed = process.limit(
        [
            ("RLIMIT_CORE", 0),
            ("RLIMIT_CPU", limits.cpu_seconds),
            ("RLIMIT_FSIZE", limits.file_mib * 2**20),
            ("RLIMIT_NOFILE", limits.open_files),
            ("RLIMIT_AS", limits.memory_mib * 2**20),
            ("RLIMIT_NPROC", _tasks() + _MORE_TASKS),
        ]
    )
    if failed:
        _LOG.warning("Not limited on this system: %s", ", ".join(failed))


def _apply(layer: Callable[[], None], isolation: Isolation) -> None:
    try:
        layer()
    except IsolationError:
        if isolation is Isolation.REQUIRED:
            raise
        _LOG.debug("Not isolated", exc_info=True)


def _allow_libraries() -> None:
    landlock.allow_only(_libraries())


def _libraries() -> Iterator[Path]:
    """List Python's own folders and those of shared libraries.

    Not every folder that is imported from: the one of a source tree may hold `.env` and the data.
    """
    for name in ("stdlib", "platstdlib"):
        yield Path(sysconfig.get_path(name))
    packages = map(Path, sys.path)
    yield from (path for path in packages if path.name in {"site-packages", "dist-packages"})
    yield Path(sys.base_prefix) / "lib"
    yield from map(Path, filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)))
    yield Path(__file__).parents[1]
    yield from map(Path, _SHARED)


def _allow_calls() -> None:
    myself = os.getpid()
    conditions = {
        "clone": [Where(0, _CLONE_THREAD, mask=_CLONE_THREAD)],
        "ioctl": [Where(1, number) for number in (_TCGETS, _FIONCLEX, _FIOCLEX)],
        "open": [Where(1, 0, mask=_CHANGING)],
        "openat": [Where(2, 0, mask=_CHANGING)],
        "prctl": [Where(0, _PR_SET_NAME)],
        "prlimit64": [Where(0, 0)],
        "tgkill": [Where(0, myself)],  # abort
    }
    seccomp.allow_only({**_CALLS, **conditions}, unknown=_UNKNOWN)


def _tasks() -> int:
    """Count the tasks of the whole system, so at least those of this user; 4096 if unknown."""
    try:
        return int(Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return 4096


def _wait_for_threads() -> None:
    """Wait until there is one thread: Landlock holds for that and for those that it starts.

    Raises:
        IsolationError: others that loading has started do not end.
    """
    deadline = time.monotonic() + _THREAD_SECONDS
    try:
        while len(list(_THREADS.iterdir())) > 1:
            if time.monotonic() > deadline:
                _LOG.warning("Threads that loading has started are not isolated by Landlock.")
                raise IsolationError("threads are running")
            time.sleep(_PAUSE)
    except OSError as error:
        raise IsolationError("threads cannot be counted") from error
