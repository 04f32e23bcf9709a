"""VGG19 feature maps by layer name.

`conv4_2` is the output of that convolution, `relu4_2` the same after rectification. The network
ends at conv5_2, the last layer that the style-transfer literature uses; nothing above the last
layer asked for is computed (Gatys et al. 2016, section 2).

`VGG19.features` is for autograd and for looking at feature maps. `VGG19.backpropagate` is what a
painting is made with: the same derivatives as autograd's, in half the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from nst.errors import OptionsError
from nst.pooling import pool, unpool
from nst.weights import load_weights

_BLOCKS: Final = (2, 2, 4, 4, 2)
_NUMBERS: Final = tuple(
    f"{block}_{number}"
    for block, count in enumerate(_BLOCKS, start=1)
    for number in range(1, count + 1)
)
LAYERS: Final = tuple(f"{kind}{number}" for number in _NUMBERS for kind in ("conv", "relu"))
_LAST_OF_BLOCK: Final = frozenset({"1_2", "2_2", "3_4", "4_4"})

# A layer's name, its feature maps, and a gradient by them → the layer's losses, of any shape; adds
# their derivative to the gradient, in place (`nst.gradients`).
Tap = Callable[[str, Tensor, Tensor], Tensor]


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
        average_pooling: average instead of maximum between the blocks (Gatys et al. 2016,
            section 2: slightly smoother pictures).

    Attributes:
        weights_source: `original`, `torchvision` or a path.
        weights_sha256: hex digest of the weights file.

    Raises:
        WeightsError: the weights are missing or not the ones expected.
    """

    def __init__(
        self,
        source: str,
        device: torch.device,
        dtype: torch.dtype,
        *,
        average_pooling: bool = False,
    ) -> None:
        weights = load_weights(source)
        self.weights_source = weights.source
        self.weights_sha256 = weights.sha256
        self.device = device
        self.dtype = dtype
        self.average_pooling = average_pooling
        self._layers = [
            (_stored(kernel, device, dtype), bias.to(device, dtype))
            for kernel, bias in weights.layers
        ]
        # The derivative of a convolution by its input is a convolution with the kernel turned
        # around, and runs at the same speed; PyTorch's own backward function is slower.
        self._turned = [
            _stored(kernel.flip(2, 3).transpose(0, 1), device, dtype)
            for kernel, _ in weights.layers
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
        return dict(self.walk(image, layers))

    def walk(self, image: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """The same as `features`, one layer after the other, in their order in the network.

        Whoever is done with a layer's maps before asking for the next has them in memory one at
        a time.
        """
        wanted = _known(layers)
        maps = self._prepared(image)
        for index in range(_depth(wanted)):
            number = _NUMBERS[index]
            if index and _NUMBERS[index - 1] in _LAST_OF_BLOCK:
                maps = pool(maps, average=self.average_pooling)
            raw, maps = self._convolve(index, maps, keep_raw=f"conv{number}" in wanted)
            if raw is not None:
                yield f"conv{number}", raw
                del raw
            if f"relu{number}" in wanted:
                yield f"relu{number}", maps

    @torch.no_grad()
    def backpropagate(
        self, image: Tensor, layers: Iterable[str], tap: Tap, *, lean: bool = False
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Losses of single layers, and the derivative of their sum by the image.

        Only the rectified maps are kept for the way back (they tell which units were cut off, and
        where the maxima were), each until the way back has passed it; gradients are masked and
        summed in place; a layer's losses are taken when the way back arrives there, so that never
        more than one layer's gradient of the losses is in memory.

        Args:
            image: as in `features`.
            layers: names out of `LAYERS`.
            tap: called once for each of them.
            lean: keep only each block's input on the way up and compute the block again on the
                way back: a third more time, about half the memory, the same numbers.

        Returns:
            What `tap` returned, by layer, and the derivative (1, 3, height, width), float32.

        Raises:
            OptionsError: there is no layer of that name.
        """
        wanted = _known(layers)
        depth = _depth(wanted)
        *lower, top = _segments(depth, lean=lean)
        inputs = [self._prepared(image)]
        for segment in lower:
            maps = inputs[-1]
            for index in segment:
                _, maps = self._convolve(index, maps)
            inputs.append(pool(maps, average=self.average_pooling))
        taps = _Taps(wanted, tap)
        gradient: Tensor | None = None
        for segment in (top, *reversed(lower)):
            kept = self._keep(inputs.pop(), segment, wanted)
            for index in reversed(segment):
                gradient = self._step_back(index, gradient, kept, taps)
        return taps.found, torch.zeros_like(image) if gradient is None else gradient.float()

    def _prepared(self, image: Tensor) -> Tensor:
        return image.to(self.dtype).contiguous(memory_format=torch.channels_last)

    def _convolve(
        self, index: int, maps: Tensor, *, keep_raw: bool = False
    ) -> tuple[Tensor | None, Tensor]:
        """The convolution's own output if it is to be kept, and the rectified one."""
        kernel, bias = self._layers[index]
        if not keep_raw and _can_be_fused(maps):
            one = [1, 1]
            return None, torch.cudnn_convolution_relu(maps, kernel, bias, one, one, one, 1)
        raw = functional.conv2d(maps, kernel, bias, padding=1)
        return (raw, functional.relu(raw)) if keep_raw else (None, functional.relu_(raw))

    def _keep(
        self, maps: Tensor, segment: Sequence[int], wanted: set[str]
    ) -> list[tuple[Tensor | None, Tensor]]:
        """The outputs of a run of layers, as `_convolve` returns them."""
        kept: list[tuple[Tensor | None, Tensor]] = []
        for index in segment:
            if kept and _NUMBERS[index - 1] in _LAST_OF_BLOCK:
                maps = pool(maps, average=self.average_pooling)
            kept.append(self._convolve(index, maps, keep_raw=f"conv{_NUMBERS[index]}" in wanted))
            maps = kept[-1][1]
        return kept

    def _step_back(
        self,
        index: int,
        gradient: Tensor | None,
        kept: list[tuple[Tensor | None, Tensor]],
        taps: _Taps,
    ) -> Tensor:
        """From the derivative by a convolution's (pooled) output to that by its input.

        Args:
            index: of the convolution.
            gradient: None at the last one, where there is none yet.
            kept: the outputs; the last one is taken off, and its memory freed as soon as possible.
            taps: the losses on the way.
        """
        number = _NUMBERS[index]
        raw, maps = kept.pop()
        tapped = f"relu{number}" in taps.wanted
        if gradient is None:
            gradient = torch.zeros_like(maps)
        elif number in _LAST_OF_BLOCK:
            gradient = unpool(
                gradient, maps.clone() if tapped else maps, average=self.average_pooling
            )
        if tapped:
            taps.add(f"relu{number}", maps, gradient)
        if gradient is not maps:
            torch.ops.aten.threshold_backward.grad_input(gradient, maps, 0, grad_input=gradient)
        if raw is not None:
            taps.add(f"conv{number}", raw, gradient)
        del raw, maps
        return functional.conv2d(gradient, self._turned[index], padding=1)


class _Taps:
    """Takes the losses of the wanted layers as the way back passes them."""

    def __init__(self, wanted: set[str], tap: Tap) -> None:
        self.found: dict[str, Tensor] = {}
        self.wanted = wanted
        self._tap = tap

    def add(self, layer: str, maps: Tensor, gradient: Tensor) -> None:
        """Add the derivative of a layer's losses to `gradient`, in place."""
        self.found[layer] = self._tap(layer, maps, gradient)


def _can_be_fused(maps: Tensor) -> bool:
    """Whether cuDNN can add the bias and rectify within the convolution; autograd cannot follow."""
    return maps.is_cuda and torch.version.cuda is not None and not torch.is_grad_enabled()


def _known(layers: Iterable[str]) -> set[str]:
    wanted = set(layers)
    if unknown := sorted(wanted.difference(LAYERS)):
        raise OptionsError(
            f"There is no layer {unknown[0]!r}; choose from conv1_1 … conv5_2 and "
            "relu1_1 … relu5_2."
        )
    return wanted


def _depth(wanted: set[str]) -> int:
    """How many convolutions it takes to reach the last of the layers."""
    return max((_NUMBERS.index(layer[4:]) + 1 for layer in wanted), default=0)


def _segments(depth: int, *, lean: bool) -> list[range]:
    """The convolutions that are kept at the same time: all, or those of one block."""
    if not lean:
        return [range(depth)]
    ends = [i + 1 for i in range(depth - 1) if _NUMBERS[i] in _LAST_OF_BLOCK] + [depth]
    return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _stored(kernel: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    return kernel.to(device, dtype, memory_format=torch.channels_last)


@lru_cache(maxsize=4)
def warm_vgg19(
    source: str, device: torch.device, dtype: torch.dtype, *, average_pooling: bool = False
) -> VGG19:
    """The extractor for these arguments, built once per process and then kept."""
    return VGG19(source, device, dtype, average_pooling=average_pooling)
