"""Speed on a GPU, against what its arithmetic and its memory allow.

    python -m benchmarks.gpu [--device cuda:0] [--tflops 790] [--bandwidth 4.3] [--steps 3000]

1. Milliseconds of one evaluation (forward, losses, backward) of `standard`, square, as a replayed
   CUDA graph and without one, and of a whole step (evaluation and L-BFGS, replayed); the limits are
   378 GFLOP and 0.4 ms of memory traffic at 4.3 TB/s for 512 × 512, in proportion to the pixels.
2. The 3000 steps of the preset `reference` at 512 px.
3. `standard` at 512 and 1024 px, from the call to the result, the second of two calls.

The defaults are an H200's figures. Needs nst and the package with the weights, nothing of the bot;
on noise, because the time does not depend on what is painted. `--device cpu` tries the program.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor

from nst.devices import describe, fast_dtype, pick_device
from nst.encoder import load_encoder
from nst.images import LoadedImage
from nst.objective import PictureObjective
from nst.optimisation_loop import Step
from nst.optimisers import LBFGS
from nst.options import Options, Preset
from nst.tensors import to_tensor
from nst.transfer import stylize

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


def main() -> None:
    """Measure and print Markdown."""
    arguments = _arguments()
    device = pick_device(arguments.device)
    print(f"{describe(device)}, torch {torch.__version__}, {fast_dtype(device)}\n")
    print("| size | graph | without | step | arithmetic | memory |\n|---|---|---|---|---|---|")
    for size in arguments.sizes:
        graph, without, step = step_times(size, device, arguments.repeats)
        share = size * size / _PIXELS
        arithmetic = _GFLOP * share / arguments.tflops
        memory = _TRAFFIC_MS * share * _TRAFFIC_BANDWIDTH / arguments.bandwidth
        print(
            f"| {size} px | {graph:.2f} ms | {without:.2f} ms | {step:.2f} ms | "
            f"{arithmetic:.2f} ms | {memory:.2f} ms |",
            flush=True,
        )
    print("\n| picture | steps | seconds |\n|---|---|---|")
    if arguments.steps:
        options = Options(preset=Preset.REFERENCE, size=512)
        _paint(options, arguments.device, 20)
        _row("reference", options, arguments.device, arguments.steps)
    for size in (512, 1024):
        options = Options(preset=Preset.STANDARD, size=size)
        _paint(options, arguments.device, None)
        _row("standard", options, arguments.device, None)


def _row(name: str, options: Options, device: str, steps: int | None) -> None:
    seconds, taken = _paint(options, device, steps)
    print(f"| {name}, {options.size} px | {taken} | {seconds:.2f} |", flush=True)


def _paint(options: Options, device: str, steps: int | None) -> tuple[float, int]:
    """Seconds and steps of a picture, ended after some steps if asked for."""
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 256, 512, 1024, 2048])
    parser.add_argument("--repeats", type=int, default=50, help="evaluations to average")
    parser.add_argument("--steps", type=int, default=3000, help="of reference; 0 leaves it out")
    parser.add_argument("--tflops", type=float, default=790.0, help="bfloat16, dense")
    parser.add_argument("--bandwidth", type=float, default=4.3, help="TB/s")
    return parser.parse_args()


if __name__ == "__main__":
    main()
