"""The picture while it is made: scale after scale, step after step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nst.checkpoint import Checkpoint
from nst.descent import descend
from nst.errors import OptionsError
from nst.finishing import finish
from nst.images import LoadedImage
from nst.inputs import Inputs
from nst.ledger import Ledger
from nst.memory import bytes_for_style, bytes_free, bytes_needed, check_fits, must_be_lean
from nst.objective import Losses, PictureObjective
from nst.optimisers import LBFGS, Adam, history_for
from nst.options import Init, Options
from nst.presets import Optimiser, content_factor, details_share, method_for
from nst.progress import Progress
from nst.pyramid import Scale, continued, fit, schedule
from nst.regions import Regions
from nst.tensors import pixel_bounds, to_image, to_tensor
from nst.text import Text
from nst.vgg import VGG19

# Shapes that differ by no more than this are the same.
_SAME_SHAPE: Final = 0.02


class Painting:
    """One picture in the making.

    Args:
        inputs: what to paint, in whose style, where, starting from what.
        options: what to make.
        vgg: the network, on the device to use.
        steps: only this many, at full size; for pictures that are gone on from.

    Attributes:
        width: of the finished picture, pixels.
        height: of the finished picture, pixels.
        notes: sentences about what came out other than asked for.

    Raises:
        OptionsError: the photo is too narrow for the size asked for, or `steps` is given without
            a picture to go on from.
        DeviceError: the memory is too small for the size asked for.
    """

    def __init__(
        self, *, inputs: Inputs, options: Options, vgg: VGG19, steps: int | None = None
    ) -> None:
        self.inputs, self.options, self.vgg = inputs, options, vgg
        self.notes: tuple[Text, ...] = ()
        self.width, self.height = fit(*inputs.content.image.size, options.size)
        self._method = method_for(options)
        self._scales = self._schedule(steps)
        self._regions = Regions(inputs, options, vgg)
        largest_style = self._regions.largest_style(self._scales)
        finest = self._scales[-1]
        if vgg.device.type == "cpu":  # where the system ends the program instead of saying no
            pixels = finest.width * finest.height
            needed = max(
                bytes_needed(pixels, vgg.dtype, steps=finest.steps, lean=True),
                bytes_for_style(largest_style, vgg.dtype),
            )
            check_fits(options.size, needed, bytes_free(vgg.device))
        self._ledger = Ledger(self._scales)
        self._tensors: dict[tuple[str, int, int], Tensor] = {}  # images at the scales so far
        self._picture = self._start()

    def raw(self) -> Image.Image:
        """The picture as it is now at full size, before colours and mask are seen to (sRGB)."""
        return _resized(to_image(self._shown()), (self.width, self.height))

    def sketch(self, longest_side: int) -> Image.Image:
        """`raw`, no larger than that, in little time: resized before it leaves the device."""
        factor = min(1.0, longest_side / max(self.width, self.height))
        width, height = max(1, round(self.width * factor)), max(1, round(self.height * factor))
        picture = self._shown()
        if width < picture.shape[3]:
            picture = functional.interpolate(
                picture, size=(height, width), mode="bilinear", antialias=True
            )
        elif width > picture.shape[3]:
            picture = _bicubic(picture, width, height)
        return to_image(picture)

    def finished(self, raw: Image.Image) -> Image.Image:
        """What people see of `raw` or of a sketch: colours and mask are seen to."""
        return finish(raw, self.inputs.content.image, colours=self.options.colours, mask=self.mask)

    @property
    def mask(self) -> Image.Image | None:
        """Where the photo is kept (black), mode L."""
        return self._regions.mask

    def alpha(self) -> Image.Image | None:
        """The photo's transparency at the finished picture's size."""
        alpha = self.inputs.content.alpha
        return None if alpha is None else _resized(alpha, (self.width, self.height))

    def checkpoint(self) -> Checkpoint:
        """The state after the last step."""
        picture = self._picture.detach().float().cpu().contiguous().numpy()
        return Checkpoint(picture, self._ledger.step, self._ledger.seconds)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of this very painting."""
        picture = torch.from_numpy(checkpoint.picture).to(self.vgg.device)
        self._picture = picture.contiguous(memory_format=torch.channels_last)
        self._ledger.resume(checkpoint.step, checkpoint.seconds)

    def paint(self) -> Iterator[Progress]:
        """Work through all scales; yields after each step."""
        for scale in self._scales:
            steps = self._ledger.left_at(scale)
            if not steps:  # done before the checkpoint, which may be of a finer scale
                continue
            coarser = self._picture
            self._picture = self._photo_outside(self._at(scale.width, scale.height), scale)
            try:
                for losses in self._optimise(scale, steps):
                    yield self._ledger.enter(scale, losses)
            except torch.OutOfMemoryError:
                if scale is self._scales[0]:
                    raise
                self._settle_for(coarser)
                return

    def _settle_for(self, coarser: Tensor) -> None:
        """The picture of the last scale is the result, because the next one has no memory."""
        wanted = max(self.width, self.height)
        self._picture = coarser
        self.height, self.width = coarser.shape[-2:]
        self.notes += (
            Text(
                "The memory of {device} is too small for {wanted} px: this is {size} px.",
                device=str(self.vgg.device),
                wanted=wanted,
                size=max(self.width, self.height),
            ),
        )

    def _schedule(self, steps: int | None) -> list[Scale]:
        scales = schedule(self.width, self.height, self._method.steps)
        init = self.inputs.init
        if init is None:
            if steps is not None:
                raise OptionsError(
                    "A number of steps can be given only together with a picture to go on from."
                )
            return scales
        _check_shape(init.image.size, self.inputs.content.image.size)
        if steps is None:
            return continued(scales, max(init.image.size), self._method.continued)
        if steps < 0:
            raise OptionsError("The number of steps must be at least 0, not {steps}.", steps=steps)
        return [replace(scales[-1], steps=steps)]

    def _start(self) -> Tensor:
        scale = self._scales[0]
        if self.inputs.init is not None:
            return self._tensor(self.inputs.init, scale.width, scale.height).clone()
        picture = self._content_at(scale).clone()
        generator = torch.Generator().manual_seed(self.options.seed)
        noise = torch.randn(picture.shape, generator=generator)
        if self._method.init is Init.NOISE:
            picture = noise.to(picture)
        elif self._method.init is Init.STYLE:
            picture = _in_colours_of(noise, self._regions.first_style).to(picture)
        elif self._method.noise:
            picture = picture + self._method.noise * noise.to(picture)
        return picture.contiguous(memory_format=torch.channels_last)

    def _shown(self) -> Tensor:
        """The picture as people are to see it: an earlier one never loses its details."""
        picture = self._picture.detach()
        return picture if self.inputs.init is None else self._at(self.width, self.height)

    def _at(self, width: int, height: int) -> Tensor:
        """The picture at another size, within what an image can show.

        Details that only the larger size shows come from what the picture started from. What is
        gone on from was made small for the coarse scales and gets all of its own back, so that only
        what has changed is enlarged; otherwise some of the photo's are added.
        """
        picture = self._picture.detach()
        if picture.shape[-2:] == (height, width):
            return picture
        source, share = self._details()
        if not share:
            return _within_bounds(_bicubic(picture, width, height))
        small = self._tensor(source, picture.shape[3], picture.shape[2])
        large = self._tensor(source, width, height)
        return _within_bounds(share * large + _bicubic(picture - share * small, width, height))

    def _details(self) -> tuple[LoadedImage, float]:
        """Whose details a larger size gets, and how much of them."""
        if self.inputs.init is not None:
            return self.inputs.init, 1.0
        wanted = self._method.details and self._method.init is Init.CONTENT
        return self.inputs.content, details_share(self.options.strength) if wanted else 0.0

    def _photo_outside(self, picture: Tensor, scale: Scale) -> Tensor:
        """The picture with the photo where nothing is painted, so that what is painted fits in."""
        inside = self._regions.inside(scale)
        return picture if inside is None else torch.where(inside, picture, self._content_at(scale))

    def _content_at(self, scale: Scale) -> Tensor:
        return self._tensor(self.inputs.content, scale.width, scale.height)

    def _tensor(self, image: LoadedImage, width: int, height: int) -> Tensor:
        """The image at a size; not to be changed, because it is kept for the next scales."""
        key = image.sha256, width, height
        if key not in self._tensors:
            self._tensors[key] = to_tensor(image.image, width, height, self.vgg.device)
        return self._tensors[key]

    def _optimise(self, scale: Scale, steps: int) -> Iterator[Losses]:
        """Update the picture in place; yields the losses that each step started from."""
        weights = self._method.style_layers_at(max(scale.width, scale.height))
        objective = PictureObjective(
            self.vgg,
            self._content_at(scale),
            self._regions.at(scale, tuple(weights), self._method.objective),
            weights,
            self._method,
            content_factor(self.options.strength),
            free=self._regions.inside(scale),
        )
        if scale is self._scales[-1]:
            self._tensors.clear()  # there is no larger size to give details to
        picture, pixels = self._picture, scale.width * scale.height
        optimiser: Adam | LBFGS
        if self._method.optimiser is Optimiser.ADAM:
            optimiser = Adam(picture, learning_rate=self._method.learning_rate)
        else:
            optimiser = LBFGS(picture, history=history_for(pixels, steps))
        lean = must_be_lean(pixels, self.vgg.dtype, self.vgg.device, steps=steps)
        yield from descend(objective, picture, optimiser, steps, lean=lean)


