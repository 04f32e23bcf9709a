"""Styles on which Gram matrices alone fail, side by side: docs/hard_styles.jpg, one command.

    python -m benchmarks.hard_styles [--size 512] [--out docs/hard_styles.jpg]

Each row shows a photo, a style, the photo painted with Gram matrices only, with `standard` as it
was in release 0.1.0 (version 1 of the method), with `standard`, and with it and larger shapes.
"Gram matrices only" has the losses of Gatys et al. 2016 (relu4_2 for content, Gram matrices of five
layers that weigh alike, no smoothing), each relative to its target's squared norm, so that α/β
suits all styles. Scales, steps, optimiser and start are those of `standard`. Photos and styles are
those of backend/examples and may be redistributed.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from backend.examples import list_examples
from nst import LoadedImage, Options, load_image, stylize
from nst.devices import fast_dtype, pick_device
from nst.encoder import Encoder, load_encoder
from nst.losses import add_gram_error, add_squared_distance, gram_matrix
from nst.optimisers import LBFGS
from nst.presets import method_for
from nst.pyramid import Scale, fit, schedule
from nst.report import contact_sheet
from nst.tensors import to_image, to_tensor

CONTENT_LAYER: Final = "relu4_2"
STYLE_LAYERS: Final = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# α, with β = 1: about as much of the photo is kept as by `standard`.
CONTENT_WEIGHT: Final = 0.07
PAIRS: Final = (
    ("coffee", "pencil_valley"),
    ("chelsea", "gold_on_black"),
    ("astronaut", "woodblock_wave"),
    ("coffee", "stained_glass"),
    ("chelsea", "cubist_harbour"),
    ("astronaut", "night_wind"),
)
CELL: Final = (300, 250)


def main() -> None:
    """Paint eighteen pictures and save the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="longest side of each painting")
    parser.add_argument("--out", type=Path, default=Path("docs/hard_styles.jpg"))
    parser.add_argument("--pictures", type=Path, help="a folder for each painting at full size")
    args = parser.parse_args()
    options = Options(size=args.size, seed=1)
    device = pick_device()
    encoder = load_encoder(options.weights, device, fast_dtype(device))
    rows = []
    for photo, style in PAIRS:
        content, look = _example(photo), _example(style)
        painted = {
            "Gram matrices only": paint_with_gram_matrices(content, look, options, encoder),
            "release 0.1.0": stylize(content, look, replace(options, method_version=1)).image,
            "standard": stylize(content, look, options).image,
            "shapes 2": stylize(content, look, replace(options, shapes=2.0)).image,
        }
        rows.append([content.image, look.image, *painted.values()])
        if args.pictures:
            for name, picture in painted.items():
                picture.save(args.pictures / f"{photo}, {style}, {name}.png")
        print(f"{photo} in the style of {style}")
    sheet = contact_sheet(rows, columns=["photo", "style", *painted], cell=CELL)
    sheet.save(args.out, quality=72, optimize=True)


def paint_with_gram_matrices(
    content: LoadedImage, style: LoadedImage, options: Options, encoder: Encoder
) -> Image.Image:
    """Return the schedule and the start of `standard` with the losses of this module's text."""
    method = method_for(options)
    scales = schedule(*fit(*content.image.size, options.size), method.steps)
    picture = _photo_at(scales[0], content, encoder)
    generator = torch.Generator().manual_seed(options.seed)
    noise = torch.randn(picture.shape, generator=generator).to(picture.device)
    picture = picture + method.noise * noise
    for scale in scales:
        picture = to_tensor(to_image(picture), scale.width, scale.height, encoder.device)
        _optimise(picture, scale, content, style, encoder)
    return to_image(picture)


def _optimise(
    picture: Tensor, scale: Scale, content: LoadedImage, style: LoadedImage, encoder: Encoder
) -> None:
    """Update the picture in place."""
    with torch.no_grad():
        photo = encoder.features(_photo_at(scale, content, encoder), [CONTENT_LAYER])[CONTENT_LAYER]
        width, height = fit(*style.image.size, max(scale.width, scale.height))
        look = to_tensor(style.image, width, height, encoder.device)
        grams = {layer: _gram(maps) for layer, maps in encoder.walk(look, STYLE_LAYERS)}
    norms = {layer: float(gram.square().sum()) for layer, gram in grams.items()}
    centred = photo.float() - photo.float().mean((2, 3), keepdim=True)
    photo_norm = float(centred.square().sum())

    def hook(layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
        if layer == CONTENT_LAYER:
            weight = CONTENT_WEIGHT / photo_norm
            return add_squared_distance(gradient, maps, photo, weight=weight)
        positions = maps.shape[2] * maps.shape[3]
        weight = 1 / norms[layer] / len(grams) / positions**2
        return add_gram_error(gradient, maps, grams[layer] * positions, weight=weight)

    optimiser = LBFGS(picture)
    for _ in range(scale.steps):
        found, gradient = encoder.backpropagate(picture, (CONTENT_LAYER, *STYLE_LAYERS), hook)
        optimiser.step(gradient, torch.stack(list(found.values())).sum())


def _gram(maps: Tensor) -> Tensor:
    """Return the mean over positions, so that pictures of different sizes compare."""
    return gram_matrix(maps, divisor=maps.shape[2] * maps.shape[3])


def _photo_at(scale: Scale, content: LoadedImage, encoder: Encoder) -> Tensor:
    return to_tensor(content.image, scale.width, scale.height, encoder.device)


def _example(name: str) -> LoadedImage:
    return load_image(
        next(example.path for example in list_examples() if example.path.stem == name)
    )


if __name__ == "__main__":
    main()
