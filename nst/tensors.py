"""PIL images ⇄ tensors normalised for VGG19."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nst.weights import IMAGENET_MEAN, IMAGENET_STD

_MEAN = np.array(IMAGENET_MEAN, dtype=np.float32)
_STD = np.array(IMAGENET_STD, dtype=np.float32)


def to_tensor(image: Image.Image, width: int, height: int, device: torch.device) -> Tensor:
    """Resize an sRGB image and normalise it with the ImageNet mean and standard deviation.

    Returns:
        (1, 3, height, width), float32, channels last in memory.
    """
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    normalised = (pixels - _MEAN) / _STD
    tensor = torch.from_numpy(normalised).permute(2, 0, 1).unsqueeze(0)
    return tensor.to(device).contiguous(memory_format=torch.channels_last)


def mask_to_tensor(mask: Image.Image, width: int, height: int, device: torch.device) -> Tensor:
    """Resize a mask (mode L); returns (1, 1, height, width), float32, 0 to 1."""
    if mask.size != (width, height):
        mask = mask.resize((width, height), Image.Resampling.BOX)
    return torch.from_numpy(np.array(mask, dtype=np.float32) / 255).to(device)[None, None]


def to_image(tensor: Tensor) -> Image.Image:
    """The way back: (1, 3, height, width) to an sRGB image; what lies outside is clipped."""
    pixels = tensor.detach()[0].permute(1, 2, 0).float().cpu().numpy()
    pixels = pixels * _STD + _MEAN
    return Image.fromarray(np.rint(pixels.clip(0, 1) * 255).astype(np.uint8), "RGB")


def pixel_bounds(device: torch.device) -> tuple[Tensor, Tensor]:
    """The normalised values of black and of white, each (1, 3, 1, 1)."""
    mean = torch.tensor(IMAGENET_MEAN, device=device).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=device).view(1, 3, 1, 1)
    return -mean / std, (1 - mean) / std
