"""More or less style: going on from a result against painting anew.

    python -m benchmarks.continuing CONTENT STYLE --size 512 [--shares 0.25 0.5 0.75]

A result of strength 50 is changed to other strengths in two ways: painted anew, and gone on from
(`init_image`). Prints a Markdown table of time and of the judge's distances. Seconds are processor
seconds, which hardly depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from benchmarks.judge import Judge
from benchmarks.other_network import OTHER_LAYERS, OtherNetwork
from nst import Options, Preset, load_image, stylize, warm_up
from nst.devices import describe, pick_device
from nst.presets import method_for
from nst.result import Result


def main() -> None:
    """Paint and print."""
    args = _arguments()
    photo, style = load_image(args.content), load_image(args.style)
    device = pick_device(args.device)
    judge = Judge(photo.image, style.image, args.size, OtherNetwork(device), OTHER_LAYERS)
    options = Options(preset=args.preset, size=args.size)
    warm_up(args.device, options)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    start = stylize(photo, style, options, device=args.device)
    print(f"{describe(device)}, {args.preset}, {args.size} px\n")
    print("| strength | how | processor seconds | ratio | work | style | content |")
    print("|---|---|---|---|---|---|---|")
    for strength in args.strengths:
        wanted = replace(options, strength=strength)

        def fresh(wanted: Options = wanted) -> Result:
            return stylize(photo, style, wanted, device=args.device)

        def onward(wanted: Options = wanted) -> Result:
            return stylize(photo, style, wanted, init_image=start.raw, device=args.device)

        anew, anew_seconds = _timed(fresh)
        with _shares(wanted, args.shares):
            gone_on, seconds = _timed(onward)
        whole = _work(anew)
        for how, result, spent in (("anew", anew, anew_seconds), ("gone on", gone_on, seconds)):
            judged = judge(result.image)
            print(
                f"| {strength} | {how} | {spent:.1f} | {spent / anew_seconds:.2f} | "
                f"{_work(result) / whole:.2f} | {judged.style:.3f} | {judged.content:.3f} |",
                flush=True,
            )
            if args.out:
                result.image.save(args.out / f"{strength}-{how.replace(' ', '-')}.png")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.continuing")
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--size", type=int, default=512, help="longest side in pixels")
    parser.add_argument("--preset", type=Preset, default=Preset.STANDARD)
    parser.add_argument("--strengths", type=int, nargs="+", default=[30, 70])
    parser.add_argument(
        "--shares",
        type=float,
        nargs="+",
        help="of the steps, from the finest scale down, instead of the preset's own",
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    return parser.parse_args()


def _timed(paint: Callable[[], Result]) -> tuple[Result, float]:
    began = time.process_time()
    return paint(), time.process_time() - began


def _shares(options: Options, shares: list[float] | None) -> AbstractContextManager[object]:
    """Go on with other shares of the steps than the preset says."""
    if shares is None:
        return nullcontext()
    method = replace(method_for(options), continued=tuple(shares))
    return patch("nst.setup.method_for", return_value=method)


def _work(result: Result) -> int:
    return sum(progress.width * progress.height for progress in result.history)


if __name__ == "__main__":
    main()
