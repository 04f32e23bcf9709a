"""What a step costs at sizes from 256 to 4096 px: seconds, and memory of the whole process.

    python -m benchmarks.sizes [--sizes 256 512 1024 2048 4096] [--steps 4] [--recompute] [--square]

Each size is a process of its own (its peak is the operating system's figure, `ru_maxrss`), with a
4:3 picture of noise, the layers and losses of `standard`, and L-BFGS. What a history longer than
the few steps taken here would add is added: 24 bytes a pixel and pair.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import pairwise

import torch
from PIL import Image

from nst.devices import describe, fast_dtype, pick_device
from nst.encoder import load_encoder
from nst.images import LoadedImage
from nst.memory import bytes_needed, program_bytes
from nst.objective import PictureObjective
from nst.optimisation_loop import optimise
from nst.optimisers import LBFGS, history_for
from nst.options import Preset
from nst.pyramid import steps_at
from nst.tensors import to_tensor

_PAIR_BYTES = 24


@dataclass(frozen=True, slots=True)
class Cost:
    """What one size cost.

    Attributes:
        pixels: width · height.
        seconds: of a step, median without the first.
        peak: bytes of the process at its largest, with a full history.
        bound: bytes that `nst plan` tells.
    """

    pixels: int
    seconds: float
    peak: int
    bound: int


def measure(size: int, steps: int, *, dtype: torch.dtype, recompute: bool, square: bool) -> Cost:
    """Take some steps at a size, in this process."""
    torch.set_flush_denormal(True)
    width, height = size, size if square else size * 3 // 4
    pixels = width * height
    method = Preset.STANDARD.method
    encoder = load_encoder("original", pick_device("cpu"), dtype)
    noise = Image.effect_noise((width, height), 64).convert("RGB")
    style = LoadedImage(colour=noise, alpha=None, sha256="noise")
    content = to_tensor(noise, width, height, encoder.device)
    objective = PictureObjective.of_one_style(encoder, content, style, method)
    picture = (content * 0.9).contiguous(memory_format=torch.channels_last)
    usual = steps_at(size, method.steps)
    history = history_for(pixels, usual)
    optimiser = LBFGS(picture, history=history)
    moments = [
        time.perf_counter()
        for _ in optimise(objective, picture, optimiser, steps, recompute=recompute)
    ]
    missing = max(0, history - (steps - 1))
    return Cost(
        pixels=pixels,
        seconds=statistics.median(later - earlier for earlier, later in pairwise(moments)),
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        + missing * _PAIR_BYTES * pixels,
        bound=bytes_needed(pixels, dtype, steps=usual, recompute=recompute)
        + program_bytes(transformed=dtype is torch.float32),
    )


def main() -> None:
    """Measure each size in a process of its own and print a Markdown table."""
    arguments = _arguments()
    dtype = torch.float32 if arguments.float32 else fast_dtype(torch.device("cpu"))
    if arguments.child:
        (size,) = arguments.sizes
        cost = measure(
            size,
            arguments.steps,
            dtype=dtype,
            recompute=arguments.recompute,
            square=arguments.square,
        )
        print(json.dumps(asdict(cost)))
        return
    how = "recompute" if arguments.recompute else "plain"
    print(f"{describe(torch.device('cpu'))}, {dtype}, {how}, {arguments.steps} steps\n")
    print("| size | megapixels | seconds a step | a megapixel | peak | bytes a pixel | plan |")
    print("|---|---|---|---|---|---|---|")
    for size in arguments.sizes:
        cost = _in_a_process(size, arguments)
        megapixels = cost.pixels / 1e6
        print(
            f"| {size} px | {megapixels:.2f} | {cost.seconds:.2f} | "
            f"{cost.seconds / megapixels:.2f} | {cost.peak / 1e9:.2f} GB | "
            f"{cost.peak / cost.pixels:,.0f} | {cost.bound / 1e9:.2f} GB |",
            flush=True,
        )


def _in_a_process(size: int, arguments: argparse.Namespace) -> Cost:
    flags = [f"--{name}" for name in ("recompute", "square", "float32") if getattr(arguments, name)]
    command = ["-m", "benchmarks.sizes", "--child", "--sizes", str(size), *flags]
    done = subprocess.run(
        [sys.executable, *command, "--steps", str(arguments.steps)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizes")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024, 2048, 4096])
    parser.add_argument("--steps", type=int, default=4, help="at least 2")
    parser.add_argument("--recompute", action="store_true", help="evaluate in less memory")
    parser.add_argument("--square", action="store_true", help="instead of 4:3")
    parser.add_argument("--float32", action="store_true", help="as without fast bfloat16")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
