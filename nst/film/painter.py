"""The frames of a film, painted one after another."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nst.film.flow import Bools, Floats
from nst.film.frames import Origin
from nst.film.memory import Look, Memory, Shot
from nst.finishing import finish
from nst.images import LoadedImage
from nst.inputs import Inputs
from nst.losses import TemporalLoss
from nst.method import OptimiserKind
from nst.objective import Losses, PictureObjective
from nst.optimisation_loop import optimise
from nst.optimisers import LBFGS, Adam, history_for
from nst.options import Options
from nst.painting import Painting
from nst.presets import content_factor
from nst.preview import PreviewClock
from nst.progress import Progress
from nst.progress_tracker import ProgressTracker
from nst.regions import Regions
from nst.setup import Setup, Sizes
from nst.tensors import to_image, to_tensor
from nst.together import paint_together

TEMPORAL: Final = "temporal"
# Of the steps of a still picture at its finest scale, how many a frame gets that goes on from
# another one; and the weight of the temporal loss, in units of the normalised image.
_STEPS: Final = 0.4
_TEMPORAL_WEIGHT: Final = 2.5
_SHOTS: Final = 4  # that are kept, because films go back to them
_LANCZOS: Final = Image.Resampling.LANCZOS


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A frame as it was painted.

    Attributes:
        raw: sRGB, before colours and mask are seen to.
        shown: sRGB, what people see.
        alpha: of the source, at this size; None if nothing is transparent.
        origin: what it started from.
    """

    raw: Image.Image
    shown: Image.Image
    alpha: Image.Image | None
    origin: Origin


