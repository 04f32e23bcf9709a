"""The picture while it is made: scale after scale, step after step."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nst.checkpoint import Checkpoint
from nst.encoder import Encoder
from nst.finishing import finish
from nst.images import LoadedImage
from nst.inputs import Inputs
from nst.method import OptimiserKind
from nst.objective import Losses, PictureObjective
from nst.optimisation_loop import Optimiser
from nst.optimisers import LBFGS, Adam, history_for
from nst.options import Init
from nst.presets import content_factor
from nst.progress import Progress
from nst.progress_tracker import ProgressTracker
from nst.pyramid import Scale
from nst.regions import Regions
from nst.setup import Setup
from nst.tensors import to_image, to_tensor, within_bounds
from nst.text import Text


class Painting:
    """One picture in the making; `nst.together.paint_together` paints it.

    Args:
        inputs: what to paint, in whose style, where, starting from what.
        setup: of these inputs.
        encoder: the setup's network.

    Attributes:
        notes: sentences about what came out other than asked for.
        picture: as it is now, (1, 3, height, width), normalised, at the scale that is worked on.

    Raises:
        OptionsError: the masks leave nothing to paint.
        DeviceError: the memory is too small for the size asked for.
    """

    def __init__(self, inputs: Inputs, setup: Setup, encoder: Encoder) -> None:
        self.inputs, self.setup, self.encoder = inputs, setup, encoder
        self.notes: tuple[Text, ...] = ()
        self._method, self._options = setup.method, setup.options
        self._scales = setup.scales  # fewer where the memory does not suffice for all of them
        self._regions = Regions(inputs, setup, encoder)
        setup.check_memory()
        self._tracker = ProgressTracker(setup.scales, setup.device.type)
        self._tensors: dict[tuple[str, int, int], Tensor] = {}  # images at the scales so far
        self.picture = self._start()

    @property
    def width(self) -> int:
        """Of the finished picture, pixels."""
        return self._scales[-1].width

    @property
    def height(self) -> int:
        """Of the finished picture, pixels."""
        return self._scales[-1].height

    def raw(self) -> Image.Image:
        """Return the picture as it is now at full size, sRGB, without colours and mask seen to."""
        return _resized(to_image(self._shown()), (self.width, self.height))

    def sketch(self, longest_side: int) -> Image.Image:
        """Return `raw`, no larger than that, quickly: it is resized before it leaves the device."""
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
        """Return what people see of `raw` or of a sketch: colours and mask are seen to."""
        return finish(
            raw, self.inputs.content.filled, colours=self._options.colours, mask=self.mask
        )

    @property
    def mask(self) -> Image.Image | None:
        """Where the photo is kept (black), mode L."""
        return self._regions.mask

    def alpha(self) -> Image.Image | None:
        """Return the photo's transparency at the finished picture's size; None if it has none."""
        alpha = self.inputs.content.alpha
        return None if alpha is None else _resized(alpha, (self.width, self.height))

    def seconds_of(self, scale: Scale) -> float:
        """Return how long the steps of another painting would take, after one of its own."""
        return self._tracker.seconds_of(scale)

    def checkpoint(self) -> Checkpoint:
        """Return the state after the last step."""
        picture = self.picture.detach().float().cpu().contiguous().numpy()
        return Checkpoint(picture, self._tracker.step, self._tracker.seconds)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint of this very painting."""
        picture = torch.from_numpy(checkpoint.picture).to(self.encoder.device)
        self.picture = picture.contiguous(memory_format=torch.channels_last)
        self._tracker.resume(checkpoint.step, checkpoint.seconds)

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self._tracker.step

    def steps_left(self, scale: Scale) -> int:
        """Return how many of a scale's steps are still to be taken."""
        return self._tracker.left_at(scale)

    def enter(self, scale: Scale) -> None:
        """Bring the picture to the size of a scale."""
        self.picture = self._photo_outside(self._at(scale.width, scale.height), scale)

    def count(self, scale: Scale, losses: Losses) -> Progress:
        """Count one step done at a scale, and report it."""
        return self._tracker.count(scale, losses)

    def settle_for(self, coarser: Tensor) -> None:
        """Take the picture of the last scale as the result: the next one has no memory."""
        wanted = max(self.width, self.height)
        self.picture = coarser
        reached = coarser.shape[3]
        self._scales = tuple(scale for scale in self._scales if scale.width <= reached)
        self.notes += (
            Text(
                "There was not enough memory for {size} px, so it was painted at {smaller} px.",
                size=wanted,
                smaller=max(self.width, self.height),
            ),
        )

    def _start(self) -> Tensor:
        scale = self._scales[0]
        if self.inputs.init is not None:
            return self._tensor(self.inputs.init, scale.width, scale.height).clone()
        picture = self._content_at(scale).clone()
        generator = torch.Generator().manual_seed(self._options.seed)
        noise = torch.randn(picture.shape, generator=generator)
        if self._method.init is Init.NOISE:
            picture = noise.to(picture)
        elif self._method.init is Init.STYLE:
            picture = _in_colours_of(noise, self._regions.first_style).to(picture)
        elif self._method.noise:
            picture = picture + self._method.noise * noise.to(picture)
        return picture.contiguous(memory_format=torch.channels_last)

    def _shown(self) -> Tensor:
        """Return the picture as people are to see it: an earlier one never loses its details."""
        picture = self.picture.detach()
        if self.inputs.init is not None:
            picture = self._at(self.width, self.height)
        return self._regions.cleaned(picture) if self._tracker.step else picture

    def _at(self, width: int, height: int) -> Tensor:
        """Return the picture at another size, within what an image can show.

        Details that only the larger size shows come from what the picture started from. A result
        that is continued was made small for the coarse scales and gets all of its own back, so that
        only what has changed is enlarged; otherwise some of the photo's are added.
        """
        picture = self.picture.detach()
        if picture.shape[-2:] == (height, width):
            return picture
        source, share = self._details()
        if not share:
            return within_bounds(_bicubic(picture, width, height))
        small = self._tensor(source, picture.shape[3], picture.shape[2])
        large = self._tensor(source, width, height)
        return within_bounds(share * large + _bicubic(picture - share * small, width, height))

    def _details(self) -> tuple[LoadedImage, float]:
        """Return whose details a larger size gets, and how much of them."""
        if self.inputs.init is not None:
            return self.inputs.init, 1.0
        wanted = self._method.details and self._method.init is Init.CONTENT
        return self.inputs.content, self._regions.details if wanted else 0.0

    def _photo_outside(self, picture: Tensor, scale: Scale) -> Tensor:
        """Put the photo where nothing is painted, so that what is painted fits in."""
        inside = self._regions.inside(scale)
        return picture if inside is None else torch.where(inside, picture, self._content_at(scale))

    def _content_at(self, scale: Scale) -> Tensor:
        return self._tensor(self.inputs.content, scale.width, scale.height)

    def _tensor(self, image: LoadedImage, width: int, height: int) -> Tensor:
        """Return the image at a size; not to be changed, because it is kept for the next scales."""
        key = image.sha256, width, height
        if key not in self._tensors:
            self._tensors[key] = to_tensor(image.filled, width, height, self.encoder.device)
        return self._tensors[key]

    def objective(self, scale: Scale) -> PictureObjective:
        """Return what is minimised at a scale."""
        weights = self._method.style_layers_at(max(scale.width, scale.height))
        objective = PictureObjective(
            self.encoder,
            self._content_at(scale),
            self._regions.at(scale, tuple(weights)),
            weights,
            self._regions.method,
            content_factor(self._options.strength),
            free=self._regions.inside(scale),
        )
        if scale is self._scales[-1]:
            self._tensors.clear()  # there is no larger size to give details to
        return objective

    def optimiser(self, scale: Scale, steps: int) -> Optimiser:
        """Return what updates the picture, in place, in so many steps."""
        if self._method.optimiser is OptimiserKind.ADAM:
            return Adam(self.picture, learning_rate=self._method.learning_rate)
        return LBFGS(self.picture, history=history_for(scale.width * scale.height, steps))


def _in_colours_of(noise: Tensor, style: Image.Image) -> Tensor:
    """Give noise the style's mean colour and covariance, normalised."""
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
