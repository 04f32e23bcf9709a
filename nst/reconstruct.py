"""What single layers know: pictures made from noise so that a layer cannot tell them from another.

Gatys et al. 2016, figure 1: shallow layers give the photo back nearly pixel by pixel, deep ones
what it shows without its exact colours and lines; the Gram matrices of ever more layers give the
style image's texture at ever larger scales, without its arrangement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nst.devices import fast_dtype, pick_device
from nst.encoder import Encoder, Hook, load_encoder
from nst.errors import OptionsError
from nst.inputs import ImageSource, as_loaded
from nst.losses import add_gram_error, add_squared_distance, gram_matrix
from nst.optimisers import LBFGS
from nst.options import MAX_SEED, MAX_SIZE, MIN_SIZE, Options, Preset, named_weights, within
from nst.presets import method_for
from nst.pyramid import fit
from nst.report.sheets import contact_sheet
from nst.tensors import to_image, to_tensor
from nst.versions import stylize_versions

# The layers of figure 1 of the paper.
CONTENT_LAYERS: Final = ("relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2")
STYLE_LAYERS: Final = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
_STRENGTHS: Final = (20, 40, 60, 80)
# Standard deviation of the start around grey, in units of the normalised image. What no layer
# sees stays as it was, so less noise here is less noise in the outcome.
_NOISE: Final = 0.1

OnStep = Callable[[int, int], None]
"""Told the steps done and the steps planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionOptions:
    """How a reconstruction is made.

    Attributes:
        size: longest side in pixels, 64 to 4096.
        steps: of the optimiser, at least 1.
        seed: of the noise that it starts from, 0 to 2**32 - 1.
        weights: `original`, `torchvision`, or a file, see `nst.weights.load_weights`.
        device: `auto`, `cpu`, `cuda:0` …

    Raises:
        OptionsError: a number is out of range.
    """

    size: int = 256
    steps: int = 200
    seed: int = 0
    weights: str = "original"
    device: str = "auto"

    def __post_init__(self) -> None:
        within(MIN_SIZE, MAX_SIZE, whole=True)(None, "size", self.size)
        steps: Any = self.steps  # nobody checks the types of those who call a library
        if not (isinstance(steps, int | np.integer) and steps >= 1):
            raise OptionsError("steps must be at least 1, not {value}.", value=steps)
        within(0, MAX_SEED, whole=True)(None, "seed", self.seed)
        object.__setattr__(self, "weights", named_weights(None, "weights", self.weights))


