"""Time and quality of the presets on one pair of images.

    python -m benchmarks.presets CONTENT STYLE --size 256 --out DIR [--reference-steps 3000]

Prints a Markdown table and saves each picture and a sheet of all of them into DIR. The reference
recipe takes long on a CPU: the picture of an earlier run can stand in for it
(--reference-picture PNG --reference-seconds S).
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import torch
from PIL import Image, ImageDraw

from benchmarks.judge import Judge
from benchmarks.other_network import OTHER_LAYERS, OtherNetwork
from nst import LoadedImage, Options, Preset, load_image, stylize, warm_up
from nst.devices import describe, pick_device
from nst.encoder import Encoder, load_encoder
from nst.objective import PictureObjective
from nst.pyramid import fit
from nst.tensors import to_tensor

_LABEL_HEIGHT = 16


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the table.

    Attributes:
        name: of the preset.
        picture: the result.
        seconds: from the call to the result, network already loaded; None where nothing ran.
        processor_seconds: of all threads together; unlike `seconds` it hardly depends on what
            else the machine does.
        evaluations: forward and backward passes.
    """

    name: str
    picture: Image.Image
    seconds: float | None
    processor_seconds: float | None
    evaluations: int


class ReferenceLoss:
    """The reference recipe's total loss of any picture, in float32."""

    def __init__(self, photo: LoadedImage, style: LoadedImage, size: int, encoder: Encoder) -> None:
        method = Preset.REFERENCE.method
        self._size = fit(*photo.image.size, size)
        self._device = encoder.device
        style_size = fit(*style.image.size, min(size, max(style.image.size)))
        content = to_tensor(photo.image, *self._size, encoder.device)
        self._objective = PictureObjective.of_one_style(
            encoder, content, style, method, size=style_size
        )

    def __call__(self, picture: Image.Image) -> float:
        """Return the loss of a finished picture (8 bits per channel, values outside clipped)."""
        shown = to_tensor(picture, *self._size, self._device)
        losses, _ = self._objective.value_and_gradient(shown)
        return float(losses.total)


def main() -> None:
    """Run, print, save."""
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    photo, style = load_image(args.content), load_image(args.style)
    exact = load_encoder("original", pick_device(args.device), torch.float32)
    judges = (
        Judge(photo.image, style.image, args.size, OtherNetwork(exact.device), OTHER_LAYERS),
        Judge(photo.image, style.image, args.size, exact),
    )
    loss = ReferenceLoss(photo, style, args.size, exact)
    print(f"{describe(exact.device)}, {args.precision} precision, {args.size} px, ", end="")
    print(f"median of {args.repeats}\n")
    print("| preset | seconds | processor seconds | evaluations | ", end="")
    print("reference's total loss | style | content | VGG19: style | content |")
    print("|---|---|---|---|---|---|---|---|---|")
    runs = []
    with _precision(args.precision):
        for run in _runs(args, photo, style):
            runs.append(run)
            judged = [judge(run.picture) for judge in judges]
            distances = " | ".join(f"{each.style:.3f} | {each.content:.3f}" for each in judged)
            times = f"{_shown(run.seconds)} | {_shown(run.processor_seconds)}"
            print(
                f"| {run.name} | {times} | {run.evaluations} | {loss(run.picture):,.0f} | "
                f"{distances} |",
                flush=True,
            )
            run.picture.save(args.out / f"{run.name.replace(' ', '-')}.png")
    _sheet(style.image, runs).save(args.out / "sheet.png")


def _shown(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.presets")
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--size", type=int, default=256, help="longest side in pixels")
    parser.add_argument("--repeats", type=int, default=1, help="the median time is printed")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", choices=("auto", "float32"), default="auto")
    parser.add_argument("--presets", nargs="*", default=["draft", "standard", "fine"])
    parser.add_argument("--reference-steps", type=int, default=3000, help="0 leaves it out")
    parser.add_argument("--reference-picture", type=Path, help="of an earlier run")
    parser.add_argument("--reference-seconds", type=float, help="of the earlier run")
    return parser.parse_args()


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """Paint as a machine without fast bfloat16 would, if `name` is float32."""
    forced = patch("nst.setup.fast_dtype", return_value=torch.float32)
    with forced if name == "float32" else nullcontext():
        yield


def _runs(args: argparse.Namespace, photo: LoadedImage, style: LoadedImage) -> Iterator[Run]:
    small = photo.image.resize(fit(*photo.image.size, args.size), Image.Resampling.LANCZOS)
    yield Run("the photo itself", small, None, None, 0)
    if args.reference_steps:
        yield _reference(args, photo, style)
    for preset in args.presets:
        options = Options(preset=preset, size=args.size)
        warm_up(args.device, options)
        yield _median(
            [_timed(preset, photo, style, options, args.device) for _ in range(args.repeats)]
        )


def _reference(args: argparse.Namespace, photo: LoadedImage, style: LoadedImage) -> Run:
    name = f"reference {args.reference_steps}"
    if args.reference_picture:
        picture = load_image(args.reference_picture).image
        return Run(name, picture, args.reference_seconds, None, args.reference_steps)
    options = Options(preset=Preset.REFERENCE, size=args.size)
    warm_up(args.device, options)
    return _timed(name, photo, style, options, args.device, steps=args.reference_steps)


def _timed(
    name: str,
    photo: LoadedImage,
    style: LoadedImage,
    options: Options,
    device: str,
    *,
    steps: int | None = None,
) -> Run:
    """One call of `stylize`, ended after some steps if asked for."""
    done = itertools.count(1)
    start, processor_start = time.perf_counter(), time.process_time()
    result = stylize(photo, style, options, should_stop=lambda: next(done) == steps, device=device)
    seconds = time.perf_counter() - start
    processor_seconds = time.process_time() - processor_start
    return Run(name, result.image, seconds, processor_seconds, result.history[-1].evaluations)


def _median(runs: list[Run]) -> Run:
    return dataclasses.replace(
        runs[0],
        seconds=statistics.median(run.seconds or 0.0 for run in runs),
        processor_seconds=statistics.median(run.processor_seconds or 0.0 for run in runs),
    )


def _sheet(style: Image.Image, runs: list[Run]) -> Image.Image:
    """All pictures side by side with their names."""
    width, height = runs[0].picture.size
    shown = style.copy()
    shown.thumbnail((width, height), Image.Resampling.LANCZOS)
    cells = [(runs[0].name, runs[0].picture), ("the style", shown)]
    cells += [(run.name, run.picture) for run in runs[1:]]
    sheet = Image.new("RGB", (width * len(cells), height + _LABEL_HEIGHT), "white")
    draw = ImageDraw.Draw(sheet)
    for column, (name, picture) in enumerate(cells):
        sheet.paste(picture, (column * width, _LABEL_HEIGHT))
        draw.text((column * width + 4, 2), name, fill="black")
    return sheet


if __name__ == "__main__":
    main()
