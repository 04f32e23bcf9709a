"""The networks that pictures are compared by, each described once. Imports nothing heavy.

Another network than VGG19 is one more `NetworkSpec`, a function that reads its weights, and a
preset that names it (`Method.network`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from nst.errors import OptionsError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkSpec:
    """A chain of rectified 3 × 3 convolutions, in blocks with 2 × 2 pooling between them.

    Layers are named as in the literature: `conv4_2` is the output of the second convolution of
    the fourth block, `relu4_2` the same after rectification.

    Attributes:
        name: for people.
        blocks: how many channels each convolution puts out, block by block.
        last_loss_layer: the deepest layer that the losses of a painting may read.
        weights: named sources of weights, each with the function that reads it, `module:function`;
            it takes this description and returns a `nst.weights.Weights`. The path of a file
            will do as well.
        known_files: first digits of the SHA-256 of weights files that are trusted.
    """

    name: str
    blocks: tuple[tuple[int, ...], ...]
    last_loss_layer: str
    weights: Mapping[str, str]
    known_files: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """Block and place of every convolution: `1_1`, `1_2`, `2_1` …"""
        return tuple(
            f"{block}_{number}"
            for block, channels in enumerate(self.blocks, start=1)
            for number in range(1, len(channels) + 1)
        )

    @property
    def channels(self) -> tuple[tuple[int, int], ...]:
        """Channels in and out of every convolution."""
        out = [channels for block in self.blocks for channels in block]
        return tuple(zip([3, *out[:-1]], out, strict=True))

    @property
    def pooled(self) -> frozenset[str]:
        """Numbers of the convolutions whose rectified output is pooled before the next one."""
        return frozenset(f"{n}_{len(block)}" for n, block in enumerate(self.blocks[:-1], start=1))

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers, shallow to deep."""
        return tuple(f"{kind}{number}" for number in self.numbers for kind in ("conv", "relu"))

    @property
    def loss_layers(self) -> tuple[str, ...]:
        """The rectified layers that the losses of a painting may read, shallow to deep."""
        rectified = [layer for layer in self.layers if layer.startswith("relu")]
        return tuple(rectified[: rectified.index(self.last_loss_layer) + 1])

    @property
    def smallest_side(self) -> int:
        """Pixels that each side of a picture needs, so that the last block sees one position."""
        return int(2 ** len(self.pooled))

    def receptive_field(self, layer: str) -> int:
        """Return the side in pixels of the square of the image that a layer's position sees."""
        field, stride = 1, 1
        for number in self.numbers:
            field += 2 * stride
            if number == layer[4:]:
                break
            if number in self.pooled:
                field += stride
                stride *= 2
        return field

    def depth(self, layers: Iterable[str]) -> int:
        """Return how many convolutions it takes to reach the deepest of the layers.

        Raises:
            OptionsError: there is no layer of that name.
        """
        wanted, numbers = set(layers), self.numbers
        if unknown := sorted(wanted.difference(self.layers)):
            raise OptionsError(
                f"There is no layer {unknown[0]!r}; choose from conv{numbers[0]} … "
                f"conv{numbers[-1]} and relu{numbers[0]} … relu{numbers[-1]}."
            )
        return max((numbers.index(layer[4:]) + 1 for layer in wanted), default=0)


# "Very Deep Convolutional Networks", table 1, column E, up to conv5_2: no deeper layer is used in
# the literature on style transfer.
VGG19: Final = NetworkSpec(
    name="VGG19",
    blocks=((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 2),
    last_loss_layer="relu5_1",
    weights={
        "original": "nst.weights:load_original",
        "torchvision": "nst.weights:load_torchvision",
    },
    known_files=("dcbb9e9d",),  # torchvision's, as its own loader checks them
)
