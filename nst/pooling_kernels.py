"""Maximum pooling and its derivative on a GPU, each in one pass over the feature maps.

PyTorch's own need four passes, one of them over 8-byte places of the maxima. The kernels are
compiled by the compiler that PyTorch brings along (NVRTC), once for each device and format; where
that does not work, `nst.pooling` does without.

A thread looks at one window and at as many channels as 16 bytes hold; the second axis of the grid
are the pictures. Rectified maps are not negative, and such floating-point numbers are ordered as
their bits are when read as integers (−0 is below 0), so there is no arithmetic at all, and one
source for every format.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import torch
from torch import Tensor

_log = logging.getLogger(__name__)

_THREADS: Final = 256
_INTEGERS: Final = {torch.bfloat16: "short", torch.float32: "int"}
_PACK_BYTES: Final = 16
_SOURCE: Final = """
typedef INTEGER Number;
constexpr int COUNT = 16 / sizeof(Number);
struct __align__(16) Pack { Number at[COUNT]; };

// Channels last: the packs of a position lie side by side, then the positions of a row.
extern "C" __global__ void pool(const Pack *maps, Pack *pooled, int height, int width, int packs) {
  unsigned columns = width / 2, i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= height / 2 * columns * packs) return;
  maps += 1ull * blockIdx.y * height * width * packs;
  pooled += 1ull * blockIdx.y * (height / 2) * columns * packs;
  unsigned pack = i % packs, column = i / packs % columns, row = i / packs / columns;
  const Pack *corner = maps + (2ull * row * width + 2 * column) * packs + pack;
  Pack most = corner[0];
  const Pack others[3] = {corner[packs], corner[1ull * width * packs],
                          corner[(width + 1ull) * packs]};
  for (int place = 0; place < 3; place++)
    for (int k = 0; k < COUNT; k++)
      if (others[place].at[k] > most.at[k]) most.at[k] = others[place].at[k];
  pooled[i] = most;
}

// Also takes the derivative of the rectification, and overwrites the maps.
extern "C" __global__ void unpool(Pack *maps, const Pack *gradient, int height, int width,
                                  int packs) {
  unsigned columns = (width + 1) / 2, i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= (height + 1) / 2 * columns * packs) return;
  maps += 1ull * blockIdx.y * height * width * packs;
  gradient += 1ull * blockIdx.y * (height / 2) * (width / 2) * packs;
  unsigned pack = i % packs, column = i / packs % columns, row = i / packs / columns;
  Pack *corner = maps + (2ull * row * width + 2 * column) * packs + pack;
  Pack *places[4] = {corner, corner + packs, corner + 1ull * width * packs,
                     corner + (width + 1ull) * packs};
  bool right = 2 * column + 1 < width, below = 2 * row + 1 < height;
  if (!right || !below) {  // what is left over is in no window
    *places[0] = Pack{};
    if (right) *places[1] = Pack{};
    if (below) *places[2] = Pack{};
    return;
  }
  Pack slope = gradient[(1ull * row * (width / 2) + column) * packs + pack];
  Pack window[4] = {*places[0], *places[1], *places[2], *places[3]};
  for (int k = 0; k < COUNT; k++) {
    int first = 0;
    for (int place = 1; place < 4; place++)
      if (window[place].at[k] > window[first].at[k]) first = place;
    Number value = window[first].at[k] > 0 ? slope.at[k] : Number(0);
    for (int place = 0; place < 4; place++)
      window[place].at[k] = place == first ? value : Number(0);
  }
  for (int place = 0; place < 4; place++) *places[place] = window[place];
}
"""

_Kernel = Callable[..., None]


def max_pool(maps: Tensor) -> Tensor | None:
    """Return maxima of 2 × 2 windows; None where the kernel cannot be used.

    Args:
        maps: (pictures, c, h, w), at least 0, on a GPU.

    Returns:
        (pictures, c, h // 2, w // 2).
    """
    kernel = _kernel("pool", maps)
    if kernel is None:
        return None
    pictures, channels, height, width = maps.shape
    pooled = torch.empty(
        (pictures, channels, height // 2, width // 2),
        dtype=maps.dtype,
        device=maps.device,
        memory_format=torch.channels_last,
    )
    _launch(kernel, maps, pooled, windows=height // 2 * (width // 2))
    return pooled


def max_unpool(gradient: Tensor, maps: Tensor) -> bool:
    """Compute the derivative of pooling and rectification, in the memory of the maps.

    Args:
        gradient: by the pooled maps, (pictures, c, h // 2, w // 2).
        maps: (pictures, c, h, w), at least 0, on a GPU; overwritten.

    Returns:
        Whether it was done; False where the kernel cannot be used.
    """
    kernel = _kernel("unpool", maps, gradient)
    if kernel is None:
        return False
    height, width = maps.shape[2:]
    _launch(kernel, maps, gradient, windows=(height + 1) // 2 * ((width + 1) // 2))
    return True


def _launch(kernel: _Kernel, maps: Tensor, other: Tensor, *, windows: int) -> None:
    pictures, channels, height, width = maps.shape
    packs = channels * maps.itemsize // _PACK_BYTES
    blocks = -(-windows * packs // _THREADS)
    if blocks:
        with torch.cuda.device(maps.device):
            kernel(
                grid=(blocks, pictures, 1),
                block=(_THREADS, 1, 1),
                args=[maps, other, height, width, packs],
            )


def _kernel(name: str, *tensors: Tensor) -> _Kernel | None:
    """Return the compiled kernel, if the tensors are as it reads them."""
    first = tensors[0]
    if first.dtype not in _INTEGERS:
        return None
    if first.shape[1] * first.itemsize % _PACK_BYTES or any(
        tensor.dtype != first.dtype
        or not tensor.is_contiguous(memory_format=torch.channels_last)
        or tensor.data_ptr() % _PACK_BYTES
        for tensor in tensors
    ):
        return None
    return _compiled(name, first.dtype, first.device)


@lru_cache
def _compiled(name: str, dtype: torch.dtype, device: torch.device) -> _Kernel | None:
    try:
        # Public by another name some day; whatever changes, PyTorch's own pooling is left.
        compile_kernel: Any = torch.cuda._compile_kernel
        with torch.cuda.device(device):
            kernel: _Kernel = compile_kernel(_SOURCE.replace("INTEGER", _INTEGERS[dtype]), name)
    except Exception:  # a compiler can fail in any way
        _log.warning("The kernel %s cannot be compiled; going on without.", name, exc_info=True)
        return None
    return kernel