def reconstruct_content(
    image: ImageSource,
    layer: str = "relu4_2",
    options: ReconstructionOptions | None = None,
    *,
    on_step: OnStep | None = None,
) -> Image.Image:
    """Make a picture with the feature maps of `image` at one layer.

        how = nst.ReconstructionOptions(size=256, steps=100)
        nst.reconstruct_content("photo.jpg", "relu4_2", how).save("photo_4_2.png")

    Gatys et al. 2016, section 2.1.

    Args:
        image: as for `nst.stylize`.
        layer: `conv1_1` … `relu5_2`.
        options: how; the defaults if None.
        on_step: called after every step.

    Raises:
        OptionsError: the image is too narrow for the size, or no layer has that name.
        ImageError: the image cannot be used.
        WeightsError: the VGG19 weights are missing or damaged.
        DeviceError: there is no such device.
    """
    options = options or ReconstructionOptions()
    encoder, tensor = _seen(image, options)
    with torch.no_grad():
        target = encoder.features(tensor, [layer])[layer]
        squared_norm = max(1e-6, float(target.float().square().sum()))

    def hook(_layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
        return add_squared_distance(gradient, maps, target, weight=1 / squared_norm)

    return _from_noise(encoder, tensor.shape, [layer], hook, options, on_step)


def reconstruct_style(
    image: ImageSource,
    layers: Sequence[str] = STYLE_LAYERS,
    options: ReconstructionOptions | None = None,
    *,
    on_step: OnStep | None = None,
) -> Image.Image:
    """Make a picture with the Gram matrices of `image` at some layers (section 2.2).

        nst.reconstruct_style("painting.jpg", ["relu1_1", "relu2_1"]).save("texture.png")

    Each layer's error counts relative to its target's squared norm, all layers alike.

    Args:
        image: as in `reconstruct_content`.
        layers: one or more of `conv1_1` … `relu5_2`.
        options: how; the defaults if None.
        on_step: called after every step.

    Raises:
        NstError: as in `reconstruct_content`.
    """
    if not layers:
        raise OptionsError("A style reconstruction needs at least one layer, such as relu1_1.")
    options = options or ReconstructionOptions()
    encoder, tensor = _seen(image, options)
    with torch.no_grad():
        targets = {layer: gram_matrix(maps) for layer, maps in encoder.walk(tensor, layers)}
    norms = {layer: max(1e-6, float(gram.square().sum())) for layer, gram in targets.items()}

    def hook(layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
        weight = 1 / norms[layer] / len(targets)
        return add_gram_error(gradient, maps, targets[layer], weight=weight)

    return _from_noise(encoder, tensor.shape, targets, hook, options, on_step)


def figure(
    content: ImageSource,
    style: ImageSource,
    options: ReconstructionOptions | None = None,
    *,
    on_step: OnStep | None = None,
) -> Image.Image:
    """Make figure 1 of Gatys et al. 2016 for any two images, as one contact sheet.

        nst.figure("photo.jpg", "painting.jpg").save("layers.jpg")

    The upper row shows style reconstructions from the first style layer, the first two … all five;
    the lower row content reconstructions from one layer each. The images themselves come first.

    Args:
        content: the photo, as for `nst.stylize`.
        style: the same of the style image.
        options: how each of the ten reconstructions is made; the defaults if None.
        on_step: called after every step, counted over all reconstructions.

    Raises:
        NstError: as in `reconstruct_content`.
    """
    options = options or ReconstructionOptions()
    photo, painting = as_loaded(content), as_loaded(style)
    depths = range(1, len(STYLE_LAYERS) + 1)
    tell = _Counter(on_step, options.steps * 2 * len(depths)).next
    styles = [
        reconstruct_style(painting, STYLE_LAYERS[:depth], options, on_step=tell) for depth in depths
    ]
    contents = [
        reconstruct_content(photo, layer, options, on_step=tell) for layer in CONTENT_LAYERS
    ]
    return contact_sheet(
        [[painting.image, *styles], [photo.image, *contents]],
        columns=["image", *(f"block {depth}" for depth in depths)],
        names=["style", "content"],
        title="What the layers of VGG19 know",
        cell=fit(*photo.image.size, options.size),
    )


def trade_off(
    content: ImageSource,
    style: ImageSource,
    options: Options | None = None,
    *,
    device: str = "auto",
    on_step: OnStep | None = None,
) -> Image.Image:
    """Paint strengths by style layers, after figure 3 of Gatys et al. 2015 (arXiv 1508.06576).

        nst.trade_off("photo.jpg", "painting.jpg").save("strengths.jpg")

    Args:
        content: as in `figure`.
        style: the same.
        options: of each picture, but for strength and style layers; drafts of 256 px if None.
        device: `auto`, `cpu`, `cuda:0` …
        on_step: called after every picture.

    Raises:
        NstError: as in `nst.stylize`.
    """
    options = options or Options(preset=Preset.DRAFT, size=256)
    photo, painting = as_loaded(content), as_loaded(style)
    weights = method_for(replace(options, style_layers=None)).style_layer_weights
    rows: list[list[Image.Image]] = []
    tell = _Counter(on_step, len(_STRENGTHS) * len(STYLE_LAYERS)).next
    for depth in range(1, len(STYLE_LAYERS) + 1):
        layers = {layer: weights[layer] for layer in STYLE_LAYERS[:depth]}
        row = [replace(options, strength=each, style_layers=layers) for each in _STRENGTHS]
        rows.append([])
        for result in stylize_versions(photo, painting, row, device=device):
            rows[-1].append(result.image)
            tell()
    return contact_sheet(
        rows,
        columns=[f"strength {strength}" for strength in _STRENGTHS],
        names=[STYLE_LAYERS[0], *(f"… {layer}" for layer in STYLE_LAYERS[1:])],
        title="Strength and style layers",
        cell=fit(*photo.image.size, options.size),
    )


class _Counter:
    """Counts steps over several pictures."""

    def __init__(self, on_step: OnStep | None, planned: int) -> None:
        self._on_step, self._planned, self._done = on_step, planned, 0

    def next(self, *_of_one_picture: int) -> None:
        self._done += 1
        if self._on_step:
            self._on_step(self._done, self._planned)


def _seen(image: ImageSource, options: ReconstructionOptions) -> tuple[Encoder, Tensor]:
    """Return the network, and the image as it sees it."""
    device = pick_device(options.device)
    encoder = load_encoder(options.weights, device, fast_dtype(device))
    picture = as_loaded(image).image
    return encoder, to_tensor(picture, *fit(*picture.size, options.size), device)


def _from_noise(
    encoder: Encoder,
    shape: Sequence[int],
    layers: Iterable[str],
    hook: Hook,
    options: ReconstructionOptions,
    on_step: OnStep | None,
) -> Image.Image:
    generator = torch.Generator().manual_seed(options.seed)
    noise = _NOISE * torch.randn(tuple(shape), generator=generator)
    picture = noise.to(encoder.device).contiguous(memory_format=torch.channels_last)
    optimiser = LBFGS(picture)
    for step in range(options.steps):
        found, gradient = encoder.backpropagate(picture, layers, hook)
        optimiser.step(gradient, torch.stack(list(found.values())).sum())
        if on_step:
            on_step(step + 1, options.steps)
    return to_image(picture)
