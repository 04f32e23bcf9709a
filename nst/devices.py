"""Which device to use, and in which number format its convolutions run fastest."""

from __future__ import annotations

from typing import Any, Final

import torch

from nst.errors import DeviceError

_NAMES: Final = "auto, cpu, cuda:0, cuda:1 … or mps"


def pick_device(name: str = "auto") -> torch.device:
    """Return the device for `auto` (the first CUDA GPU, otherwise the CPU) or for an explicit name.

    Apple's GPUs (`mps`) have to be named: nst has not been tried on one (`docs/library.md`).

    Raises:
        DeviceError: there is no such device on this machine.
    """
    if name == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise DeviceError(f"There is no device {name!r}: use {_NAMES}.") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise DeviceError(f"There is no device {name!r}: this machine shows {count} CUDA devices.")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError(
            f"There is no device {name!r}: this torch sees no Apple GPU, which takes macOS 14 on "
            "Apple silicon."
        )
    if device.type not in {"cpu", "cuda", "mps"}:
        raise DeviceError(f"The device {name!r} is not supported: use {_NAMES}.")
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
    if device.type == "mps":
        # Apple's GPUs multiply both at the same rate, so bfloat16 would save memory only.
        return torch.float32
    # Older releases of torch do not tell; float32 is right everywhere.
    tell: Any = getattr(torch.cpu, "get_capabilities", dict)
    capabilities = tell()
    native = capabilities.get("amx_bf16") or capabilities.get("avx512_bf16")
    return torch.bfloat16 if native else torch.float32


def exact_dtype(device: torch.device) -> torch.dtype:
    """Return the most exact format that a device computes with: Apple's GPUs have no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


def describe(device: torch.device) -> str:
    """Return the device in words, for people."""
    if device.type == "mps":
        return f"{device} (Apple GPU, not tried by this project)"
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"cpu ({torch.get_num_threads()} threads)"
