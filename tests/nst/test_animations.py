"""GIF, APNG, animated WebP and AVIF: frames have the colours and the shape that stills have."""

from __future__ import annotations

import pytest
from PIL import Image

import nst
from tests.corpus.pictures import encoded
from tests.nst import clips


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_animations_are_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(
        clips.ball(1)[0], kind, save_all=True, append_images=clips.ball(2)[1:], exif=exif
    )
    film = nst.open_film(data)
    size = nst.load_image(data).colour.size
    assert (film.info.width, film.info.height) == size
    assert [each.image.colour.size for each in film] == [size] * 2
