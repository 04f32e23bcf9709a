"""nst beside pastiche, another style transfer by optimisation, on one pair of images in one run.

    python -m benchmarks.peers CONTENT STYLE --out DIR [--size 256] [--steps 1000]

Both are run as their own command lines, one after the other, start-up and loading included;
pastiche with its defaults but for the size of both pictures and, if asked for, fewer steps (1000 is
its own default). The judge (`benchmarks.judge`) looks through two networks: VGG19 at layers that
neither compares, and EfficientNet-Lite0, through which no picture is optimised. Lower is better.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import torch
from PIL import Image

from benchmarks.judge import Judge
from benchmarks.other_network import OTHER_LAYERS, OtherNetwork
from nst.devices import describe, pick_device
from nst.encoder import load_encoder
from nst.images import load_image


def commands(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Each contestant's arguments to Python; the result goes to the last of them."""
    pair, size = [str(arguments.content), str(arguments.style)], str(arguments.size)
    theirs = ["-m", "pastiche", "--no-verbose", "--size", size, "--style-size", size]
    theirs += ["--num-steps", str(arguments.steps), "--seed", "0"]
    theirs += ["--content", pair[0], "--styles", pair[1], "--output"]
    found = {f"pastiche {version('pastiche')}, {arguments.steps} steps": theirs}
    for preset in arguments.presets:
        ours = ["-m", "nst", "stylize", *pair, "--size", size, "--preset", preset, "--quiet"]
        found[f"nst {preset}"] = [*ours, "--device", "cpu", "--out"]
    return found


def main() -> None:
    """Run, judge, print a Markdown table."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    photo, style = (load_image(path).image for path in (arguments.content, arguments.style))
    device = pick_device("cpu")
    judges = (
        Judge(photo, style, arguments.size, load_encoder("original", device, torch.float32)),
        Judge(photo, style, arguments.size, OtherNetwork(device), OTHER_LAYERS),
    )
    print(f"{describe(device)}, {arguments.size} px\n")
    print("| | seconds | processor seconds | VGG19: style | content | other: style | content |")
    print("|---|---|---|---|---|---|---|")
    for name, command in commands(arguments).items():
        path = arguments.out / f"{name.replace(',', '').replace(' ', '-')}.png"
        seconds, processor = _run([*command, str(path)])
        with Image.open(path) as picture:
            verdicts = [judge(picture.convert("RGB")) for judge in judges]
        words = " | ".join(f"{verdict.style:.3f} | {verdict.content:.3f}" for verdict in verdicts)
        print(f"| {name} | {seconds:.1f} | {processor:.1f} | {words} |", flush=True)


def _run(command: list[str]) -> tuple[float, float]:
    """Seconds and processor seconds of a Python program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, processor


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers")
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--size", type=int, default=256, help="longest side in pixels")
    parser.add_argument("--steps", type=int, default=1000, help="of pastiche")
    parser.add_argument("--presets", nargs="*", default=["draft", "standard"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
