"""Convolutions with their bias and their derivative, each computed in the way that is fastest.

On a GPU, and in bfloat16, that is what PyTorch chooses. In float32 a CPU is at its limit with it:
only fewer multiplications help, by NNPACK, which PyTorch brings along but does not use for single
pictures, or by `nst.encoder.winograd`.
"""

from __future__ import annotations

from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from nst.encoder import nnpack
from nst.encoder.nnpack import Nnpack
from nst.encoder.rectification import masked
from nst.encoder.winograd import Winograd

# The table by which a way is chosen is fixed, so that a picture can be repeated to the bit; recipes
# tell its version. Its figures: benchmarks/HISTORY.md, "Convolutions".
_TABLE: Final = 2
# Positions (h · w) that are worth it: NNPACK transforms large kernels in each call.
_NNPACK_POSITIONS: Final = 2000
# Ours reads four times as many numbers for its kernels, and passes over all tiles four times: that
# takes so many channels, and so many numbers of a feature map (positions · channels).
_WINOGRAD_CHANNELS: Final = 256
_WINOGRAD_NUMBERS: Final = 75_000
# Pixels of a picture that has enough positions for NNPACK in its second block, too.
_NNPACK_PIXELS: Final = 9000
# One more pixel on every side.
_RING: Final = (1, 1, 1, 1)


class Way(Protocol):
    """One way to compute a 3 × 3 convolution; padded by 1 the size stays the same.

    `Direct` takes the maps of several pictures as well.

    Attributes:
        kernel: (out, in, 3, 3), in the layout that this way needs.
    """

    kernel: Tensor

    def __init__(self, kernel: Tensor, bias: Tensor) -> None: ...

    def forward(self, maps: Tensor, padding: int = 1, *, rectify: bool = False) -> Tensor:
        """Return the convolution of (1, in, h, w), bias included; 0 for negative ones if asked."""

    def backward(self, gradient: Tensor, padding: int = 1, mask: Tensor | None = None) -> Tensor:
        """Return the derivative by the input, given that by the output, (1, out, h, w).

        Args:
            gradient: where there is a mask, it may be overwritten.
            padding: this direction's own, 2 less that of the forward one.
            mask: the rectified output; the gradient counts where that is above 0.
        """


class Direct:
    """What PyTorch chooses; fastest with channels last in memory."""

    def __init__(self, kernel: Tensor, bias: Tensor) -> None:
        self.kernel = kernel.contiguous(memory_format=torch.channels_last)
        self.bias = bias
        # The derivative of a convolution by its input is a convolution with the kernel flipped,
        # and runs at the same speed; PyTorch's own backward function is slower.
        self._flipped = kernel.flip(2, 3).transpose(0, 1)
        self._flipped = self._flipped.contiguous(memory_format=torch.channels_last)

    def forward(self, maps: Tensor, padding: int = 1, *, rectify: bool = False) -> Tensor:
        """Return the convolution of (pictures, in, h, w), bias included; see `Way.forward`."""
        if rectify and _can_be_fused(maps):
            one, around = [1, 1], [padding, padding]
            return torch.cudnn_convolution_relu(maps, self.kernel, self.bias, one, around, one, 1)
        found = functional.conv2d(maps, self.kernel, self.bias, padding=padding)
        return functional.relu_(found) if rectify else found

    def backward(self, gradient: Tensor, padding: int = 1, mask: Tensor | None = None) -> Tensor:
        """Return the derivative by the input, given that by the output; see `Way.backward`."""
        if mask is not None:
            masked(gradient, mask, gradient)
        return functional.conv2d(gradient, self._flipped, padding=padding)


def available_ways() -> tuple[type[Way], ...]:
    """Return the ways that this PyTorch and this processor have for float32 on a CPU."""
    return (Direct, Winograd, Nnpack) if nnpack.is_available() else (Direct, Winograd)


def describe(ways: tuple[type[Way], ...]) -> str:
    """Return in short how convolutions are computed, such as `direct` or `winograd nnpack 2`."""
    names = [way.__name__.lower() for way in ways if way is not Direct]
    return " ".join([*names, str(_TABLE)]) if names else "direct"


