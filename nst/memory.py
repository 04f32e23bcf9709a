"""How much memory a picture takes, and how much there is.

The figures per pixel were measured with `python -m benchmarks.sizes` (benchmarks/README.md); they
are bounds for all presets, regions and layers in ordinary use.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

import torch

from nst.errors import DeviceError
from nst.optimisers import history_for

# Bytes per pixel and byte of the number format that feature maps, their gradients and the photo's
# feature maps take at most, at the worst moment of an evaluation.
_PLAIN: Final = 390
_RECOMPUTE: Final = 280
# The same of a style image while its statistics are taken, and what does not depend on the format.
_STYLE: Final = 150
_STYLE_IMAGE: Final = 140
# Picture, gradients, steps, directions and images in float32.
_PICTURE: Final = 170
_PAIR: Final = 24  # of L-BFGS
# Bytes per pixel of the pictures as they are read; what more those take whose transparent parts are
# filled, and a style image whose colours are measured at full size.
_READ: Final = 9
_FILLED: Final = 14
_MEASURED: Final = 18
# The program, its libraries and the network.
_PROGRAM: Final = 900 * 2**20
# What float32 takes on a CPU besides: transformed kernels, and places for transformed maps.
_TRANSFORMED: Final = 120 * 2**20


def bytes_needed(pixels: int, dtype: torch.dtype, *, steps: int, recompute: bool) -> int:
    """Return what painting needs at most at a size, without the program itself.

    Args:
        pixels: width · height.
        dtype: of the feature maps.
        steps: at this size; they decide on the history that L-BFGS keeps.
        recompute: evaluations take less memory, see `nst.encoder.Encoder.backpropagate`.
    """
    maps = (_RECOMPUTE if recompute else _PLAIN) * dtype.itemsize
    return pixels * (maps + _PICTURE + _PAIR * history_for(pixels, steps))


def bytes_for_style(pixels: int, dtype: torch.dtype) -> int:
    """Return what the statistics of a style image need at most, without the program itself.

    They are taken before the evaluations begin, so that the larger of both needs counts.

    Args:
        pixels: of the style image at the size at which it is looked at.
        dtype: of the feature maps.
    """
    return pixels * (_STYLE * dtype.itemsize + _STYLE_IMAGE)


def bytes_for_pictures(pixels: int, *, filled: int = 0, measured: int = 0) -> int:
    """Return what the pictures that a result is made from take at most, on the host.

    Args:
        pixels: of all of them, at their own sizes.
        filled: of those among them whose transparent parts are filled.
        measured: of the style image whose colours the picture starts with.
    """
    return pixels * _READ + filled * _FILLED + measured * _MEASURED


def program_bytes(*, transformed: bool = False) -> int:
    """Return what the program and its network take.

    Args:
        transformed: convolutions take fewer multiplications, see `nst.encoder.convolutions`.
    """
    return _PROGRAM + _TRANSFORMED * transformed


def bytes_free(
    device: torch.device,
    *,
    meminfo: Path = Path("/proc/meminfo"),
    group: Path = Path("/sys/fs/cgroup"),
) -> int | None:
    """Return the bytes of a device that can still be taken; None where the system does not tell.

    Args:
        device: a GPU is asked itself; of a CPU, the least that Linux and the limits say counts.
        meminfo: where Linux says what is available.
        group: where limits of containers and of systemd's units stand (cgroup version 2).
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + cached
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    limits = [each for each in (system_free(meminfo), group_free(group)) if each is not None]
    return min(limits, default=None)


def must_recompute(pixels: int, dtype: torch.dtype, free: int | None, *, steps: int) -> bool:
    """Tell whether plain evaluations would take more than nine tenths of the free memory."""
    needed = bytes_needed(pixels, dtype, steps=steps, recompute=False)
    return free is not None and needed > 0.9 * free


def check_fits(size: int, needed: int, free: int | None) -> None:
    """Refuse a size that needs more memory than there is.

    Args:
        size: longest side of the picture in pixels.
        needed: bytes.
        free: bytes; None where the system does not tell.

    Raises:
        DeviceError: it does not fit; the text says which size would.
    """
    if free is None or needed <= free:
        return
    raise DeviceError(
        "A size of {size} px needs about {needed} of memory and {free} are free: choose at most "
        "{most} px.",
        size=size,
        needed=gigabytes(needed),
        free=gigabytes(free),
        most=int(size * math.sqrt(free / needed)) // 16 * 16,
    )


def gigabytes(count: float) -> str:
    """Write bytes for people: `gigabytes(3.2e9)` is `3.2 GB`."""
    return f"{count / 1e9:.1f} GB"


def system_free(path: Path) -> int | None:
    """Read Linux's own estimate of what can be had without swapping."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def group_free(group: Path, *, own: Path = Path("/proc/self/cgroup")) -> int | None:
    """Return what the limits of this process's group and of those around it leave at least.

    Args:
        group: the root of the tree of groups (cgroup version 2); a container has its limit there.
        own: where Linux says which group this process is in, as `0::/system.slice/bot.service`.
    """
    place = group / _own_group(own)
    around = [each for each in (place, *place.parents) if each.is_relative_to(group)]
    found = [free for each in around if (free := _limit_free(each)) is not None]
    return min(found, default=None)


def _own_group(path: Path) -> str:
    try:
        lines = os.fsdecode(path.read_bytes()).splitlines()
    except OSError:
        return ""
    return next((line[len("0::/") :] for line in lines if line.startswith("0::/")), "")


def _limit_free(group: Path) -> int | None:
    """Read what one limit leaves; what is kept of files is given up where memory is short."""
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
        lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kept = dict(line.split() for line in lines)
    used -= sum(int(kept.get(name, 0)) for name in ("active_file", "inactive_file"))
    return None if limit == "max" else max(0, int(limit) - used)
