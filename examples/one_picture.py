"""Paint a photo in the style of a painting; then go on from the result with more of the style."""

from __future__ import annotations

import argparse
from pathlib import Path

import nst

PICTURES = Path(__file__).parents[1] / "backend" / "examples"


def main() -> None:
    """Paint twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", default=PICTURES / "photos" / "coffee.jpg")
    parser.add_argument("painting", nargs="?", default=PICTURES / "styles" / "cubist_harbour.jpg")
    parser.add_argument("--out", type=Path, default=Path("one-picture"), help="a folder")
    parser.add_argument("--size", type=int, default=256)
    args = parser.parse_args()
    args.out.mkdir(exist_ok=True)

    print(nst.plan(args.photo, args.painting, size=args.size))
    bar = nst.ProgressBar()
    result = nst.stylize(args.photo, args.painting, size=args.size, on_progress=bar)
    print(result.save(args.out / "half.png"), result)

    more = nst.continue_(result, args.photo, args.painting, strength=80)
    print(more.save(args.out / "more.png"), more)


if __name__ == "__main__":
    main()
