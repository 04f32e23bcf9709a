"""Photos and starter styles that come with the bot; README.md names their sources."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

Kind = Literal["photo", "style"]

_SCIKIT_IMAGE = "from scikit-image's sample pictures"
_OURS = "stylize-bot, CC0"

# In the order people see them: what suits most photos comes first.
_CATALOGUE: tuple[tuple[Kind, str, str, str], ...] = (
    ("photo", "chelsea.jpg", "Chelsea the cat", f"Stéfan van der Walt, CC0, {_SCIKIT_IMAGE}"),
    ("photo", "astronaut.jpg", "Astronaut", f"NASA, public domain, {_SCIKIT_IMAGE}"),
    ("photo", "coffee.jpg", "Cup of coffee", f"Rachel Michetti, CC0, {_SCIKIT_IMAGE}"),
    ("style", "night_wind.jpg", "Night wind", _OURS),
    ("style", "stained_glass.jpg", "Stained glass", _OURS),
    ("style", "woodblock_wave.jpg", "Woodblock wave", _OURS),
    ("style", "cubist_harbour.jpg", "Cubist harbour", _OURS),
    ("style", "watercolour_meadow.jpg", "Watercolour meadow", _OURS),
    ("style", "dotted_garden.jpg", "Dotted garden", _OURS),
    ("style", "gold_on_black.jpg", "Gold on black", _OURS),
    ("style", "pencil_valley.jpg", "Pencil valley", _OURS),
)
_FOLDERS: dict[Kind, str] = {"photo": "photos", "style": "styles"}


@dataclass(frozen=True, slots=True)
class ExamplePicture:
    """One bundled picture."""

    name: str
    """Title for people; no two pictures share one."""
    kind: Kind
    path: Path
    """A JPEG file beside this module."""
    credit: str
    """Who made it, under what licence, where it comes from."""

    @property
    def thumbnail(self) -> Path:
        """A small JPEG of it; of a photo, the photo itself, which is small already."""
        if self.kind == "photo":
            return self.path
        return self.path.parents[1] / "thumbnails" / self.path.name


def list_examples() -> list[ExamplePicture]:
    """All bundled pictures, photos first, always in the same order."""
    here = Path(str(files(__name__)))
    return [
        ExamplePicture(name=name, kind=kind, path=here / _FOLDERS[kind] / file, credit=credit)
        for kind, file, name, credit in _CATALOGUE
    ]


def example_sheet() -> bytes:
    """Return a small JPEG of a photo, a style, and the photo painted in that style."""
    return Path(str(files(__name__) / "example.jpg")).read_bytes()
