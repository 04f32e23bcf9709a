"""Convolutions by NNPACK, a library within PyTorch (https://github.com/Maratyszcza/NNPACK).

NNPACK has Winograd's F(6 × 6, 3 × 3), see `nst.encoder.winograd`, for float32 with channels first
in memory. PyTorch does not use it for single pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from threading import Thread
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

# Channels put out at a time, for the memory's sake: transformed, a kernel takes 64 numbers.
_CHANNELS: Final = 256
# Positions (h · w) from which threads share the rows; below, kernels are most of the work.
_MANY_POSITIONS: Final = 6000
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
    found = bool(getattr(torch, "_nnpack_available", lambda: False)())
    if found:
        # NNPACK's threads meet dozens of times in a convolution, and spin while they wait. It takes
        # as many as its first caller has: one. Threads of ours share the work in fewer parts.
        threads = torch.get_num_threads()
        first = Thread(target=_call_from_one_thread)
        first.start()
        first.join()
        torch.set_num_threads(threads)
    return found


def _call_from_one_thread() -> None:
    torch.set_num_threads(1)
    torch._nnpack_spatial_convolution(torch.zeros(1, 1, 6, 6), torch.zeros(1, 1, 3, 3), None, 1)


def _convolve(maps: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Return the same numbers to the bit, however many threads there are."""
    threads = torch.get_num_threads()
    if threads > 1 and maps.shape[2] * maps.shape[3] >= _MANY_POSITIONS:
        return _by_rows(maps, kernel, bias, threads)
    step = min(_CHANNELS, -(-kernel.shape[0] // threads))
    pieces = zip(torch.split(kernel, step), torch.split(bias, step), strict=True)
    calls = [
        partial(torch._nnpack_spatial_convolution, maps, some, its, padding=1)
        for some, its in pieces
    ]
    found = _together(calls, threads)
    return found[0] if len(found) == 1 else torch.cat(found, 1)


def _by_rows(maps: Tensor, kernel: Tensor, bias: Tensor, threads: int) -> Tensor:
    height = maps.shape[2]
    step = -(-height // (threads * _TILE)) * _TILE
    calls = []
    for start in range(0, height, step):
        end = min(start + step, height)
        above, below = int(start == 0), int(end == height)  # rows of the padding
        rows = maps[:, :, start - 1 + above : end + 1 - below]
        rows = functional.pad(rows, (0, 0, above, below))
        calls.append(partial(torch._nnpack_spatial_convolution, rows, kernel, bias, padding=(0, 1)))
    return torch.cat(_together(calls, threads), 2)


def _together(calls: Sequence[Callable[[], Tensor]], threads: int) -> list[Tensor]:
    """Return what the calls return; this thread takes the first one."""
    if threads == 1:
        return [call() for call in calls]
    others = [_helpers(threads - 1).submit(call) for call in calls[1:]]
    return [calls[0](), *(other.result() for other in others)]


@lru_cache(maxsize=1)
def _helpers(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "nnpack")
