"""Work that is shared out to PyTorch's own threads.

Threads of ours would have to share the cores with those, which spin for a while after each of
PyTorch's operations. Within such work PyTorch's operations keep to the thread that calls them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from ctypes import CDLL, CFUNCTYPE, c_uint, c_void_p
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

_Work = CFUNCTYPE(None, c_void_p)


def together(calls: Sequence[Callable[[], object]]) -> None:
    """Do all that is to be done; each thread takes the next part when it is done with one.

    What a part raises is raised here, when all are done.
    """
    waiting, failed = deque(calls), list[BaseException]()

    @torch.no_grad()  # each thread has a setting of its own
    def work(_data: int | None = None) -> None:
        while True:
            try:
                call = waiting.popleft()
            except IndexError:  # nothing is left, or another thread was quicker
                return
            try:
                call()
            except BaseException as error:
                failed.append(error)

    threads, start = min(torch.get_num_threads(), len(calls)), _start()
    if threads > 1 and start is not None:
        start(_Work(work), None, threads, 0)
    else:
        work()
    if failed:
        raise failed[0]


def torch_library() -> CDLL | None:
    """Return the library that PyTorch's operations on a CPU are in; None on other systems."""
    path = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    try:
        return CDLL(str(path))
    except OSError:
        return None


@lru_cache
def _start() -> Any:
    """Return what runs a function on several threads; None where it is not to be had.

    `GOMP_parallel(function, data, threads, flags)` is what compilers translate OpenMP into; the
    other OpenMP libraries have it as well.
    """
    function = getattr(torch_library(), "GOMP_parallel", None)
    if function is not None:
        function.argtypes, function.restype = [_Work, c_void_p, c_uint, c_uint], None
    return function
