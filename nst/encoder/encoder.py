"""Feature maps of a network by layer name.

Nothing above the last layer asked for is computed (Gatys et al. 2016, section 2).

`Encoder.features` is for autograd and for looking at feature maps. `Encoder.backpropagate` is what
a painting is made with: the same derivatives as autograd's, in half the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from functools import lru_cache
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from nst.cache import Cache
from nst.encoder.convolutions import (
    Convolution,
    Direct,
    RepeatedEdge,
    Way,
    arranged,
    available_ways,
    describe,
)
from nst.encoder.rectification import masked
from nst.networks import VGG19, NetworkSpec
from nst.pooling import pool, unpool
from nst.weights import load_weights

# Takes a layer's name, its feature maps, and a gradient by them; returns the layer's losses, of any
# shape, and adds their derivative to the gradient, in place (`nst.losses`).
Hook = Callable[[str, Tensor, Tensor], Tensor]


class Encoder:
    """The frozen feature layers of a network on one device.

    Args:
        source: where the weights come from, see `nst.weights.load_weights`.
        device: where the convolutions run.
        dtype: float32, or bfloat16 where the hardware multiplies it faster.
        average_pooling: average instead of maximum between the blocks (Gatys et al. 2016,
            section 2: slightly smoother pictures).
        network: whose layers.
        cache: for what is computed with this network and used again.
        ways: to compute a convolution in float32 on a CPU; elsewhere there is one.

    Attributes:
        weights_source: one of the network's named sources, or a path.
        weights_sha256: hex digest of the weights file.
        repeats_edge: the first layer sees no frame, see `with_repeated_edge`.

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
        network: NetworkSpec = VGG19,
        cache: Cache | None = None,
        ways: tuple[type[Way], ...] | None = None,
    ) -> None:
        weights = load_weights(source, network)
        self.weights_source = weights.source
        self.weights_sha256 = weights.sha256
        self.device = device
        self.dtype = dtype
        self.average_pooling = average_pooling
        self.network = network
        self.cache = cache or Cache()
        saves = device.type == "cpu" and dtype is torch.float32
        self.ways = (ways or available_ways()) if saves else (Direct,)
        self._numbers, self._pooled = network.numbers, network.pooled
        self.repeats_edge = False
        self._convolutions: list[Convolution | RepeatedEdge] = [
            Convolution(kernel.to(device, dtype), bias.to(device, dtype), self.ways)
            for kernel, bias in weights.layers
        ]

    def with_repeated_edge(self) -> Self:
        """Return this network with a first layer that sees no frame, `RepeatedEdge`."""
        first, *others = self._convolutions
        if isinstance(first, RepeatedEdge):
            return self
        other = copy(self)
        other._convolutions = [RepeatedEdge(first), *others]
        other.repeats_edge = True
        return other

    @property
    def convolutions(self) -> str:
        """How they are computed, for recipes: on the same machine, the same to the bit."""
        return describe(self.ways)

    def features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the feature maps of `image` at the named layers.

        Args:
            image: (1, 3, height, width), RGB normalised with the ImageNet mean and standard
                deviation; each side at least `NetworkSpec.smallest_side` px if a layer of the
                last block is asked for.
            layers: names out of `NetworkSpec.layers`.

        Returns:
            Per name a tensor (1, channels, h, w) in `dtype`; channels are first or last in memory.

        Raises:
            OptionsError: there is no layer of that name.
        """
        return dict(self.walk(image, layers))

    def walk(self, image: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Yield the same as `features`, one layer after the other, shallow to deep.

        If a layer's maps are done with before the next is asked for, only one layer's maps are in
        memory at a time.
        """
        wanted = set(layers)
        maps = arranged(image.to(self.dtype), self.ways)
        for index in range(self.network.depth(wanted)):
            number = self._numbers[index]
            if index and self._numbers[index - 1] in self._pooled:
                maps = pool(maps, average=self.average_pooling)
            raw, maps = self._convolve(index, maps, keep_raw=f"conv{number}" in wanted)
            if raw is not None:
                yield f"conv{number}", raw
                del raw
            if f"relu{number}" in wanted:
                yield f"relu{number}", maps

    @torch.no_grad()
    def backpropagate(
        self, image: Tensor, layers: Iterable[str], hook: Hook, *, recompute: bool = False
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Return losses of single layers, and the derivative of their sum by the image.

        Only the rectified maps are kept for the way back (they tell which units were cut off, and
        where the maxima were), each until the way back has passed it; gradients are masked and
        summed in place; a layer's losses are taken when the way back arrives there, so that never
        more than one layer's gradient of the losses is in memory.

        Args:
            image: as in `features`; or several of one size, (pictures, 3, height, width).
            layers: names out of `NetworkSpec.layers`.
            hook: called once for each of them.
            recompute: keep only each block's input on the way up and compute the block again on the
                way back: a third more time, about half the memory, the same numbers.

        Returns:
            What `hook` returned, by layer, and the derivative, float32, shaped like the image.

        Raises:
            OptionsError: there is no layer of that name.
        """
        wanted = set(layers)
        depth = self.network.depth(wanted)
        *lower, top = self._segments(depth, recompute=recompute)
        inputs = [arranged(image.to(self.dtype), self.ways)]
        for segment in lower:
            maps = inputs[-1]
            for index in segment:
                _, maps = self._convolve(index, maps)
            inputs.append(pool(maps, average=self.average_pooling))
        hooks = _Hooks(wanted, hook)
        gradient: Tensor | None = None
        for segment in (top, *reversed(lower)):
            kept = self._keep(inputs.pop(), segment, wanted)
            for index in reversed(segment):
                gradient = self._step_back(index, gradient, kept, hooks)
        if gradient is None:
            return hooks.found, torch.zeros_like(image)
        return hooks.found, gradient.float().contiguous(memory_format=torch.channels_last)

    def _convolve(
        self, index: int, maps: Tensor, *, keep_raw: bool = False
    ) -> tuple[Tensor | None, Tensor]:
        """Return the convolution's own output if it is to be kept, and the rectified one."""
        convolution = self._convolutions[index]
        if not keep_raw:
            return None, convolution.forward(maps, rectify=True)
        raw = convolution.forward(maps)
        return raw, functional.relu(raw)

    def _keep(
        self, maps: Tensor, segment: Sequence[int], wanted: set[str]
    ) -> list[tuple[Tensor | None, Tensor]]:
        """Return the outputs of a run of layers, as `_convolve` does."""
        kept: list[tuple[Tensor | None, Tensor]] = []
        for index in segment:
            if kept and self._numbers[index - 1] in self._pooled:
                maps = pool(maps, average=self.average_pooling)
            keep_raw = f"conv{self._numbers[index]}" in wanted
            kept.append(self._convolve(index, maps, keep_raw=keep_raw))
            maps = kept[-1][1]
        return kept

    def _step_back(
        self,
        index: int,
        gradient: Tensor | None,
        kept: list[tuple[Tensor | None, Tensor]],
        hooks: _Hooks,
    ) -> Tensor:
        """Take the derivative by a convolution's (pooled) output to that by its input.

        Args:
            index: of the convolution.
            gradient: None at the last one, where there is none yet.
            kept: the outputs; the last one is taken off, and its memory freed as soon as possible.
            hooks: the losses on the way.
        """
        number = self._numbers[index]
        raw, maps = kept.pop()
        hooked = f"relu{number}" in hooks.wanted
        if gradient is None:
            gradient = torch.zeros_like(maps)
        elif number in self._pooled:
            gradient = unpool(
                gradient, maps.clone() if hooked else maps, average=self.average_pooling
            )
        if hooked:
            hooks.add(f"relu{number}", maps, gradient)
        mask = None if gradient is maps else maps
        if raw is not None:
            if mask is not None:
                masked(gradient, maps, gradient)
            hooks.add(f"conv{number}", raw, gradient)
            mask = None
        del raw, maps
        return self._convolutions[index].backward(gradient, mask=mask)

    def _segments(self, depth: int, *, recompute: bool) -> list[range]:
        """Return the convolutions that are kept at the same time: all, or those of one block."""
        if not recompute:
            return [range(depth)]
        ends = [i + 1 for i in range(depth - 1) if self._numbers[i] in self._pooled] + [depth]
        return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]


class _Hooks:
    """Takes the losses of the wanted layers as the way back passes them."""

    def __init__(self, wanted: set[str], hook: Hook) -> None:
        self.found: dict[str, Tensor] = {}
        self.wanted = wanted
        self._hook = hook

    def add(self, layer: str, maps: Tensor, gradient: Tensor) -> None:
        """Add the derivative of a layer's losses to `gradient`, in place."""
        self.found[layer] = self._hook(layer, maps, gradient)


@lru_cache(maxsize=4)
def load_encoder(
    source: str,
    device: torch.device,
    dtype: torch.dtype,
    *,
    average_pooling: bool = False,
    network: NetworkSpec = VGG19,
    direct: bool = False,
) -> Encoder:
    """Build the encoder for these arguments; it is kept for the next picture of this process."""
    return Encoder(
        source,
        device,
        dtype,
        average_pooling=average_pooling,
        network=network,
        ways=(Direct,) if direct else None,
    )
