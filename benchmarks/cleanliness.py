"""How clean pictures are: coloured thread noise, a frame, colours that the style lacks.

    python -m benchmarks.cleanliness FOLDER [--size 256] [--pairs 12] [--versions 1 2] [--out DIR]

FOLDER holds photos `content-*` and style images `style-*`; the sample is that of
`benchmarks.pairs`. Each line is a picture by one version of the method: its fine chroma over the
style's, its frame, its spread of colours over the style's, and the judgements of two networks,
style and content each, lower is better. At last the means, the standard deviations (a strength that
means the same everywhere has small ones for style), and on how many pairs a version is judged at
least as good as the first one, with the largest of each measure.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.pairs import judges_of, sample
from nst import LoadedImage, Options, Preset, load_image, stylize
from nst.colour import to_oklab
from nst.pyramid import fit

Array = NDArray[np.float32]

# What counts as the fine chroma and the spread of a style without any, about a grey level.
_FLOOR = 2e-3


@dataclass(frozen=True, slots=True)
class Row:
    """One picture: three ratios, and the judgements, style and content of each network."""

    fine_chroma: float
    frame: float
    spread: float
    judged: tuple[float, ...]

    def __str__(self) -> str:
        """Write a row of a Markdown table."""
        numbers = [f"{number:.2f}" for number in (self.fine_chroma, self.frame, self.spread)]
        return " | ".join([*numbers, *(f"{number:.3f}" for number in self.judged)])


def fine_chroma(image: Image.Image) -> float:
    """Return the root mean square of what the colour axes of Oklab have above a blur of 1.5 px."""
    axes = to_oklab(image)[..., 1:]
    fine = [axis - _blurred(axis, 1.5) for axis in (axes[..., 0], axes[..., 1])]
    return float(np.sqrt(np.mean(np.square(fine))))


def chroma_spread(image: Image.Image) -> float:
    """Return the root mean square distance of the colours from their mean in Oklab."""
    axes = to_oklab(image)[..., 1:]
    return float(np.sqrt(np.square(axes - axes.mean((0, 1))).sum(-1).mean()))


def frame(image: Image.Image) -> float:
    """Return the mean step to the outermost pixels over that between inner neighbours.

    A step is the absolute difference of two neighbouring pixels, across the side that it is near.
    """
    pixels = np.asarray(image.convert("RGB"), dtype=np.float32)
    down, right = (np.abs(np.diff(pixels, axis=axis)) for axis in (0, 1))
    outer = down[[0, -1]].mean() + right[:, [0, -1]].mean()
    inner = down[2:-2].mean() + right[:, 2:-2].mean()
    return float(outer / max(1e-6, inner))


def measure(picture: Image.Image, style: Image.Image, judged: Sequence[float]) -> Row:
    """Compare a picture with its style image, looked at in its size."""
    look = style.resize(fit(*style.size, min(max(picture.size), max(style.size))))
    return Row(
        fine_chroma(picture) / max(_FLOOR, fine_chroma(look)),
        frame(picture),
        chroma_spread(picture) / max(_FLOOR, chroma_spread(look)),
        tuple(judged),
    )


def main() -> None:
    """Paint, measure and judge; print Markdown tables."""
    arguments = _arguments()
    photos, styles = (sorted(arguments.folder.glob(f"{kind}-*")) for kind in ("content", "style"))
    rows: dict[int, list[Row]] = {version: [] for version in arguments.versions}
    print(
        "| pair | method | fine chroma | frame | spread | VGG19 | | other | |\n" + "|---" * 9 + "|"
    )
    for content, look in sample(photos, styles, arguments.pairs):
        photo, style = load_image(content), load_image(look)
        judges = judges_of(photo, style, arguments.size)
        for version, found in rows.items():
            picture = _paint(photo, style, version, arguments)
            name = f"{content.stem.removeprefix('content-')}, {look.stem.removeprefix('style-')}"
            if arguments.out:
                picture.save(arguments.out / f"{name} {version}.png")
            judgements = [judge(picture) for judge in judges]
            judged = [number for each in judgements for number in (each.style, each.content)]
            found.append(measure(picture, style.image, judged))
            print(f"| {name} | {version} | {found[-1]} |", flush=True)
    for version, found in rows.items():
        print(f"| mean | {version} | {_over_pairs(found, np.mean)} |")
        print(f"| standard deviation | {version} | {_over_pairs(found, np.std)} |")
        print(f"| at least as good | {version} | {_wins(found, rows[arguments.versions[0]])} |")


def _paint(
    photo: LoadedImage, style: LoadedImage, version: int, arguments: argparse.Namespace
) -> Image.Image:
    options = Options(preset=arguments.preset, size=arguments.size, method_version=version)
    return stylize(photo, style, options).image


def _over_pairs(rows: list[Row], summary: Callable[..., Any]) -> Row:
    """Summarise each number of all rows, by the mean for one."""
    numbers = [(row.fine_chroma, row.frame, row.spread, *row.judged) for row in rows]
    fine, border, spread, *judged = (float(number) for number in summary(numbers, axis=0))
    return Row(fine, border, spread, tuple(judged))


def _wins(rows: list[Row], first: list[Row]) -> str:
    """Return the largest of each measure, and the pairs judged at least as good as the first."""
    largest = [max(row.fine_chroma for row in rows), max(row.frame for row in rows)]
    largest.append(max(row.spread for row in rows))
    better = np.array([row.judged for row in rows]) <= np.array([row.judged for row in first])
    return " | ".join([*(f"≤ {number:.2f}" for number in largest), *map(str, better.sum(0))])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleanliness")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=256, help="longest side in pixels")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--preset", type=Preset, default=Preset.STANDARD)
    parser.add_argument("--versions", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--out", type=Path, help="a folder for the pictures")
    return parser.parse_args()


def _blurred(values: Array, radius: float) -> Array:
    """Return the Gaussian blur of a plane; its edge goes on beyond it."""
    reach = int(4 * radius) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / radius) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    padded = np.pad(values, reach, mode="edge")
    for axis in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=axis)
        padded = windows @ kernel
    return np.asarray(padded, dtype=np.float32)


if __name__ == "__main__":
    main()