def _check_shape(init: tuple[int, int], photo: tuple[int, int]) -> None:
    """Refuse a picture to go on from that would have to be squeezed; rounding is no squeezing."""
    ours, theirs = init[0] / init[1], photo[0] / photo[1]
    if not abs(ours / theirs - 1) <= _SAME_SHAPE + 1 / min(init):
        raise OptionsError(
            "The picture to go on from is {init} px and the photo {photo} px, which is another "
            "shape; both must show the same.",
            init=f"{init[0]}×{init[1]}",
            photo=f"{photo[0]}×{photo[1]}",
        )


def _in_colours_of(noise: Tensor, style: Image.Image) -> Tensor:
    """Noise with the style's mean colour and covariance, normalised."""
    pixels = to_tensor(style, *style.size, torch.device("cpu"))[0].flatten(1)
    values, vectors = torch.linalg.eigh(torch.cov(pixels))
    root = vectors @ torch.diag(values.clamp_min(0).sqrt())
    coloured = torch.einsum("ij,bjhw->bihw", root, noise)
    return coloured + pixels.mean(1).view(1, 3, 1, 1)


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _bicubic(picture: Tensor, width: int, height: int) -> Tensor:
    return functional.interpolate(
        picture, size=(height, width), mode="bicubic", align_corners=False
    )


def _within_bounds(picture: Tensor) -> Tensor:
    """What an image can show of it: black to white."""
    black, white = pixel_bounds(picture.device)
    clipped = torch.maximum(torch.minimum(picture, white), black)
    return clipped.contiguous(memory_format=torch.channels_last)
