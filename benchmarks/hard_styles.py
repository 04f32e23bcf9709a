"""Styles on which Gram matrices alone fail, side by side: docs/hard_styles.jpg, one command.

    python -m benchmarks.hard_styles [--size 384] [--out docs/hard_styles.jpg]

Each row shows a photo, a style, the photo painted with Gram matrices only, and with `standard`.
Gram-only differs from `standard` in its style loss, the relative error of each layer's Gram
matrix, in a content weight that suits it, and in having no total variation: scales, steps,
optimiser, layers, their weights and the start are the same. Photos and styles are those of
bot/examples and may be redistributed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from bot.examples import list_examples
from nst import LoadedImage, Options, load_image, losses, stylize
from nst.devices import fast_dtype, pick_device
from nst.optimisers import LBFGS
from nst.presets import method_for
from nst.pyramid import Scale, fit, schedule
from nst.report import contact_sheet
from nst.tensors import to_image, to_tensor
from nst.vgg import VGG19, warm_vgg19

# A Gram matrix is mostly brightness, which is right soon: its relative error is about a quarter of
# that of centred statistics, and with the same content weight little but the photo would be left.
GRAM_CONTENT: Final = 0.25
PAIRS: Final = (
    ("coffee", "pencil_valley"),
    ("chelsea", "gold_on_black"),
    ("astronaut", "woodblock_wave"),
    ("coffee", "stained_glass"),
)


def main() -> None:
    """Paint eight pictures and save the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=384, help="longest side of each painting")
    parser.add_argument("--out", type=Path, default=Path("docs/hard_styles.jpg"))
    args = parser.parse_args()
    options = Options(size=args.size, seed=1)
    device = pick_device()
    vgg = warm_vgg19(options.weights, device, fast_dtype(device))
    rows = []
    for photo, style in PAIRS:
        content, look = _example(photo), _example(style)
        gram = paint_with_gram_matrices(content, look, options, vgg)
        standard = stylize(content, look, options).image
        rows.append([content.image, look.image, gram, standard])
        print(f"{photo} in the style of {style}")
    columns = ["photo", "style", "Gram matrices only", "standard"]
    sheet = contact_sheet(rows, columns=columns, cell=(args.size, args.size * 5 // 6))
    sheet.save(args.out, quality=86, optimize=True)


def paint_with_gram_matrices(
    content: LoadedImage, style: LoadedImage, options: Options, vgg: VGG19
) -> Image.Image:
    """`standard` but for the style loss and the smoothing; see this module's text."""
    method = method_for(options)
    scales = schedule(*fit(*content.image.size, options.size), method.steps)
    picture = _photo_at(scales[0], content, vgg)
    generator = torch.Generator().manual_seed(options.seed)
    noise = torch.randn(picture.shape, generator=generator).to(picture.device)
    picture = picture + method.noise * noise
    for scale in scales:
        picture = to_tensor(to_image(picture), scale.width, scale.height, vgg.device)
        _optimise(picture, scale, content, style, options, vgg)
    return to_image(picture)


def _optimise(
    picture: Tensor,
    scale: Scale,
    content: LoadedImage,
    style: LoadedImage,
    options: Options,
    vgg: VGG19,
) -> None:
    """Update the picture in place."""
    method = method_for(options)
    longest = max(scale.width, scale.height)
    style_weights = method.style_layers_at(longest)
    content_weights = method.content_layer_weights
    with torch.no_grad():
        photo = vgg.features(_photo_at(scale, content, vgg), content_weights)
        look = to_tensor(style.image, *fit(*style.image.size, longest), vgg.device)
        grams = {layer: _gram(maps) for layer, maps in vgg.features(look, style_weights).items()}
    energies = {layer: _centred_energy(maps) for layer, maps in photo.items()}

    def loss(layer: str, maps: Tensor) -> Tensor:
        total = torch.zeros((), device=maps.device)
        if layer in photo:
            error = losses.relative_error(maps, photo[layer], energies[layer])
            weight = GRAM_CONTENT * method.content_weight * content_weights[layer]
            total = total + weight * error
        if layer in grams:
            error = losses.relative_error(_gram(maps), grams[layer], grams[layer].square().sum())
            total = total + style_weights[layer] * error
        return total.reshape(1)

    optimiser = LBFGS(picture)
    for _ in range(scale.steps):
        found, gradient = vgg.backpropagate(picture, {*photo, *grams}, loss)
        optimiser.step(gradient, torch.stack(list(found.values())).sum())


def _gram(maps: Tensor) -> Tensor:
    """The mean over positions, so that pictures of different sizes compare."""
    return losses.gram_matrix(maps, divisor=maps.shape[2] * maps.shape[3])


def _centred_energy(maps: Tensor) -> Tensor:
    return (maps.float() - maps.float().mean((2, 3), keepdim=True)).square().sum()


def _photo_at(scale: Scale, content: LoadedImage, vgg: VGG19) -> Tensor:
    return to_tensor(content.image, scale.width, scale.height, vgg.device)


def _example(name: str) -> LoadedImage:
    return load_image(
        next(example.path for example in list_examples() if example.path.stem == name)
    )


if __name__ == "__main__":
    main()
