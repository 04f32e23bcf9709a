"""What convolutions take in float32 on a CPU, way by way, and what a whole picture takes.

    python -m benchmarks.convolutions [--sizes 64 128 256 512] [--threads 1]
    python -m benchmarks.convolutions --pictures CONTENT STYLE [--sizes 256 512] [--threads 2]

The first prints milliseconds of the processor for each layer of VGG19 at each size (longest side,
4:3), forward and backward together, and which way is taken. The second paints with `standard`, in
one run: as release 0.1.0 did (version 1 of the method, PyTorch's convolutions), as it is but with
PyTorch's convolutions alone (`direct`), and as it is. It prints processor seconds, seconds and what
they are of the last one's.

A CPU with AVX2 and nothing beyond is imitated by the environment:

    ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from nst.devices import describe
from nst.encoder import Encoder
from nst.encoder.convolutions import Convolution, Direct, Way, arranged, available_ways
from nst.inputs import load_inputs
from nst.networks import VGG19
from nst.options import Options
from nst.painting import Painting
from nst.presets import LATEST_VERSION
from nst.setup import Setup, Sizes
from nst.together import paint_together

_CPU = torch.device("cpu")


def layers(size: int, repeats: int) -> None:
    """Print a row for each layer that a picture of that size has."""
    height, width = size * 3 // 4, size
    picture = arranged(torch.empty(1, 3, height, width), available_ways())
    usual = torch.contiguous_format if picture.is_contiguous() else torch.channels_last
    for number, (into, out) in zip(VGG19.numbers, VGG19.channels, strict=True):
        kernel = torch.randn(out, into, 3, 3) / (3 * into**0.5)
        bias = torch.zeros(out)
        chosen = Convolution(kernel, bias, available_ways())
        maps, gradient = (torch.rand(1, count, height, width) for count in (into, out))
        taken = chosen.way(maps.contiguous(memory_format=usual)).__name__
        cells = []
        for way in available_ways():
            layout = torch.channels_last if way is Direct else torch.contiguous_format
            there, back = (each.contiguous(memory_format=layout) for each in (maps, gradient))
            cells.append(f"{_milliseconds(way(kernel, bias), there, back, repeats):.1f}")
        print(f"| {size} px | {number} | {into} → {out}, {height} × {width} |", end=" ")
        print(" | ".join([*cells, taken]), "|", flush=True)
        if number in VGG19.pooled:
            height, width = height // 2, width // 2


def _milliseconds(way: Way, maps: torch.Tensor, gradient: torch.Tensor, repeats: int) -> float:
    def both() -> None:
        way.forward(maps)
        way.backward(gradient)

    both()
    return 1000 * min(_timed(both)[0] for _ in range(repeats))


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return processor seconds and seconds."""
    began, processor = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - processor, time.perf_counter() - began


def picture(content: Path, style: Path, size: int) -> None:
    """Print a row for a whole picture, painted in three ways."""
    inputs = load_inputs(content, style)
    torch.set_flush_denormal(True)
    now, direct = (LATEST_VERSION, available_ways()), (Direct,)
    spent = []
    for version, ways in ((1, direct), (LATEST_VERSION, direct), now):
        options = Options(size=size, method_version=version)
        setup = Setup.of(Sizes.of(inputs), options, "cpu")
        encoder = Encoder("original", _CPU, torch.float32, ways=ways)
        painting = Painting(inputs, setup, encoder)
        spent.append(_timed(partial(list, paint_together([painting]))))
    cells = [
        f"{took:.1f} ({took / each[-1]:.2f})" for each in zip(*spent, strict=True) for took in each
    ]
    print(f"| {size} px | {' | '.join(cells)} |", flush=True)


@torch.no_grad()
def main() -> None:
    """Print one of the two tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.convolutions")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pictures", type=Path, nargs=2, metavar=("CONTENT", "STYLE"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{describe(_CPU)}, {torch.backends.cpu.get_cpu_capability()}\n")
    if arguments.pictures:
        print("| size | processor: 0.1.0 | direct | now | seconds: 0.1.0 | direct | now |")
        print("|---|---|---|---|---|---|---|")
        for size in arguments.sizes:
            content, style = arguments.pictures
            picture(content, style, size)
        return
    names = " | ".join(way.__name__ for way in available_ways())
    print(f"| picture | layer | channels, positions | {names} | taken |")
    print("|---" * (4 + len(available_ways())) + "|")
    for size in arguments.sizes:
        layers(size, arguments.repeats)


if __name__ == "__main__":
    main()
