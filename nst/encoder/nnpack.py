"""Convolutions by NNPACK, a library within PyTorch (https://github.com/Maratyszcza/NNPACK).

NNPACK has Winograd's F(6 × 6, 3 × 3), see `nst.encoder.winograd`, for float32 with channels first
in memory. PyTorch does not use it for single pictures.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from threading import Barrier
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

# Channels put out at a time, for the memory's sake: transformed, a kernel takes 64 numbers.
_CHANNELS: Final = 256
# Positions (h · w) from which threads share the rows; below, kernels are most of the work.
_MANY_POSITIONS: Final = 6000
_ARENAS: Final = -8  # M_ARENA_MAX in malloc.h
_TILE: Final = 6  # rows that are computed together


class Nnpack:
    """A convolution by NNPACK.

    Args:
        kernel: (out, in, 3, 3), float32, on the CPU.
        bias: (out,).
    """

    def __init__(self, kernel: Tensor, bias: Tensor) -> None:
        self.kernel = kernel.contiguous()
        self._bias = bias
        self._flipped = kernel.flip(2, 3).transpose(0, 1).contiguous()
        self._no_bias = bias.new_zeros(kernel.shape[1])

    def forward(self, maps: Tensor) -> Tensor:
        """Return the convolution of (1, in, h, w), bias included."""
        return _convolve(maps.contiguous(), self.kernel, self._bias)

    def backward(self, gradient: Tensor) -> Tensor:
        """Return the derivative by the input, given that by the output, (1, out, h, w)."""
        return _convolve(gradient.contiguous(), self._flipped, self._no_bias)


@lru_cache
def is_available() -> bool:
    """Tell whether this PyTorch has NNPACK and the processor what that needs; sets it up."""
    return bool(getattr(torch, "_nnpack_available", lambda: False)())


def _convolve(maps: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Return the same numbers to the bit, however many threads there are."""
    threads, (height, width) = torch.get_num_threads(), maps.shape[2:]
    if threads == 1 and kernel.shape[0] <= _CHANNELS:
        return torch._nnpack_spatial_convolution(maps, kernel, bias, padding=1)
    found = maps.new_empty(1, kernel.shape[0], height, width)
    if threads > 1 and height * width >= _MANY_POSITIONS:
        parts = threads * max(1, _CHANNELS // max(kernel.shape[:2]))
        step = -(-height // (parts * _TILE)) * _TILE
        calls = [
            partial(_find_rows, found, maps, kernel, bias, start, min(start + step, height))
            for start in range(0, height, step)
        ]
    else:
        step = min(_CHANNELS, -(-kernel.shape[0] // threads))
        pieces = (torch.split(found, step, 1), torch.split(kernel, step), torch.split(bias, step))
        calls = [
            partial(_find_channels, part, maps, some, its)
            for part, some, its in zip(*pieces, strict=True)
        ]
    _together(calls, threads)
    return found


def _find_rows(
    found: Tensor, maps: Tensor, kernel: Tensor, bias: Tensor, start: int, end: int
) -> None:
    above, below = int(start == 0), int(end == maps.shape[2])  # rows of the padding
    rows = maps[:, :, start - 1 + above : end + 1 - below]
    rows = functional.pad(rows, (0, 0, above, below))
    found[:, :, start:end] = torch._nnpack_spatial_convolution(rows, kernel, bias, padding=(0, 1))


def _find_channels(found: Tensor, maps: Tensor, kernel: Tensor, bias: Tensor) -> None:
    found.copy_(torch._nnpack_spatial_convolution(maps, kernel, bias, padding=1))


def _together(calls: Sequence[Callable[[], None]], threads: int) -> None:
    """Do all that is to be done; this thread takes the first part."""
    if threads == 1:
        for call in calls:
            call()
        return
    others = [_helpers(threads - 1).submit(call) for call in calls[1:]]
    calls[0]()
    for other in others:
        other.result()


@lru_cache(maxsize=1)
def _helpers(count: int) -> ThreadPoolExecutor:
    """Start threads, each of which is on its own.

    NNPACK's threads would meet dozens of times in a convolution, and spin while they wait. It takes
    as many as its first caller has, therefore that is one of these.
    """
    # One heap for all threads: glibc would give each its own, which held 0.15 GB back at 512 px.
    # Other C libraries have no such function.
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_ARENAS, 1)
    threads, started = torch.get_num_threads(), Barrier(count + 1)

    def begin() -> None:
        torch.set_num_threads(1)
        torch._nnpack_spatial_convolution(torch.ones(1, 1, 6, 6), torch.ones(1, 1, 3, 3), None, 1)
        started.wait()

    helpers = ThreadPoolExecutor(count, "nnpack", begin)
    for _ in range(count):
        helpers.submit(int)
    started.wait()
    torch.set_num_threads(threads)  # of this thread, and of those to come
    return helpers
