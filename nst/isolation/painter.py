"""What a process that paints may still do: paint, and keep what it painted.

It reads only pictures that were made anew by the tools, so less is asked here than there, and
nothing that CUDA might need is refused: it may read and run what the bot's user may. `SECURITY.md`
says what that leaves open.
"""

from __future__ import annotations

import ctypes
import logging
import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from nst.isolation import Isolation, IsolationError, landlock, process, seccomp
from nst.isolation.seccomp import Where

_LOG = logging.getLogger(__name__)

_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty", "shm", "kfd", "dri")
# CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER: a data folder may be another's.
_FILE_CAPABILITIES: Final = range(4)
_CUDA_CACHE: Final = ".nv"
_CACHES: Final = (".cache", _CUDA_CACHE, ".triton")
_CACHE_VARIABLES: Final = ("XDG_CACHE_HOME", "CUDA_CACHE_PATH", "TORCH_HOME")
_NETWORKS: Final = (socket.AF_INET, socket.AF_INET6, getattr(socket, "AF_PACKET", 17))
# Others' memory and descriptors, the system itself, and a way around the rule on sockets.
_NEVER_NEEDED: Final = (
    *("bpf", "delete_module", "finit_module", "init_module", "io_uring_setup", "kexec_load"),
    *("add_key", "keyctl", "mount", "open_by_handle_at", "perf_event_open", "pidfd_getfd"),
    *("pivot_root", "process_vm_readv", "process_vm_writev", "ptrace", "reboot", "request_key"),
    *("setns", "swapoff", "swapon", "umount2", "unshare", "userfaultfd"),
)


@dataclass(frozen=True, slots=True)
class Confinement:
    """How a painting process is shut off, and the folders it may write to; none for anywhere."""

    isolation: Isolation = Isolation.BEST
    writes: Sequence[Path] = ()

    @property
    def arguments(self) -> list[str]:
        """Return what tells the process of it, on its command line."""
        return [self.isolation, *(str(path.absolute()) for path in self.writes)]


def confine(device: str, confinement: Confinement) -> None:
    """Shut this process off for good, before it starts threads, or raise IsolationError."""
    if confinement.isolation is Isolation.OFF:
        return
    if device.startswith("cuda"):
        _wake_cuda()
    layers: list[Callable[[], None]] = [
        process.hide,
        process.gain_nothing,
        partial(process.drop_capabilities, keep=_FILE_CAPABILITIES),
        partial(_allow_writes, confinement.writes),
        _refuse_networks,
    ]
    for layer in layers:
        try:
            layer()
        except IsolationError:
            if confinement.isolation is Isolation.REQUIRED:
                raise
            _LOG.debug("Not isolated", exc_info=True)


def _wake_cuda() -> None:
    """Let the driver load its modules and make its devices now: it needs root for that, by setuid.

    The first program since the start of a machine may have to. The folder is the driver's cache.
    """
    with suppress(OSError, RuntimeError):
        (Path.home() / _CUDA_CACHE).mkdir(exist_ok=True)
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libcuda.so.1").cuInit(0)


def _allow_writes(folders: Sequence[Path]) -> None:
    if folders:
        landlock.allow_changes_only(_places(folders))


def _places(writes: Sequence[Path]) -> Iterator[Path]:
    """List all that may be changed: results, scratch, caches of torch and CUDA, devices."""
    for folder in writes:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield folder
    yield Path(tempfile.gettempdir())
    yield Path("/proc/self")  # names of threads
    yield from (Path("/dev", name) for name in _DEVICES)
    yield from Path("/dev").glob("nvidia*")
    with suppress(RuntimeError):  # who has no home has no caches there
        yield from (Path.home() / name for name in _CACHES)
    yield from (Path(os.environ[name]) for name in _CACHE_VARIABLES if name in os.environ)


def _refuse_networks() -> None:
    networks = {"socket": [Where(0, int(family)) for family in _NETWORKS]}
    seccomp.refuse({**dict.fromkeys(_NEVER_NEEDED), **networks})
