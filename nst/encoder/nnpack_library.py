"""NNPACK's function, a library within PyTorch (https://github.com/Maratyszcza/NNPACK).

PyTorch's own operator transforms the kernels in each call; the function behind it, which
`nnpack.h` of PyTorch's headers declares, need not.
"""

from __future__ import annotations

from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char,
    c_int,
    c_size_t,
    c_uint64,
    c_void_p,
    cast,
    sizeof,
)
from ctypes import addressof as address_of
from enum import IntEnum
from functools import lru_cache
from typing import Any, ClassVar, Final

import torch
from torch import Tensor

from nst.team import torch_library

TILE: Final = 6  # outputs along each side of a tile
NUMBERS: Final = 64  # of a tile and of a kernel, transformed
# Out of nnpack.h: nnp_convolution_algorithm_wt8x8.
_WINOGRAD: Final = 3
# Functions that write what they transform past all caches, and those that do not.
_PAST_CACHES: Final = {
    "nnp_iwt8x8_3x3_with_offset_and_stream__avx2": "nnp_iwt8x8_3x3_with_offset_and_store__avx2",
    "nnp_kwt8x8_3x3_and_stream__avx2": "nnp_kwt8x8_3x3_and_store__avx2",
}
_TABLE_BYTES: Final = 256  # of `nnp_hwinfo`, in which its functions are looked up; it has more


class Strategy(IntEnum):
    """Out of nnpack.h: nnp_convolution_transform_strategy."""

    COMPUTE = 1
    PRECOMPUTE = 2
    REUSE = 3


class _Size(Structure):
    _fields_: ClassVar = [("width", c_size_t), ("height", c_size_t)]


class Padding(Structure):
    """Zeros on each side."""

    _fields_: ClassVar = [(side, c_size_t) for side in ("top", "right", "bottom", "left")]


@lru_cache
def is_set_up() -> bool:
    """Set NNPACK up; tell whether this PyTorch has it and the processor what it needs."""
    available = getattr(torch, "_nnpack_available", lambda: False)()
    if not available or _function() is None:
        return False
    _keep_in_caches()
    return True


def infer(
    strategy: Strategy,
    source: Tensor,
    around: Padding,
    kernel: Tensor,
    bias: Tensor,
    target: Tensor,
    space: Tensor,
    *,
    rectify: bool = False,
) -> None:
    """Convolve (in, h, w) to (out, h', w'); all is contiguous, float32, on the CPU.

    Args:
        strategy: transform the kernel on the way, only that (to `space`), or have it transformed.
        source: maps.
        around: added to them.
        kernel: (out, in, 3, 3), or transformed.
        bias: (out,).
        target: overwritten.
        space: see `space_for`.
        rectify: 0 for negative numbers.

    Raises:
        RuntimeError: NNPACK gave up.
    """
    status = _function()(
        *(_WINOGRAD, int(strategy), source.shape[0], target.shape[0]),
        *(_Size(source.shape[2], source.shape[1]), around, _Size(3, 3), _Size(1, 1)),
        *(each.data_ptr() for each in (source, kernel, bias, target, space)),
        *(byref(c_size_t(space.nbytes)), int(rectify), None, None, None),
    )
    if status:
        raise RuntimeError(f"NNPACK gave up with status {status}.")


def space_for(source: Tensor, target: Tensor, strategy: Strategy) -> int:
    """Return how many numbers are transformed at most in a call; see `infer`."""
    into, (out, height, width) = source.shape[0], target.shape
    tiles = -(-height // TILE) * -(-width // TILE)
    kernels = out * into if strategy is Strategy.COMPUTE else 0
    return int(NUMBERS * (tiles * (into + out) + kernels))


@lru_cache
def _function() -> Any:
    """Return `nnp_convolution_inference`; None where it is not to be had."""
    function = getattr(torch_library(), "nnp_convolution_inference", None)
    if function is not None:
        function.argtypes = [
            *(c_int, c_int, c_size_t, c_size_t, _Size, Padding, _Size, _Size),
            *(c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, POINTER(c_size_t)),
            *(c_int, c_void_p, c_void_p, c_void_p),
        ]
    return function


def _keep_in_caches() -> None:
    """Have NNPACK write what it transforms to where it reads it from again soon, the caches.

    It was made for large batches, which no cache holds. Its functions come in both kinds, which
    compute the same; the ones it uses are replaced in its table, wherever that has them.
    """
    library = torch_library()
    try:
        table = (c_uint64 * (_TABLE_BYTES // sizeof(c_uint64))).from_address(
            address_of(c_char.in_dll(library, "nnp_hwinfo"))  # type: ignore[arg-type] # is one
        )
        addresses = {
            _address(getattr(library, old)): _address(getattr(library, new))
            for old, new in _PAST_CACHES.items()
        }
    except (AttributeError, ValueError):  # another processor's, or a build that hides them
        return
    for place, address in enumerate(table):
        if address in addresses:
            table[place] = addresses[address]


def _address(function: Any) -> int:
    return cast(function, c_void_p).value or 0
