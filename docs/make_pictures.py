"""Make the pictures of the README and of docs/ from the bundled examples: one command.

python docs/make_pictures.py [--size 384]

Everything here may be redistributed: the photos and styles are those of backend/examples.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from backend.examples import ExamplePicture, list_examples
from nst import Colours, Options, Preset, stylize
from nst.report import contact_sheet

HERE: Final = Path(__file__).parent
GAP: Final = 8
PAPER: Final = "white"


def main() -> None:
    """Paint and save what docs/gallery.md shows, beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=384, help="longest side of each painting")
    size = parser.parse_args().size
    examples = list_examples()
    photos = [example for example in examples if example.kind == "photo"]
    styles = [example for example in examples if example.kind == "style"]
    cat, astronaut, coffee = photos

    # Every style once, each on the photo that the row begins with.
    rows: list[list[Image.Image | None]] = []
    for photo, four in ((cat, styles[:4]), (astronaut, styles[4:])):
        rows.append([picture(photo.path), *[paint(photo, style, size=size) for style in four]])
        rows.append([None, *[picture(style.path) for style in four]])
    save(sheet(rows, cell=300, small_rows={1, 3}), "gallery.jpg")

    def labelled(name: str, cells: dict[str, Image.Image]) -> None:
        save(contact_sheet([list(cells.values())], columns=list(cells), cell=(300, 200)), name)

    def on_coffee(**options: object) -> Image.Image:
        return paint(coffee, styles[1], size=size, **options)

    levels = {f"strength {level}": on_coffee(strength=level) for level in (10, 30, 50, 80)}
    labelled("strength.jpg", {"photo": picture(coffee.path)} | levels)
    modes = {f"colours: {mode}": on_coffee(colours=mode) for mode in Colours}
    labelled("colours.jpg", {"photo": picture(coffee.path)} | modes)
    presets = (Preset.DRAFT, Preset.STANDARD, Preset.FINE)
    labelled(
        "presets.jpg", {name: paint(cat, styles[2], size=size, preset=name) for name in presets}
    )


def paint(photo: ExamplePicture, style: ExamplePicture, **options: object) -> Image.Image:
    """One painting with seed 1."""
    chosen = Options(seed=1, **options)  # type: ignore[arg-type]
    return stylize(photo.path, style.path, chosen).image


def picture(path: Path) -> Image.Image:
    """Return an example as it is."""
    with Image.open(path) as image:
        return image.convert("RGB")


def sheet(
    rows: Sequence[Sequence[Image.Image | None]], *, cell: int, small_rows: set[int] | None = None
) -> Image.Image:
    """Rows of pictures in square cells, cropped to fill; `small_rows` are a third as high."""
    heights = [
        cell // 3 if number in (small_rows or set()) else cell for number in range(len(rows))
    ]
    columns = max(map(len, rows))
    total = Image.new(
        "RGB", (columns * (cell + GAP) - GAP, sum(heights) + GAP * (len(rows) - 1)), PAPER
    )
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for column, image in enumerate(row):
            if image is not None:
                total.paste(fill(image, height), (column * (cell + GAP), top))
        top += height + GAP
    return total


def fill(image: Image.Image, side: int) -> Image.Image:
    """Return the middle square of an image, `side` pixels wide."""
    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    square = image.crop((left, top, left + short, top + short))
    return square.resize((side, side), Image.Resampling.LANCZOS)


def save(image: Image.Image, name: str) -> None:
    """Write a JPEG beside this file."""
    image.save(HERE / name, quality=88, optimize=True)


if __name__ == "__main__":
    main()
