"""Make docs/options.jpg: every option of `nst.stylize` on one photo, one command.

python docs/make_options.py [--preset standard]

Everything here may be redistributed: the photo and the styles are those of backend/examples.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFilter

from backend.examples import list_examples
from nst import Options, StyleImage, load_image, stylize
from nst.report import contact_sheet

HERE: Final = Path(__file__).parent
CELL: Final = (300, 200)
COLUMNS: Final = 5
MAX_BYTES: Final = 400_000
Pair = tuple[str, Image.Image]


def main() -> None:
    """Paint and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="standard")
    preset = parser.parse_args().preset
    paths = {example.path.stem: example.path for example in list_examples()}
    photo, style = load_image(paths["coffee"]), load_image(paths["night_wind"])
    other = load_image(paths["stained_glass"])
    cup = ellipse(photo.image.size)
    table = Image.eval(cup, lambda value: 255 - value)

    def paint(styles: Any = style, more: dict[str, Any] | None = None, **options: Any) -> Any:
        chosen = Options(preset=preset, size=CELL[0], seed=1, **options)
        return stylize(photo, styles, chosen, **(more or {}))

    plain = paint()
    regions = [StyleImage(style, mask=table), StyleImage(other, mask=cup)]
    cells: list[Pair] = [
        ("photo", photo.image),
        ("style", style.image),
        ("as it is", plain.image),
        ("strength 25", paint(strength=25).image),
        ("strength 80", paint(strength=80).image),
        ("second style", other.image),
        ("both styles", paint([StyleImage(style), StyleImage(other)]).image),
        ("mask: the cup", paint(more={"mask": cup}).image),
        ("a style per region", paint(regions).image),
        ("gone on: 50 to 80", paint(more={"init_image": plain.raw}, strength=80).image),
        ("colours: photo", paint(colours="photo").image),
        ("colours: histogram", paint(colours="histogram").image),
        ("colours: covariance", paint(colours="covariance").image),
        ("shapes 3", paint(shapes=3.0).image),
        ("style scale 2", paint(style_scale=2.0).image),
        ("init: noise", paint(init="noise").image),
        ("pooling: average", paint(pooling="average").image),
        ("style: relu1_1", paint(style_layers={"relu1_1": 1}).image),
        ("content: relu2_2", paint(content_layers={"relu2_2": 1}).image),
        ("tv 0.3", paint(tv_weight=0.3).image),
    ]
    save(sheet(cells), HERE / "options.jpg")


def ellipse(size: tuple[int, int]) -> Image.Image:
    """Return a mask of the cup and its saucer, soft at the edge."""
    width, height = size
    mask = Image.new("L", size, 0)
    box = (0.12 * width, 0.03 * height, 0.81 * width, 0.98 * height)
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(width / 100))


def sheet(cells: Sequence[Pair]) -> Image.Image:
    """Rows of pictures, each with its words above."""
    rows = [cells[start : start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    strips = [
        contact_sheet([[image for _, image in row]], columns=[word for word, _ in row], cell=CELL)
        for row in rows
    ]
    total = Image.new("RGB", (strips[0].width, sum(strip.height for strip in strips)))
    top = 0
    for strip in strips:
        total.paste(strip, (0, top))
        top += strip.height
    return total


def save(image: Image.Image, path: Path) -> None:
    """Write a JPEG as good as fits."""
    for quality in range(90, 40, -5):
        image.save(path, quality=quality, optimize=True)
        if path.stat().st_size <= MAX_BYTES:
            return


if __name__ == "__main__":
    main()
