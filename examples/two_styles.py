"""Paint the left of a photo in one style and the right in another, with the photo between them."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import nst

PICTURES = Path(__file__).parents[1] / "backend" / "examples"


def main() -> None:
    """Make masks as arrays, and paint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", default=PICTURES / "photos" / "chelsea.jpg")
    parser.add_argument("left", nargs="?", default=PICTURES / "styles" / "night_wind.jpg")
    parser.add_argument("right", nargs="?", default=PICTURES / "styles" / "pencil_valley.jpg")
    parser.add_argument("--out", type=Path, default=Path("two-styles"), help="a folder")
    parser.add_argument("--size", type=int, default=256)
    args = parser.parse_args()
    args.out.mkdir(exist_ok=True)

    photo = nst.load_image(args.photo)
    width, height = photo.image.size
    # White is painted, black is not, grey mixes: 0 to 1 from one edge to the other.
    slope = np.tile(np.linspace(0, 1, width, dtype=np.float32), (height, 1))
    styles = [
        nst.StyleImage(args.left, mask=(1 - 2 * slope).clip(0, 1)),
        nst.StyleImage(args.right, mask=(2 * slope - 1).clip(0, 1)),
    ]
    result = nst.stylize(photo, styles, size=args.size, on_progress=nst.ProgressBar())
    print(result.save(args.out / "two-styles.png"), result)


if __name__ == "__main__":
    main()
