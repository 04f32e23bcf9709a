"""Convolutions by NNPACK, which has Winograd's F(6 × 6, 3 × 3), see `nst.encoder.winograd`.

It takes float32 with channels first in memory. PyTorch does not use it for single pictures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from nst.encoder.nnpack_library import (
    NUMBERS,
    TILE,
    Padding,
    Strategy,
    infer,
    is_set_up,
    space_for,
)
from nst.encoder.rectification import masked
from nst.team import together

# Tiles · channels (in and out) at a time, each of 256 bytes when it is transformed: of kernels that
# are kept, and of those that are transformed anew each time.
_TILES: Final = {Strategy.REUSE: 2**15, Strategy.COMPUTE: 2**17}
# Positions (h · w) from which threads share the rows rather than the channels of such kernels.
_MANY_POSITIONS: Final = 6000
# Numbers of a kernel, in · out, that is kept transformed: larger ones would take too much memory.
_KEPT: Final = 128 * 128
# Channels put out at a time by the others.
_CHANNELS: Final = 256
_ALIGNED: Final = 16  # numbers in 64 bytes


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

    def backward(self, gradient: Tensor, padding: int = 1, mask: Tensor | None = None) -> Tensor:
        """Return the derivative by the input, given that by the output; see `Way.backward`."""
        return self._back.over(gradient, padding, mask)


@lru_cache
def is_available() -> bool:
    """Tell whether this PyTorch has NNPACK and the processor what that needs; sets it up.

    What a header says of one PyTorch need not hold for another, so a small convolution is tried.
    """
    return is_set_up() and _works()


@torch.no_grad()
def _works() -> bool:
    """Tell whether kernels that are kept and kernels that are not give what PyTorch gives."""
    numbers = torch.linspace(-1, 1, 4 * 4 * 9)
    kernel, bias = numbers.reshape(4, 4, 3, 3), numbers[:4]
    maps = torch.linspace(0, 1, 4 * 9 * 10).reshape(1, 4, 9, 10)
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
        self._bias = bias
        self._kernel = _transformed(kernel) if keep else kernel
        self._strategy = Strategy.REUSE if keep else Strategy.COMPUTE
        self._shape = kernel.shape[:2]

    def over(
        self, maps: Tensor, padding: int, mask: Tensor | None = None, *, rectify: bool = False
    ) -> Tensor:
        """Return what is filtered, the same to the bit however many threads there are.

        Args:
            maps: (1, in, h, w).
            padding: zeros on each side.
            mask: shaped like the maps; they count where it is above 0, and may be overwritten.
            rectify: 0 for negative numbers.
        """
        height, width = (side + 2 * padding - 2 for side in maps.shape[2:])
        found = maps.new_empty(1, self._shape[0], height, width)
        source = maps.contiguous()[0]
        threads, kept = torch.get_num_threads(), self._strategy is Strategy.REUSE
        if kept or height * width >= _MANY_POSITIONS:
            tall, wide = -(-height // TILE), -(-width // TILE)
            most = _TILES[self._strategy] // sum(self._shape)
            pieces = -(-tall * wide // (most * threads)) * threads
            step, size = -(-tall // pieces) * TILE, height
            its = None if mask is None else mask[0]
            part = partial(self._rows, source, its, found[0], padding, rectify)
        else:
            if mask is not None:
                masked(source, mask[0], source)
            size = self._shape[0]
            step = min(_CHANNELS, -(-size // threads))
            part = partial(self._some, source, found[0], padding, rectify)
        together([partial(part, slice(at, min(at + step, size))) for at in range(0, size, step)])
        return found

    def _rows(
        self,
        source: Tensor,
        mask: Tensor | None,
        target: Tensor,
        padding: int,
        rectify: bool,
        rows: slice,
    ) -> None:
        """Compute some rows of all channels; NNPACK takes and gives them without gaps."""
        first, last, height = rows.start - padding, rows.stop + 2 - padding, source.shape[1]
        around = Padding(max(0, -first), padding, max(0, last - height), padding)
        seen = slice(max(0, first), last)
        there, part = source[:, seen], target[:, rows]
        count = space_for(there, part, self._strategy)
        with _room(there.numel(), part.numel(), count) as (first_place, second_place, space):
            into, found = first_place.view(there.shape), second_place.view(part.shape)
            if mask is None:
                into.copy_(there)
            else:
                masked(there, mask[:, seen], into)
            infer(
                self._strategy,
                *(into, around, self._kernel, self._bias, found, space),
                rectify=rectify,
            )
            part.copy_(found)

    def _some(
        self, source: Tensor, target: Tensor, padding: int, rectify: bool, some: slice
    ) -> None:
        """Compute some channels."""
        around = Padding(padding, padding, padding, padding)
        kernel, bias, part = self._kernel[some], self._bias[some], target[some]
        count = space_for(source, part, self._strategy)
        with _room(count) as (space,):
            infer(self._strategy, source, around, kernel, bias, part, space, rectify=rectify)


def _transformed(kernel: Tensor) -> Tensor:
    """Return a kernel as NNPACK wants it, for maps of any size."""
    out, into = kernel.shape[:2]
    found = kernel.new_empty(NUMBERS * out * into)
    any_maps = kernel.new_empty(into, 8, 8), kernel.new_empty(out, 8, 8)
    around, bias = Padding(1, 1, 1, 1), kernel.new_zeros(out)
    infer(Strategy.PRECOMPUTE, any_maps[0], around, kernel, bias, any_maps[1], found)
    return found


_rooms: deque[Tensor] = deque()


@contextmanager
def _room(*counts: int) -> Iterator[list[Tensor]]:
    """Give places for so many numbers, and keep them for the next call."""
    sizes = [-(-count // _ALIGNED) * _ALIGNED for count in counts]
    try:
        room = _rooms.pop()
    except IndexError:  # the other ones are in use
        room = torch.empty(0)
    if room.numel() < sum(sizes):
        del room  # gone before the larger one is there
        room = torch.empty(sum(sizes))
    pieces = torch.split(room[: sum(sizes)], sizes)
    yield [piece[:count] for piece, count in zip(pieces, counts, strict=True)]
    _rooms.append(room)
