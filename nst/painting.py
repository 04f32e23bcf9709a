"""The picture while it is made: scale after scale, step after step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nst.colour import keep_colours
from nst.images import LoadedImage
from nst.objective import Losses, PictureObjective, StyleTargets
from nst.optimisers import LBFGS, Adam, history_for
from nst.options import Colours, Options
from nst.presets import Optimiser, content_factor, method_for
from nst.progress import Progress
from nst.pyramid import Scale, fit, schedule, smallest_size
from nst.tensors import pixel_bounds, to_image, to_tensor
from nst.vgg import VGG19

# Shared by all pictures of this process: a style that was used before costs nothing.
_STYLE_TARGETS: Final = StyleTargets()


class Painting:
    """One picture in the making.

    Args:
        content: the photo.
        style: the picture whose look is wanted.
        options: what to make.
        vgg: the network, on the device to use.

    Attributes:
        width: of the finished picture, pixels.
        height: of the finished picture, pixels.

    Raises:
        OptionsError: the photo is too narrow for the size asked for.
    """

    def __init__(
        self, *, content: LoadedImage, style: LoadedImage, options: Options, vgg: VGG19
    ) -> None:
        self.content, self.style, self.options, self.vgg = content, style, options, vgg
        self.width, self.height = fit(*content.image.size, options.size)
        self._method = method_for(options)
        self._scales = schedule(self.width, self.height, self._method.steps)
        self._style_sizes = [self._style_size(scale) for scale in self._scales]
        self._picture = self._start(self._scales[0])

    def picture(self, longest_side: int | None = None) -> Image.Image:
        """The picture as it is now, sRGB, at full size or smaller (for a preview)."""
        image = to_image(self._picture)
        size = (self.width, self.height)
        if longest_side and longest_side < max(size):
            factor = longest_side / max(size)
            size = max(1, round(self.width * factor)), max(1, round(self.height * factor))
        if image.size != size:
            image = image.resize(size, Image.Resampling.LANCZOS)
        if self.options.colours is Colours.PHOTO:
            image = keep_colours(image, self.content.image)
        return image

    def alpha(self) -> Image.Image | None:
        """The photo's transparency at the finished picture's size."""
        if self.content.alpha is None:
            return None
        return self.content.alpha.resize((self.width, self.height), Image.Resampling.LANCZOS)

    def paint(self) -> Iterator[Progress]:
        """Work through all scales; yields after each step."""
        ledger = _Ledger(self._scales)
        for scale, style_size in zip(self._scales, self._style_sizes, strict=True):
            self._picture = _enlarge(self._picture, scale)
            for losses in self._optimise(scale, style_size):
                yield ledger.enter(scale, losses)

    def _start(self, scale: Scale) -> Tensor:
        picture = self._content_at(scale)
        if self._method.noise:
            generator = torch.Generator().manual_seed(self.options.seed)
            noise = torch.randn(picture.shape, generator=generator)
            picture = picture + self._method.noise * noise.to(picture.device)
        return picture

    def _content_at(self, scale: Scale) -> Tensor:
        return to_tensor(self.content.image, scale.width, scale.height, self.vgg.device)

    def _style_size(self, scale: Scale) -> tuple[int, int]:
        # The style image shrinks along with the picture but is not enlarged, which would only
        # blur its strokes, unless its short side would be too few pixels for the network.
        width, height = self.style.image.size
        longest = min(max(scale.width, scale.height), max(width, height))
        return fit(width, height, max(longest, smallest_size(width, height)))

    def _optimise(self, scale: Scale, style_size: tuple[int, int]) -> Iterator[Losses]:
        """Update the picture in place; yields the losses that each step started from."""
        weights = self._method.style_layers_at(max(scale.width, scale.height))
        objective = PictureObjective(
            self.vgg,
            self._content_at(scale),
            _STYLE_TARGETS.get(
                self.vgg, self.style, style_size, tuple(weights), self._method.objective
            ),
            weights,
            self._method,
            content_factor(self.options.strength),
        )
        picture = self._picture
        optimiser: Adam | LBFGS
        if self._method.optimiser is Optimiser.ADAM:
            optimiser = Adam(picture, learning_rate=self._method.learning_rate)
        else:
            optimiser = LBFGS(picture, history=history_for(scale.width * scale.height, scale.steps))
        for _ in range(scale.steps):
            losses, gradient = objective.value_and_gradient(picture)
            optimiser.step(gradient, losses.total)
            yield losses


class _Ledger:
    """Counts steps and time, and tells how much is left."""

    def __init__(self, scales: list[Scale]) -> None:
        self._steps = sum(scale.steps for scale in scales)
        self._work = sum(scale.cost for scale in scales)
        self._step = 0
        self._done = 0
        self._start = time.monotonic()

    def enter(self, scale: Scale, losses: Losses) -> Progress:
        """Book one step done at `scale`."""
        self._step += 1
        self._done += scale.width * scale.height
        fraction = self._done / self._work
        # One transfer from the device for all of them.
        numbers = [losses.total, losses.content, losses.style, losses.tv]
        total, content, style, tv, *layers = torch.stack(
            [*numbers, *losses.style_layers.values()]
        ).tolist()
        seconds = time.monotonic() - self._start
        return Progress(
            step=self._step,
            steps=self._steps,
            evaluations=self._step,
            fraction=fraction,
            total_loss=total,
            content_loss=content,
            style_loss=style,
            tv_loss=tv,
            style_layer_losses=dict(zip(losses.style_layers, layers, strict=True)),
            seconds=seconds,
            seconds_left=seconds / fraction - seconds,
            width=scale.width,
            height=scale.height,
        )


def _enlarge(picture: Tensor, scale: Scale) -> Tensor:
    """The picture at the next scale, within what an image can show."""
    if picture.shape[-2:] == (scale.height, scale.width):
        return picture
    black, white = pixel_bounds(picture.device)
    enlarged = functional.interpolate(
        picture.detach(), size=(scale.height, scale.width), mode="bicubic", align_corners=False
    )
    clipped = torch.maximum(torch.minimum(enlarged, white), black)
    return clipped.contiguous(memory_format=torch.channels_last)
