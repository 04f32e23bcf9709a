"""What a style that was used before saves: its targets are in the worker's memory already.

    python -m benchmarks.style_cache CONTENT STYLE [--sizes 256 512] [--repeats 5]

Prints a Markdown table: the time of a job; of it, to read the style image, and to compute
its targets at all scales; the same targets taken from memory and, for comparison, read from a file.
All is measured in one process, in turns, so ratios hold while other programs run.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TypeVar

import torch

from nst import LoadedImage, Options, Preset, load_image, stylize, warm_up
from nst.devices import describe, fast_dtype, pick_device
from nst.encoder import Encoder, load_encoder
from nst.inputs import load_inputs
from nst.losses import StyleLoss
from nst.regions import Regions
from nst.setup import Setup, Sizes

Value = TypeVar("Value")
_NUMBERS = count()


def main() -> None:
    """Measure and print."""
    args = _arguments()
    device = pick_device(args.device)
    warm_up(args.device)
    encoder = load_encoder(Options().weights, device, fast_dtype(device))
    photo = load_image(args.content)
    print(f"{describe(device)}, median of {args.repeats}, milliseconds\n")
    print("| preset | px | job | style read | targets | from memory | from a file | file |")
    print("|---|---|---|---|---|---|---|---|")
    for preset in args.presets:
        for size in args.sizes:
            options = Options(preset=preset, size=size)
            rounds = [
                _measure(photo, args.style, options, encoder, args.device)
                for _ in range(args.repeats + 1)
            ][1:]  # the first chooses algorithms and takes memory
            job, *others, file = (statistics.median(column) for column in zip(*rounds, strict=True))
            shares = " | ".join(f"{1e3 * part:.0f} ({part / job:.1%})" for part in others)
            print(f"| {preset} | {size} | {1e3 * job:.0f} | {shares} | {file / 1e6:.1f} MB |")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.style_cache")
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512], help="longest sides")
    parser.add_argument(
        "--presets", type=Preset, nargs="+", default=[Preset.DRAFT, Preset.STANDARD]
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="auto")
    return parser.parse_args()


def _measure(
    photo: LoadedImage, path: Path, options: Options, encoder: Encoder, device: str
) -> tuple[float, float, float, float, float, float]:
    """Seconds of a job and of its parts, and the bytes of a file with the targets."""
    style, reading = _timed(lambda: _unknown(load_image(path)))
    inputs = load_inputs(photo, style)
    setup = Setup.of(Sizes.of(inputs), options, device)
    regions = Regions(inputs, setup, encoder)
    losses, computing = _timed(lambda: _losses(regions, setup))
    _, remembering = _timed(lambda: _losses(regions, setup))
    file = io.BytesIO()
    tensors = [[loss.target for loss in at_scale.values()] for at_scale in losses]
    torch.save(tensors, file)
    _, loading = _timed(lambda: torch.load(io.BytesIO(file.getvalue()), weights_only=True))
    _, job = _timed(lambda: stylize(photo, _unknown(style), options, device=device))
    return job + reading, reading, computing, remembering, loading, len(file.getvalue())


def _unknown(style: LoadedImage) -> LoadedImage:
    """Return the same image as one that has not been seen before."""
    return replace(style, sha256=f"unknown {next(_NUMBERS)}")


def _losses(regions: Regions, setup: Setup) -> list[Mapping[str, StyleLoss]]:
    return [
        regions.at(scale, tuple(setup.method.style_layers_at(max(scale.width, scale.height))))[
            0
        ].losses
        for scale in setup.scales
    ]


def _timed(work: Callable[[], Value]) -> tuple[Value, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


if __name__ == "__main__":
    main()
