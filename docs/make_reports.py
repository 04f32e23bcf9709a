"""Make the figures of docs/ that show how a picture comes about: one command.

python docs/make_reports.py [reconstructions] [trade_off] [run]

Everything here may be redistributed: the photos and styles are those of backend/examples.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from backend.examples import ExamplePicture, list_examples
from nst import Options, Recording, load_image, stylize
from nst.reconstruct import ReconstructionOptions, figure, trade_off
from nst.report import Film, equation, loss_curves, timelapse

HERE: Final = Path(__file__).parent
MAX_BYTES: Final = 690_000


def main() -> None:
    """Make the figures named, or all of them."""
    makers = {"reconstructions": reconstructions, "trade_off": strengths, "run": run}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*makers, []], help="all if none is named")
    for name in parser.parse_args().names or makers:
        makers[name]()


def example(name: str) -> ExamplePicture:
    """Return a bundled picture by the stem of its file."""
    return next(picture for picture in list_examples() if picture.path.stem == name)


def reconstructions() -> None:
    """reconstructions.jpg: figure 1 of Gatys et al. 2016."""
    settings = ReconstructionOptions(size=256, steps=200)
    photo, style = example("chelsea").path, example("night_wind").path
    figure(photo, style, settings).save(HERE / "reconstructions.jpg", quality=88, optimize=True)


def strengths() -> None:
    """trade_off.jpg: strengths by style layers."""
    sheet = trade_off(example("coffee").path, example("cubist_harbour").path)
    sheet.save(HERE / "trade_off.jpg", quality=85, optimize=True)


def run() -> None:
    """loss_curve.png, timelapse.webp and equation.jpg of one painting."""
    photo, style = example("chelsea"), example("night_wind")
    recording = Recording(frames=60, frame_size=384)
    result = stylize(photo.path, style.path, Options(size=512, seed=1), recording=recording)
    title = f"{photo.name} · {style.name} · standard, 512 px"
    curves = loss_curves(recording.history, title=title, width=1000, height=1000)
    (HERE / "loss_curve.png").write_bytes(curves)
    film = timelapse(recording, Film.WEBP, max_bytes=MAX_BYTES)
    (HERE / "timelapse.webp").write_bytes(film)
    pictures = [load_image(picture.path).image for picture in (photo, style)]
    sheet = equation(pictures[0], [pictures[1]], result.image, size=512)
    sheet.save(HERE / "equation.jpg", quality=88, optimize=True)
    sheet.thumbnail((900, 900))
    sheet.save(HERE.parent / "backend" / "examples" / "example.jpg", quality=82)


if __name__ == "__main__":
    main()
