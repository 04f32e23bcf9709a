"""Presets over many pairs of images: time, and the judgement of two networks.

    python -m benchmarks.pairs FOLDER [--size 256] [--pairs 12] [--presets draft standard]

FOLDER holds photos `content-*` and style images `style-*`. Of all pairs a sample is taken (seed 0;
the same for every run with the same files), in which all styles come up about equally often. The
first row, "reference objective", is the reference recipe's objective and start, minimised by
60 evaluations of L-BFGS: about the loss that the recipe itself reaches in 3000 steps
(`benchmarks.reference`), which would take a quarter of an hour a pair. Medians over the pairs; in
brackets on how many pairs a preset is judged better than the first row.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from benchmarks.judge import Judge, Judgement
from benchmarks.other_network import OTHER_LAYERS, OtherNetwork
from benchmarks.reference import Race
from nst import LoadedImage, Options, Preset, load_image, stylize
from nst.devices import describe, pick_device
from nst.encoder import load_encoder
from nst.optimisation_loop import optimise
from nst.optimisers import LBFGS
from nst.tensors import to_image

_FIRST = "reference objective"
_EVALUATIONS = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One picture.

    Attributes:
        seconds: from the call to the result.
        judgements: through VGG19, and through the other network.
    """

    seconds: float
    judgements: tuple[Judgement, ...]


def sample(photos: list[Path], styles: list[Path], count: int) -> list[tuple[Path, Path]]:
    """Pairs in which every style comes up about equally often."""
    shuffled = random.Random(0)
    pairs: list[tuple[Path, Path]] = []
    while len(pairs) < min(count, len(photos) * len(styles)):
        for style in shuffled.sample(styles, len(styles)):
            left = [photo for photo in photos if (photo, style) not in pairs]
            if left:
                pairs.append((shuffled.choice(left), style))
    return pairs[:count]


def by_reference_objective(photo: LoadedImage, style: LoadedImage, size: int) -> Image.Image:
    """Return the reference objective after 60 evaluations of L-BFGS."""
    race = Race(photo, style, size)
    picture = race.start()
    for _ in optimise(race.fast, picture, LBFGS(picture), _EVALUATIONS):
        pass
    return to_image(picture)


def paint(photo: LoadedImage, style: LoadedImage, name: str, size: int) -> Image.Image:
    """Return the picture of a row of the table."""
    if name == _FIRST:
        return by_reference_objective(photo, style, size)
    return stylize(photo, style, Options(preset=Preset(name), size=size)).image


def main() -> None:
    """Paint, judge, print a Markdown table."""
    arguments = _arguments()
    photos, styles = (sorted(arguments.folder.glob(f"{kind}-*")) for kind in ("content", "style"))
    pairs = sample(photos, styles, arguments.pairs)
    names = [_FIRST, *arguments.presets]
    print(f"{describe(pick_device())}, {arguments.size} px, {len(pairs)} pairs\n")
    rows: dict[str, list[Row]] = {name: [] for name in names}
    for number, (content, look) in enumerate(pairs, start=1):
        print(f"{number}: {content.stem} · {look.stem}", flush=True)
        for name, row in _judged(load_image(content), load_image(look), names, arguments.size):
            rows[name].append(row)
    print("\n| | seconds | VGG19: style | content | other network: style | content |")
    print("|---|---|---|---|---|---|")
    for name in names:
        words = " | ".join(_cell(rows[name], rows[_FIRST], read) for read in _readings())
        print(f"| {name} | {statistics.median(row.seconds for row in rows[name]):.1f} | {words} |")


def judges_of(photo: LoadedImage, style: LoadedImage, size: int) -> tuple[Judge, Judge]:
    """Return a judge that looks through VGG19, and one through the other network."""
    device = pick_device()
    return (
        Judge(photo.image, style.image, size, load_encoder("original", device, torch.float32)),
        Judge(photo.image, style.image, size, OtherNetwork(device), OTHER_LAYERS),
    )


def _judged(
    photo: LoadedImage, style: LoadedImage, names: list[str], size: int
) -> Iterator[tuple[str, Row]]:
    judges = judges_of(photo, style, size)
    for name in names:
        start = time.perf_counter()
        picture = paint(photo, style, name, size)
        seconds = time.perf_counter() - start
        yield name, Row(seconds, tuple(judge(picture) for judge in judges))


def _readings() -> list[Callable[[Row], float]]:
    return [
        lambda row: row.judgements[0].style,
        lambda row: row.judgements[0].content,
        lambda row: row.judgements[1].style,
        lambda row: row.judgements[1].content,
    ]


def _cell(rows: list[Row], first: list[Row], read: Callable[[Row], float]) -> str:
    median = f"{statistics.median(map(read, rows)):.3f}"
    if rows is first:
        return median
    better = sum(read(ours) < read(theirs) for ours, theirs in zip(rows, first, strict=True))
    return f"{median} ({better})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=256, help="longest side in pixels")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--presets", nargs="*", default=["draft", "standard"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
