"""Which device to use, and in which number format its convolutions run fastest."""

from __future__ import annotations

from typing import Any

import torch

from nst.errors import DeviceError


def pick_device(name: str = "auto") -> torch.device:
    """Return the device for `auto` (the first GPU, otherwise the CPU) or for an explicit name.

    Raises:
        DeviceError: there is no such device on this machine.
    """
    if name == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(
            f"There is no device {name!r}: use auto, cpu or cuda:0, cuda:1 …"
        ) from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise DeviceError(f"There is no device {name!r}: this machine shows {count} CUDA devices.")
    if device.type not in {"cpu", "cuda"}:
        raise DeviceError(f"The device {name!r} is not supported: use auto, cpu or cuda:0 …")
    return device


def fast_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the hardware multiplies it natively, otherwise float32.

    Losses, statistics' sums and the picture itself stay in float32 either way. Where float32 is
    asked for on a GPU, its convolutions run in TF32, PyTorch's default.
    """
    if device.type == "cuda":
        # Ampere and later; what is older emulates it slowly and does not tell.
        native = torch.cuda.get_device_capability(device) >= (8, 0)
        return torch.bfloat16 if native else torch.float32
    # Older releases of torch do not tell; float32 is right everywhere.
    tell: Any = getattr(torch.cpu, "get_capabilities", dict)
    capabilities = tell()
    native = capabilities.get("amx_bf16") or capabilities.get("avx512_bf16")
    return torch.bfloat16 if native else torch.float32


def describe(device: torch.device) -> str:
    """Return the device in words, for people."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"cpu ({torch.get_num_threads()} threads)"
