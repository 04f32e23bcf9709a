"""A small film, as intake stores it."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

from PIL import Image

from backend.files.store import FileKey
from backend.records import StoredFilm
from nst.film import FrameArchive


def stored_film(folder: Path, frames: int = 3) -> StoredFilm:
    """Put a film of still pictures, each for a tenth of a second, into a local store."""
    file = FileKey("spool/film.tar")
    with (folder / file).open("w+b") as opened:
        archive = FrameArchive(opened)
        archive.begin(0)
        for number in range(frames):
            picture, buffer = Image.linear_gradient("L").rotate(90 * number), io.BytesIO()
            picture.resize((64, 48)).convert("RGB").save(buffer, "PNG")
            archive.add(buffer.getvalue(), Fraction(1, 10))
    return StoredFilm(file=file, frames=frames, seconds=frames / 10)
