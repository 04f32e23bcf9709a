"""Films: how much they flicker, how well single frames are painted, and what a frame costs.

    python -m benchmarks.film --size 128 --frames 6 --out DIR [--clip bikes.mp4] [--clips pan cut]

Clips are made from the bundled photos, so that their motion is known: where each pixel was in the
frame before. A real clip's is taken from its own optical flow, where that can be trusted. Each clip
is painted as a film, and each of its frames alone. Prints a Markdown table:

- temporal error: root mean squared difference of a frame and the one before it, moved along the
  known motion; grey levels, mean over frames. The source has one, too: parts of a pixel blur it.
- style and content: as judged by another network (benchmarks/judge.py), mean of the middle frame
  and the last one.
- time: processor seconds of a frame after the first, beside those of a still picture.

Saves a contact sheet of each clip: source, film, each frame alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.clips import CLIPS, EXAMPLES, Clip, Motion, real
from benchmarks.judge import Judge
from benchmarks.other_network import OTHER_LAYERS, OtherNetwork
from nst import LoadedImage, Options, load_image, stylize, stylize_frames, warm_up
from nst.film.flow import moved


def temporal_error(frames: Sequence[Image.Image], motions: Sequence[Motion | None]) -> float:
    """Return how far frames are from those before them, moved along; grey levels."""
    found = []
    for (before, after), motion in zip(pairwise(frames), motions, strict=True):
        if motion is not None:
            one, other = (np.asarray(each, np.float32) for each in (before, after))
            there = moved(one, motion.there, degree=3)
            found.append(float(np.sqrt(np.square(there - other)[motion.known].mean())))
    return sum(found) / len(found)


def main() -> None:
    """Paint and print."""
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    style = load_image(EXAMPLES / "styles" / f"{args.style}.jpg")
    options = Options(preset=args.preset, size=args.size)
    warm_up("cpu", options)
    network = OtherNetwork(torch.device("cpu"))
    print(
        "| clip | temporal error: source | film | alone | film / source | film / alone | ", end=""
    )
    print("style: film | alone | content: film | alone | time |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name, clip in _clips(args):
        film, seconds = _timed(_painted(clip, style, options))
        alone, still = _timed(_alone(clip, style, options))
        source, ours, boiling = (
            temporal_error(each, clip.motions) for each in (clip.frames, film, alone)
        )
        judged = [
            [
                Judge(clip.frames[n], style.image, args.size, network, OTHER_LAYERS)(each[n])
                for n in (len(film) // 2, -1)
            ]
            for each in (film, alone)
        ]
        styles, contents = (
            [sum(getattr(each, kind) for each in found) / 2 for found in judged]
            for kind in ("style", "content")
        )
        moving = [spent for spent, first in zip(seconds, _firsts(clip), strict=True) if not first]
        ratio, own = np.mean(moving) / np.mean(still), max(source, 0.01)
        print(
            f"| {name} | {source:.2f} | {ours:.2f} | {boiling:.2f} | {ours / own:.2f} | "
            f"{ours / boiling:.2f} | {styles[0]:.3f} | {styles[1]:.3f} | {contents[0]:.3f} | "
            f"{contents[1]:.3f} | {ratio:.2f} |",
            flush=True,
        )
        _sheet(clip.frames, film, alone).save(args.out / f"{name.replace(' ', '-')}.png")


def _clips(args: argparse.Namespace) -> Iterator[tuple[str, Clip]]:
    size = args.size, args.size * 3 // 4
    for name, make in CLIPS.items():
        if name in args.clips:
            yield name, make(size, args.frames)
    if args.clip:
        yield args.clip.stem, real(size, args.frames, args.clip)


def _firsts(clip: Clip) -> list[bool]:
    """Tell which frames are painted anew."""
    return [True, *(motion is None for motion in clip.motions)]


def _painted(clip: Clip, style: LoadedImage, options: Options) -> Iterator[Image.Image]:
    for frame in stylize_frames(clip.frames, style, options, device="cpu"):
        yield frame.image


def _alone(clip: Clip, style: LoadedImage, options: Options) -> Iterator[Image.Image]:
    for frame in clip.frames:
        yield stylize(frame, style, options, device="cpu").image


def _timed(pictures: Iterator[Image.Image]) -> tuple[list[Image.Image], list[float]]:
    """Take pictures; return them, and the processor seconds of each."""
    found, seconds = [], []
    began = time.process_time()
    for picture in pictures:
        found.append(picture)
        seconds.append(time.process_time() - began)
        began = time.process_time()
    return found, seconds


def _sheet(*rows: Sequence[Image.Image]) -> Image.Image:
    """Return up to six frames of each row."""
    chosen = [row[:: max(1, -(-len(row) // 6))] for row in rows]
    width, height = rows[0][0].size
    sheet = Image.new("RGB", (width * len(chosen[0]), height * len(rows)))
    for down, row in enumerate(chosen):
        for along, picture in enumerate(row):
            sheet.paste(picture, (along * width, down * height))
    return sheet


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.film")
    parser.add_argument("--out", type=Path, required=True, help="folder for contact sheets")
    parser.add_argument("--size", type=int, default=128, help="longest side in pixels")
    parser.add_argument("--frames", type=int, default=6, help="of each clip")
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--style", default="night_wind", help="one of the bundled ones")
    parser.add_argument("--clips", nargs="*", choices=list(CLIPS), default=list(CLIPS))
    parser.add_argument("--clip", type=Path, help="a video, as one more clip")
    return parser.parse_args()


if __name__ == "__main__":
    main()
