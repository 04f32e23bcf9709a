"""Record a painting: its losses as a plot and a table, and a film of how it came about."""

from __future__ import annotations

import argparse
from pathlib import Path

import nst

PICTURES = Path(__file__).parents[1] / "backend" / "examples"


def main() -> None:
    """Paint, then make the reports; later, from the saved recording, they need no painting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", default=PICTURES / "photos" / "chelsea.jpg")
    parser.add_argument("painting", nargs="?", default=PICTURES / "styles" / "woodblock_wave.jpg")
    parser.add_argument("--out", type=Path, default=Path("how-it-came-about"), help="a folder")
    parser.add_argument("--size", type=int, default=256)
    args = parser.parse_args()
    args.out.mkdir(exist_ok=True)

    recording = nst.Recording(frames=40, frame_size=256)
    result = nst.stylize(
        *(args.photo, args.painting),
        size=args.size,
        recording=recording,
        on_progress=nst.ProgressBar(),
    )
    result.save(args.out / "result.png")
    recording.save(args.out / "run.zip")
    report = nst.make_report(
        args.out / "run.zip",
        loss_curve=args.out / "losses.png",
        timelapse=args.out / "film.webp",
        max_bytes=700_000,
        every=20,
    )
    print(report)
    print(*report.files, sep="\n")


if __name__ == "__main__":
    main()
