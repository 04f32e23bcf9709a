"""PIL images ⇄ tensors normalised for the networks."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nst.weights import IMAGENET_MEAN, IMAGENET_STD

# Images more than this many times too large are first made smaller by averaging whole pixels.
_REDUCING_GAP: Final = 3.0


def to_tensor(image: Image.Image, width: int, height: int, device: torch.device) -> Tensor:
    """Resize an sRGB image and normalise it with the ImageNet mean and standard deviation.

    Returns:
        (1, 3, height, width), float32, channels last in memory.
    """
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    pixels = torch.from_numpy(np.array(image.convert("RGB"))).to(device)  # a quarter of the bytes
    mean, std = _normalisation(device)
    tensor = (pixels.permute(2, 0, 1).unsqueeze(0).float() / 255 - mean) / std
    return tensor.contiguous(memory_format=torch.channels_last)


def mask_to_tensor(mask: Image.Image, width: int, height: int, device: torch.device) -> Tensor:
    """Resize a mask (mode L); returns (1, 1, height, width), float32, 0 to 1."""
    if mask.size != (width, height):
        mask = mask.resize((width, height), Image.Resampling.BOX)
    return torch.from_numpy(np.array(mask, dtype=np.float32) / 255).to(device)[None, None]


def to_image(tensor: Tensor) -> Image.Image:
    """Make an sRGB image of (1, 3, height, width); what lies outside is clipped."""
    mean, std = _normalisation(tensor.device)
    pixels = (tensor.detach().float() * std + mean).clamp(0, 1).mul(255).round().byte()
    return Image.fromarray(pixels[0].permute(1, 2, 0).cpu().numpy(), "RGB")


def pixel_bounds(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the normalised values of black and of white, each (1, 3, 1, 1)."""
    mean, std = _normalisation(device)
    return -mean / std, (1 - mean) / std


def within_bounds(picture: Tensor) -> Tensor:
    """Clip a picture (1, 3, h, w), normalised, to what an image can show: black to white."""
    black, white = pixel_bounds(picture.device)
    clipped = torch.maximum(torch.minimum(picture, white), black)
    return clipped.contiguous(memory_format=torch.channels_last)


@lru_cache
def _normalisation(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return ImageNet's mean and standard deviation, each (1, 3, 1, 1)."""
    mean = torch.tensor(IMAGENET_MEAN, device=device).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=device).view(1, 3, 1, 1)
    return mean, std
