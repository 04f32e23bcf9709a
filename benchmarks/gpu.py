"""Speed on a GPU, against what its arithmetic and its memory allow, and against the aims.

    python -m benchmarks.gpu [--device cuda:0] [--tflops 790] [--bandwidth 4.3] [--steps 3000]

1. Milliseconds of one evaluation (forward, losses, backward) of `standard`, square, as a replayed
   CUDA graph and without one, and of a whole step (evaluation and L-BFGS, replayed); the limits are
   378 GFLOP and 0.4 ms of memory traffic at 4.3 TB/s for 512 × 512, in proportion to the pixels.
2. Whole pictures, from the call to the result, network and graphs warm: `standard` or --preset,
   four takes (seeds) of it together and one after another, four strengths of half the size
   together, the steps of `reference`.
3. Pictures a minute through the bot's queue and workers, on all devices that they find: reading,
   recordings, PNG and files included, the chat not (`benchmarks.throughput`). Left out where the
   bot's packages are not installed, and with --jobs 0. By one worker on each device, and by two, of
   which one can read and encode while the other one paints (`STYLIZE_DEVICES=cuda:0,cuda:0`).
4. Each of them beside its aim, which are for one H100 or H200 at 512 px.

The defaults are an H200's figures. Needs nst and the package with the weights; on noise, because
the time does not depend on what is painted. To try the program: `--device cpu --size 64 --sizes 64
--preset draft --repeats 1 --steps 3 --jobs 1`.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from nst.devices import describe, fast_dtype, pick_device
from nst.encoder import load_encoder
from nst.images import LoadedImage
from nst.objective import PictureObjective
from nst.optimisation_loop import Step
from nst.optimisers import LBFGS
from nst.options import MIN_SIZE, Options, Preset
from nst.tensors import to_tensor
from nst.transfer import stylize
from nst.versions import stylize_versions

_REPEATS: Final = 3  # of whole pictures; the median counts
_GFLOP = 378.0  # of an evaluation at 512 × 512
_TRAFFIC_MS = 0.4  # the same, at _TRAFFIC_BANDWIDTH
_TRAFFIC_BANDWIDTH = 4.3
_PIXELS = 512 * 512


def milliseconds(call: Callable[[], object], device: torch.device, repeats: int) -> float:
    """Mean time of a call that leaves its work on the device, everything before it done."""

    def finish() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    for _ in range(3):
        call()
    finish()
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    finish()
    return (time.perf_counter() - start) / repeats * 1e3


class _Still:
    """An optimiser that leaves the picture where it is."""

    def step(self, gradient: Tensor, loss: Tensor) -> None:
        """Do nothing."""


def step_times(size: int, device: torch.device, repeats: int) -> tuple[float, float, float]:
    """Milliseconds of an evaluation at size × size, replayed and plain, and of a step, replayed."""
    method = Preset.STANDARD.method
    encoder = load_encoder("original", device, fast_dtype(device))
    noise = _noise(size)
    content = to_tensor(noise.image, size, size, device)
    objective = PictureObjective.of_one_style(encoder, content, noise, method)
    picture = (content * 0.9).contiguous(memory_format=torch.channels_last)
    return (
        milliseconds(Step(objective, picture, _Still()), device, repeats),
        milliseconds(lambda: objective.value_and_gradient(picture), device, repeats),
        milliseconds(Step(objective, picture, LBFGS(picture)), device, repeats),
    )


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure beside what it should be.

    Attributes:
        what: is measured.
        found: the figure; None if it was not measured.
        limit: it should be at most that, or at least with `more`.
        unit: of both.
        more: larger is better.
    """

    what: str
    found: float | None
    limit: float
    unit: str
    more: bool = False

    def __str__(self) -> str:
        """Write a row of a Markdown table."""
        sign, found = "≥" if self.more else "≤", self.found
        if found is None:
            return f"| {self.what} | – | {sign} {self.limit:g} {self.unit} | not measured |"
        held = found >= self.limit if self.more else found <= self.limit
        figures = f"{found:.2f} {self.unit} | {sign} {self.limit:g} {self.unit}"
        return f"| {self.what} | {figures} | {'held' if held else 'missed'} |"


