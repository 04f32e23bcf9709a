"""Convolutions by NNPACK, a library within PyTorch (https://github.com/Maratyszcza/NNPACK).

NNPACK has Winograd's F(6 × 6, 3 × 3), see `nst.encoder.winograd`, for float32 with channels first
in memory. PyTorch does not use it for single pictures, and its operator transforms the kernels in
each call; so the function behind it is called here, which `nnpack.h` of PyTorch's headers declares.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes import CDLL, POINTER, Structure, byref, c_int, c_size_t, c_void_p
from functools import lru_cache, partial
from pathlib import Path
from threading import local
from typing import Any, ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

_TILE: Final = 6  # outputs along each side of a tile
_NUMBERS: Final = 64  # of a tile and of a kernel, transformed
# Tiles · channels (in and out) at a time, each of 256 bytes when it is transformed: of kernels that
# are kept, and of those that are transformed anew each time.
_TILES: Final = {True: 2**16, False: 2**18}
# Positions (h · w) from which threads share the rows rather than the channels of such kernels.
_MANY_POSITIONS: Final = 6000
# Numbers of a kernel, in · out, that is kept transformed: larger ones would take too much memory.
_KEPT: Final = 128 * 128
# Channels put out at a time by the others.
_CHANNELS: Final = 256
_ALIGNED: Final = 16  # numbers in 64 bytes
# Out of nnpack.h: nnp_convolution_algorithm_wt8x8, then of nnp_convolution_transform_strategy.
_WINOGRAD: Final = 3
_COMPUTE: Final = 1
_PRECOMPUTE: Final = 2
_REUSE: Final = 3

_Numbers = NDArray[np.float32]


class Nnpack:
    """A convolution by NNPACK.

    Args:
        kernel: (out, in, 3, 3), float32, on the CPU.
        bias: (out,).
    """

    def __init__(self, kernel: Tensor, bias: Tensor) -> None:
        self.kernel = kernel.contiguous()
        flipped = kernel.flip(2, 3).transpose(0, 1).contiguous()
        keep = kernel.shape[0] * kernel.shape[1] <= _KEPT
        self._there = _Filter(self.kernel, bias, keep=keep)
        self._back = _Filter(flipped, bias.new_zeros(kernel.shape[1]), keep=keep)

    def forward(self, maps: Tensor, padding: int = 1, *, rectify: bool = False) -> Tensor:
        """Return the convolution of (1, in, h, w), bias included; 0 for negative ones if asked."""
        return self._there.over(maps, padding, rectify=rectify)

    def backward(self, gradient: Tensor, padding: int = 1) -> Tensor:
        """Return the derivative by the input, given that by the output, (1, out, h, w)."""
        return self._back.over(gradient, padding)


@lru_cache
def is_available() -> bool:
    """Tell whether this PyTorch has NNPACK and the processor what that needs; sets it up.

    What a header says of one PyTorch need not hold for another, so a small convolution is tried.
    """
    available = getattr(torch, "_nnpack_available", lambda: False)()
    return bool(available) and _function() is not None and _works()


class _Size(Structure):
    _fields_: ClassVar = [("width", c_size_t), ("height", c_size_t)]


class _Padding(Structure):
    _fields_: ClassVar = [(side, c_size_t) for side in ("top", "right", "bottom", "left")]


@lru_cache
def _function() -> Any:
    """Return `nnp_convolution_inference`; None where it is not to be had."""
    path = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    try:
        function = CDLL(str(path)).nnp_convolution_inference
    except (OSError, AttributeError):  # another system, or a build that hides it
        return None
    function.argtypes = [
        *(c_int, c_int, c_size_t, c_size_t, _Size, _Padding, _Size, _Size),
        *(c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, POINTER(c_size_t)),
        *(c_int, c_void_p, c_void_p, c_void_p),
    ]
    return function


def _works() -> bool:
    """Tell whether kernels that are kept and kernels that are not give what PyTorch gives."""
    numbers = torch.linspace(-1, 1, 4 * 4 * 9)
    kernel, bias = numbers.reshape(4, 4, 3, 3), numbers[:4]
    maps = torch.linspace(0, 1, 4 * 9 * 10).reshape(1, 4, 9, 10)
    with torch.no_grad():
        wanted = functional.conv2d(maps, kernel, bias, padding=1)
        try:
            found = [_Filter(kernel, bias, keep=keep).over(maps, 1) for keep in (True, False)]
        except RuntimeError:
            return False
    return all(torch.allclose(each, wanted, atol=1e-4) for each in found)


class _Filter:
    """One direction of a convolution.

    Args:
        kernel: (out, in, 3, 3), contiguous.
        bias: (out,).
        keep: the kernel transformed, or transform it in each call.
    """

    def __init__(self, kernel: Tensor, bias: Tensor, *, keep: bool) -> None:
        self._bias = bias.numpy()
        self._kernel, self._strategy = kernel.numpy(), _COMPUTE
        if keep:
            self._kernel, self._strategy = _transformed(self._kernel), _REUSE
        self._shape = kernel.shape[:2]

    def over(self, maps: Tensor, padding: int, *, rectify: bool = False) -> Tensor:
        """Return what is filtered, the same to the bit however many threads there are."""
        height, width = (side + 2 * padding - 2 for side in maps.shape[2:])
        found = maps.new_empty(1, self._shape[0], height, width)
        source, target = maps.contiguous()[0].numpy(), found[0].numpy()
        threads, kept = torch.get_num_threads(), self._strategy == _REUSE
        if kept or height * width >= _MANY_POSITIONS:
            tall, wide = -(-height // _TILE), -(-width // _TILE)
            most = _TILES[kept] // sum(self._shape)
            pieces = -(-tall * wide // (most * threads)) * threads
            step, size = -(-tall // pieces) * _TILE, height
            part = partial(self._rows, source, target, padding, rectify)
        else:
            size = self._shape[0]
            step = min(_CHANNELS, -(-size // threads))
            part = partial(self._some, source, target, padding, rectify)
        _together([partial(part, slice(at, min(at + step, size))) for at in range(0, size, step)])
        return found

    def _rows(
        self, source: _Numbers, target: _Numbers, padding: int, rectify: bool, rows: slice
    ) -> None:
        """Compute some rows of all channels; NNPACK takes and gives them without gaps."""
        first, last, height = rows.start - padding, rows.stop + 2 - padding, source.shape[1]
        around = _Padding(max(0, -first), padding, max(0, last - height), padding)
        there, part = source[:, max(0, first) : last], target[:, rows]
        into, found, space = _room(there.size, part.size, _space(there, part, self._strategy))
        into, found = into.reshape(there.shape), found.reshape(part.shape)
        np.copyto(into, there)
        _infer(self._strategy, into, around, self._kernel, self._bias, found, space, rectify)
        np.copyto(part, found)

    def _some(
        self, source: _Numbers, target: _Numbers, padding: int, rectify: bool, some: slice
    ) -> None:
        """Compute some channels."""
        (space,) = _room(_space(source, target[some], self._strategy))
        around = _Padding(padding, padding, padding, padding)
        kernel, bias = self._kernel[some], self._bias[some]
        _infer(self._strategy, source, around, kernel, bias, target[some], space, rectify)


def _transformed(kernel: _Numbers) -> _Numbers:
    """Return a kernel as NNPACK wants it, for maps of any size."""
    out, into = kernel.shape[:2]
    found: _Numbers = torch.empty(_NUMBERS * out * into).numpy()
    any_maps = np.empty((into, 8, 8), np.float32), np.empty((out, 8, 8), np.float32)
    around, bias = _Padding(1, 1, 1, 1), np.zeros(out, np.float32)
    _infer(_PRECOMPUTE, any_maps[0], around, kernel, bias, any_maps[1], found)
    return found


def _infer(
    strategy: int,
    source: _Numbers,
    around: _Padding,
    kernel: _Numbers,
    bias: _Numbers,
    target: _Numbers,
    space: _Numbers,
    rectify: bool = False,
) -> None:
    """Call NNPACK: (in, h, w) becomes (out, h', w'); all is contiguous."""
    status = _function()(
        *(_WINOGRAD, strategy, source.shape[0], target.shape[0]),
        *(_Size(source.shape[2], source.shape[1]), around, _Size(3, 3), _Size(1, 1)),
        *(each.ctypes.data for each in (source, kernel, bias, target, space)),
        *(byref(c_size_t(space.nbytes)), int(rectify), None, None, None),
    )
    if status:
        raise RuntimeError(f"NNPACK gave up with status {status}.")


def _space(source: _Numbers, target: _Numbers, strategy: int) -> int:
    """Return how many numbers are transformed at most in a call."""
    into, (out, height, width) = source.shape[0], target.shape
    tiles = -(-height // _TILE) * -(-width // _TILE)
    kernels = out * into if strategy == _COMPUTE else 0
    return int(_NUMBERS * (tiles * (into + out) + kernels))


def _room(*counts: int) -> list[_Numbers]:
    """Return places for so many numbers, which belong to this thread until its next call."""
    sizes = [-(-count // _ALIGNED) * _ALIGNED for count in counts]
    if _of_thread.room.size < sum(sizes):
        _of_thread.room = np.empty(0, np.float32)  # gone before the larger one is there
        _of_thread.room = torch.empty(sum(sizes)).numpy()
    pieces = np.split(_of_thread.room[: sum(sizes)], np.cumsum(sizes)[:-1])
    return [piece[:count] for piece, count in zip(pieces, counts, strict=True)]


class _Local(local):
    def __init__(self) -> None:
        self.room: _Numbers = np.empty(0, np.float32)


_of_thread = _Local()


def _together(calls: Sequence[Callable[[], None]]) -> None:
    """Do all that is to be done; each thread takes the next part when it is done with one."""
    threads, waiting = torch.get_num_threads(), deque(calls)

    def work() -> None:
        for call in iter(partial(_next, waiting), None):
            call()

    others = range(min(threads, len(calls)) - 1)
    helping = [_helpers(threads - 1).submit(work) for _ in others]
    work()
    for each in helping:
        each.result()


def _next(waiting: deque[Callable[[], None]]) -> Callable[[], None] | None:
    try:
        return waiting.popleft()
    except IndexError:  # another thread was quicker
        return None


@lru_cache(maxsize=1)
def _helpers(count: int) -> ThreadPoolExecutor:
    """Start threads. NNPACK's own would meet dozens of times in a call, and spin meanwhile."""
    return ThreadPoolExecutor(count, "nnpack")