class Convolution:
    """A frozen 3 × 3 convolution; its weights are kept in the form that was needed last.

    Args:
        kernel: (out, in, 3, 3).
        bias: (out,).
        ways: that may be taken.
    """

    def __init__(self, kernel: Tensor, bias: Tensor, ways: tuple[type[Way], ...]) -> None:
        self._kernel = kernel
        self._bias = bias
        self._ways = ways
        self._way: Way | None = None

    def way(self, maps: Tensor, padding: int = 1) -> type[Way]:
        """Return which one is taken for feature maps, or gradients, of this size and layout."""
        if torch.is_grad_enabled():  # autograd cannot follow the others
            return Direct
        wider = max(0, 2 * padding - 2)  # what comes out is counted if it is more
        positions = (maps.shape[2] + wider) * (maps.shape[3] + wider)
        if Nnpack in self._ways and positions >= _NNPACK_POSITIONS and maps.is_contiguous():
            return Nnpack
        channels = max(self._kernel.shape[:2])
        worth = channels >= _WINOGRAD_CHANNELS and positions * channels >= _WINOGRAD_NUMBERS
        return Winograd if Winograd in self._ways and worth else Direct

    def forward(self, maps: Tensor, padding: int = 1, *, rectify: bool = False) -> Tensor:
        """Return the convolution of (pictures, in, h, w), bias included; see `Way.forward`."""
        way = self._fastest(maps, padding)
        if _takes_several(way, maps):
            return way.forward(maps, padding, rectify=rectify)
        each = torch.split(maps, 1)
        return torch.cat([way.forward(one, padding, rectify=rectify) for one in each])

    def backward(self, gradient: Tensor, padding: int = 1, mask: Tensor | None = None) -> Tensor:
        """Return the derivative by the input, given that by the output, see `Way.backward`."""
        way = self._fastest(gradient, padding)
        if _takes_several(way, gradient):
            return way.backward(gradient, padding, mask)
        each = torch.split(gradient, 1)
        masks = [None] * len(each) if mask is None else torch.split(mask, 1)
        parts = zip(each, masks, strict=True)
        return torch.cat([way.backward(one, padding, its) for one, its in parts])

    def _fastest(self, maps: Tensor, padding: int) -> Way:
        kind, way = self.way(maps, padding), self._way
        if not isinstance(way, kind):
            self._way = None  # the next one can have its memory
            self._way = way = kind(self._kernel, self._bias)
            self._kernel = way.kernel
        return way


class RepeatedEdge:
    """A convolution that sees the outermost pixels once more beyond them.

    VGG was trained with zeros there, mean grey, which its first layer takes for a frame around the
    picture; the statistics of a style image then ask for one.
    """

    def __init__(self, convolution: Convolution) -> None:
        self._convolution = convolution

    def forward(self, maps: Tensor, *, rectify: bool = False) -> Tensor:
        """Return the convolution of (pictures, in, h, w), bias included; see `Way.forward`."""
        first = maps.is_contiguous()
        wide = functional.pad(maps, _RING, mode="replicate")
        wide = wide.contiguous(
            memory_format=torch.contiguous_format if first else torch.channels_last
        )
        return self._convolution.forward(wide, padding=0, rectify=rectify)

    def backward(self, gradient: Tensor, *, mask: Tensor | None = None) -> Tensor:
        """Return the derivative by the input, given that by the output; see `Way.backward`."""
        slope = self._convolution.backward(gradient, 2, mask)
        for axis in (2, 3):
            last = slope.shape[axis] - 1
            for beyond, edge in ((0, 1), (last, last - 1)):
                slope.narrow(axis, edge, 1).add_(slope.narrow(axis, beyond, 1))
        return slope[..., 1:-1, 1:-1]


def arranged(image: Tensor, ways: tuple[type[Way], ...]) -> Tensor:
    """Return images (pictures, 3, h, w) in the layout in which their maps are found fastest."""
    large = image.shape[2] * image.shape[3] >= _NNPACK_PIXELS
    if large and Nnpack in ways and not torch.is_grad_enabled():
        return image.contiguous()
    return image.contiguous(memory_format=torch.channels_last)


def _takes_several(way: Way, maps: Tensor) -> bool:
    """Tell whether a way takes these maps at once; if not, one picture after another."""
    return maps.shape[0] == 1 or isinstance(way, Direct)


def _can_be_fused(maps: Tensor) -> bool:
    """Tell whether cuDNN can add bias and rectify in one go; autograd cannot follow."""
    return maps.is_cuda and torch.version.cuda is not None and not torch.is_grad_enabled()