def main(given: Sequence[str] | None = None) -> None:
    """Measure and print Markdown."""
    arguments = _arguments(given)
    device = pick_device(arguments.device)
    print(f"{describe(device)}, torch {torch.__version__}, {fast_dtype(device)}\n")
    evaluation = _print_steps(arguments, device)
    print("\n| picture | steps | seconds |\n|---|---|---|")
    size, name = arguments.size, arguments.device
    repeats = min(_REPEATS, arguments.repeats)
    reference = None
    if arguments.steps:
        options = Options(preset=Preset.REFERENCE, size=size)
        paint(options, name, min(20, arguments.steps))
        reference = _row("reference", options, name, 1, arguments.steps)
    preset = arguments.preset
    options = Options(preset=preset, size=size)
    paint(options, name)
    one = _row(preset, options, name, repeats)
    takes = [replace(options, seed=seed) for seed in range(1, 5)]
    four = _four("four takes", takes, name, repeats, at_once=4)
    _four("four takes, one after another", takes, name, repeats, at_once=1)
    small = max(MIN_SIZE, size // 2)
    strengths = [replace(options, strength=each, size=small) for each in (20, 40, 60, 80)]
    _four("four strengths", strengths, name, repeats, at_once=4)
    if size == 512:
        larger = Options(preset=preset, size=1024)
        paint(larger, name)
        _row(preset, larger, name, repeats)
    by_one, by_two = (
        pictures_a_minute(options, arguments.jobs, painters) if arguments.jobs else None
        for painters in (1, 2)
    )
    print(f"\n| at {size} px | measured | aim at 512 px | |\n|---|---|---|---|")
    steps = f"`reference`, {arguments.steps} steps"
    for aim in (
        Aim("evaluation", evaluation, 1.0, "ms"),
        Aim(f"`{preset}`, warm", one, 0.15, "s"),
        Aim(steps, reference, 5.0, "s"),
        Aim("four takes beside one", four / one, 2.0, "times"),
        Aim("pictures a minute through the bot", by_one, 240.0, "a minute", more=True),
        Aim("the same, two workers on a device", by_two, 240.0, "a minute", more=True),
    ):
        print(aim)


def _print_steps(arguments: argparse.Namespace, device: torch.device) -> float:
    """Print what an evaluation and a step take at each size; return that of `--size`."""
    print("| size | graph | without | step | arithmetic | memory |\n|---|---|---|---|---|---|")
    graphs = {}
    for size in sorted({*arguments.sizes, arguments.size}):
        graph, without, step = step_times(size, device, arguments.repeats)
        graphs[size] = graph
        share = size * size / _PIXELS
        arithmetic = _GFLOP * share / arguments.tflops
        memory = _TRAFFIC_MS * share * _TRAFFIC_BANDWIDTH / arguments.bandwidth
        print(
            f"| {size} px | {graph:.2f} ms | {without:.2f} ms | {step:.2f} ms | "
            f"{arithmetic:.2f} ms | {memory:.2f} ms |",
            flush=True,
        )
    return graphs[arguments.size]


def _row(name: str, options: Options, device: str, repeats: int, steps: int | None = None) -> float:
    runs = [paint(options, device, steps) for _ in range(repeats)]
    seconds = statistics.median(seconds for seconds, _ in runs)
    print(f"| {name}, {options.size} px | {runs[0][1]} | {seconds:.2f} |", flush=True)
    return seconds


def _four(
    name: str, versions: Sequence[Options], device: str, repeats: int, *, at_once: int
) -> float:
    """Print the seconds of several versions, as a person who asks for them waits."""
    if repeats > 1:  # else the program is only tried
        paint_versions(versions, device, at_once)  # warms up
    seconds = statistics.median(paint_versions(versions, device, at_once) for _ in range(repeats))
    options = versions[0]
    print(f"| {options.preset}, {options.size} px, {name} | | {seconds:.2f} |", flush=True)
    return seconds


def paint_versions(versions: Sequence[Options], device: str, at_once: int) -> float:
    """Return the seconds of several versions of a picture, so many painted together."""
    start = time.perf_counter()
    list(stylize_versions(_noise(640), _noise(600), versions, at_once=at_once, device=device))
    return time.perf_counter() - start


def pictures_a_minute(options: Options, jobs: int, painters: int) -> float | None:
    """Return how many pictures of noise the bot's queue and workers paint in a minute.

    Args:
        options: of each.
        jobs: how many of them.
        painters: workers on each device.
    """
    try:
        throughput = import_module("benchmarks.throughput")
    except ImportError as error:
        print(f"\nThrough the bot: left out, as {error.name} is not installed (.[bot]).")
        return None
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{size}.png") for size in (640, 600)]
        for size, path in zip((640, 600), files, strict=True):
            _noise(size).image.save(path)
        devices, seconds = asyncio.run(throughput.measure(*files, options, jobs, painters))
    a_minute: float = jobs / seconds * 60
    print(f"\nThrough the bot on {', '.join(devices)}: {jobs} pictures in {seconds:.1f} s.")
    return a_minute


def paint(options: Options, device: str, steps: int | None = None) -> tuple[float, int]:
    """Return the seconds and steps of a picture, ended after some steps if asked for."""
    taken = 0

    def enough() -> bool:
        nonlocal taken
        taken += 1
        return taken == steps

    start = time.perf_counter()
    stylize(_noise(640), _noise(600), options, should_stop=enough, device=device)
    return time.perf_counter() - start, taken


def _noise(size: int) -> LoadedImage:
    image = Image.effect_noise((size, size), 64).convert("RGB")
    return LoadedImage(colour=image, alpha=None, sha256=f"noise of {size} px")


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--size", type=int, default=512, help="of whole pictures, and of the aims")
    parser.add_argument("--preset", type=Preset, choices=list(Preset), default=Preset.STANDARD)
    parser.add_argument("--jobs", type=int, default=60, help="through the bot; 0 leaves it out")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 256, 512, 1024, 2048])
    parser.add_argument("--repeats", type=int, default=50, help="evaluations to average")
    parser.add_argument("--steps", type=int, default=3000, help="of reference; 0 leaves it out")
    parser.add_argument("--tflops", type=float, default=790.0, help="bfloat16, dense")
    parser.add_argument("--bandwidth", type=float, default=4.3, help="TB/s")
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