class FramePainter:
    """Paints one frame after another.

    Args:
        first: the first frame, with styles and mask.
        options: of each frame, as of a still picture.
        device: `auto`, `cpu`, `cuda:0` …
        preview: of frames that are painted anew.

    Attributes:
        onwards: while a frame is painted anew, the seconds of one that goes on from it, as its own
            steps tell; None while one is painted that goes on itself.

    Raises:
        OptionsError: the options do not fit the pictures or each other.
        WeightsError: the network's weights are missing or damaged.
        DeviceError: there is no such device, or its memory is too small for the size.
    """

    def __init__(self, first: Inputs, options: Options, device: str, preview: PreviewClock) -> None:
        self._inputs, self._preview = first, preview
        self.onwards: float | None = None
        self._setup = Setup.of(Sizes.of(first), options, device)
        self._encoder = self._setup.encoder()
        self._scale = replace(
            self._setup.scales[-1], steps=math.ceil(_STEPS * self._setup.scales[-1].steps)
        )
        self._regions = Regions(first, self._setup, self._encoder)
        self._shots: list[Shot] = []  # the one that is painted is the last
        self._last: tuple[Look, Canvas] | None = None

    @property
    def device(self) -> torch.device:
        """Where it is painted."""
        return self._encoder.device

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the painted frames, pixels."""
        return self._scale.width, self._scale.height

    def paint(self, frame: LoadedImage) -> Generator[Progress, None, Canvas]:
        """Paint the next frame; yield after each step, and return it."""
        look = Look.of(frame, self.size)
        if self._last and look.equals(self._last[0]):
            return replace(self._last[1], origin=Origin.SAME)
        memory = self._follow(look)
        if memory is None:
            raw = yield from self._anew(frame)
            origin = Origin.ANEW
        else:
            raw = yield from self._onwards(frame, memory)
            origin = Origin.MOVED
        return self._take(look, frame, raw, origin, memory)

    def recall(self, frame: LoadedImage, raw: Image.Image) -> Canvas:
        """Take a frame in as if it had just been painted like this."""
        look = Look.of(frame, self.size)
        raw = raw.convert("RGB")
        if raw.size != self.size:
            raw = raw.resize(self.size, Image.Resampling.LANCZOS)
        memory = self._follow(look)
        return self._take(look, frame, raw, Origin.SAME, memory)

    def _follow(self, look: Look) -> Memory | None:
        """Find what was painted before in a frame, after a cut in earlier shots as well."""
        for shot in reversed(self._shots):
            memory = shot.follow(look, returning=shot is not self._shots[-1])
            if memory is not None:
                if shot is not self._shots[-1]:
                    self._shots.remove(shot)
                    self._shots.append(shot)
                    self._last = None
                return memory
        return None

    def _take(
        self,
        look: Look,
        frame: LoadedImage,
        raw: Image.Image,
        origin: Origin,
        memory: Memory | None,
    ) -> Canvas:
        """Keep a frame for those that come, and finish it."""
        if memory is None:
            self._shots = [*self._shots[1 - _SHOTS :], Shot(look, raw)]
        else:
            self._shots[-1].add(look, raw)
        colours = self._setup.options.colours
        shown = finish(raw, frame.filled, colours=colours, mask=self._regions.mask)
        alpha = None if frame.alpha is None else frame.alpha.resize(self.size, _LANCZOS)
        if memory is not None and self._last is not None:
            shown, alpha = _kept(shown, alpha, self._last[1], memory.resting)
        canvas = Canvas(raw=raw, shown=shown, alpha=alpha, origin=origin)
        self._last = look, canvas
        return canvas

    def _anew(self, frame: LoadedImage) -> Generator[Progress, None, Image.Image]:
        """Paint a frame as a still picture."""
        inputs = replace(self._inputs, content=frame)
        painting = Painting(inputs, self._setup, self._encoder)
        for (progress,) in paint_together([painting]):
            self.onwards = painting.seconds_of(self._scale)
            yield replace(progress, preview=self._preview.take(painting))
        self._regions = Regions(inputs, self._setup, self._encoder)
        return painting.raw()

    def _onwards(
        self, frame: LoadedImage, memory: Memory
    ) -> Generator[Progress, None, Image.Image]:
        """Paint a frame from what was painted before."""
        before = memory.picture.round().astype(np.uint8)
        if memory.still.all():
            return Image.fromarray(before)
        content, target = self._tensor(frame.filled), self._tensor(Image.fromarray(before))
        weights = self._mask(memory.weights)
        picture = target.clone(memory_format=torch.channels_last)
        self.onwards, tracker = None, ProgressTracker([self._scale])
        loss = TemporalLoss(target, weights)
        for losses in self._optimise(content, picture, loss, memory):
            yield tracker.count(self._scale, losses)
        pixels = np.array(to_image(self._regions.cleaned(picture)))
        pixels[memory.still] = before[memory.still]
        return Image.fromarray(pixels)

    def _optimise(
        self, content: Tensor, picture: Tensor, loss: TemporalLoss, memory: Memory
    ) -> Iterator[Losses]:
        """Update the picture in place."""
        method, scale = self._setup.method, self._scale
        weights = method.style_layers_at(max(self.size))
        free = self._mask(~memory.still) > 0
        inside = self._regions.inside(scale)
        objective = PictureObjective(
            self._encoder,
            content,
            self._regions.at(scale, tuple(weights)),
            weights,
            self._regions.method,
            content_factor(self._setup.options.strength),
            free=free if inside is None else free & inside,
            further={TEMPORAL: (loss, _TEMPORAL_WEIGHT)},
        )
        optimiser: Adam | LBFGS
        if method.optimiser is OptimiserKind.ADAM:
            optimiser = Adam(picture, learning_rate=method.learning_rate)
        else:
            history = history_for(scale.width * scale.height, scale.steps)
            optimiser = LBFGS(picture, history=history)
        recompute = self._setup.must_recompute(scale)
        yield from optimise(objective, picture, optimiser, scale.steps, recompute=recompute)

    def _tensor(self, image: Image.Image) -> Tensor:
        return to_tensor(image, *self.size, self._encoder.device)

    def _mask(self, where: Bools | Floats) -> Tensor:
        values = torch.from_numpy(where.astype(np.float32))[None, None]
        return values.to(self._encoder.device)


def _kept(
    shown: Image.Image, alpha: Image.Image | None, last: Canvas, unchanged: Bools
) -> tuple[Image.Image, Image.Image | None]:
    """Put the last frame's pixels where the source did not change, to the bit."""
    mask = Image.fromarray(unchanged.astype(np.uint8) * 255)
    shown = Image.composite(last.shown, shown, mask)
    if alpha is None and last.alpha is None:
        return shown, None
    opaque = Image.new("L", shown.size, 255)
    return shown, Image.composite(last.alpha or opaque, alpha or opaque, mask)
