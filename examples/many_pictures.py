"""Paint all photos of a folder in the style of one painting."""

from __future__ import annotations

import argparse
from pathlib import Path

import nst

PICTURES = Path(__file__).parents[1] / "backend" / "examples"


def main() -> None:
    """Paint every photo; say which of them failed, and why."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=PICTURES / "photos")
    parser.add_argument("painting", nargs="?", default=PICTURES / "styles" / "stained_glass.jpg")
    parser.add_argument("--out", type=Path, default=Path("many-pictures"), help="a folder")
    parser.add_argument("--size", type=int, default=256)
    args = parser.parse_args()
    args.out.mkdir(exist_ok=True)

    photos = sorted(path for path in args.folder.iterdir() if path.suffix in {".jpg", ".png"})
    with nst.ProgressBar(len(photos)) as bar:
        several = nst.stylize_many(
            photos, args.painting, size=args.size, preset="draft", on_progress=bar
        )
        for photo, painted in zip(photos, several, strict=False):
            bar.count(f"{photo.name}: {painted.error or 'done'}")
            if painted.result:
                painted.result.save(args.out / f"{photo.stem}.png")


if __name__ == "__main__":
    main()
