"""VGG19 feature maps by layer name.

`conv4_2` is the output of that convolution, `relu4_2` the same after rectification. The network
ends at conv5_1, the last layer that the style-transfer literature uses; nothing above the last
layer asked for is computed (Gatys et al. 2016, section 2).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from nst.errors import OptionsError
from nst.weights import load_weights

_BLOCKS: Final = (2, 2, 4, 4, 1)
_NUMBERS: Final = tuple(
    f"{block}_{number}"
    for block, count in enumerate(_BLOCKS, start=1)
    for number in range(1, count + 1)
)
LAYERS: Final = tuple(f"{kind}{number}" for number in _NUMBERS for kind in ("conv", "relu"))
_LAST_OF_BLOCK: Final = frozenset({"1_2", "2_2", "3_4", "4_4"})


def receptive_field(layer: str) -> int:
    """Side in pixels of the square of the image that one position of a layer sees."""
    field, stride = 1, 1
    for number in _NUMBERS:
        field += 2 * stride
        if layer.endswith(number):
            break
        if number in _LAST_OF_BLOCK:
            field += stride
            stride *= 2
    return field


class VGG19:
    """The frozen feature layers on one device.

    Args:
        source: where the weights come from, see `nst.weights.load_weights`.
        device: where the convolutions run.
        dtype: float32, or bfloat16 where the hardware multiplies it faster.

    Attributes:
        weights_source: `original`, `torchvision` or a path.
        weights_sha256: hex digest of the weights file.

    Raises:
        WeightsError: the weights are missing or not the ones expected.
    """

    def __init__(self, source: str, device: torch.device, dtype: torch.dtype) -> None:
        weights = load_weights(source)
        self.weights_source = weights.source
        self.weights_sha256 = weights.sha256
        self.device = device
        self.dtype = dtype
        self._layers = [
            (
                kernel.to(device, dtype, memory_format=torch.channels_last),
                bias.to(device, dtype),
            )
            for kernel, bias in weights.layers
        ]

    def features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Feature maps of `image` at the named layers.

        Args:
            image: (1, 3, height, width), RGB normalised with the ImageNet mean and standard
                deviation; each side at least 16 px when a layer of block 5 is asked for.
            layers: names out of `LAYERS`.

        Returns:
            Per name a tensor (1, channels, h, w) in `dtype`, channels last in memory.

        Raises:
            OptionsError: there is no layer of that name.
        """
        wanted = set(layers)
        if unknown := sorted(wanted.difference(LAYERS)):
            raise OptionsError(
                f"There is no layer {unknown[0]!r}; choose from conv1_1 … conv5_1 and "
                "relu1_1 … relu5_1."
            )
        found: dict[str, Tensor] = {}
        maps = image.to(self.dtype).contiguous(memory_format=torch.channels_last)
        for number, (kernel, bias) in zip(_NUMBERS, self._layers, strict=True):
            maps = functional.conv2d(maps, kernel, bias, padding=1)
            if f"conv{number}" in wanted:
                found[f"conv{number}"] = maps
                maps = functional.relu(maps)
            else:
                maps = functional.relu_(maps)
            if f"relu{number}" in wanted:
                found[f"relu{number}"] = maps
            if len(found) == len(wanted):
                break
            if number in _LAST_OF_BLOCK:
                maps = functional.max_pool2d(maps, 2)
        return found


@lru_cache(maxsize=4)
def warm_vgg19(source: str, device: torch.device, dtype: torch.dtype) -> VGG19:
    """The extractor for these arguments, built once per process and then kept."""
    return VGG19(source, device, dtype)
