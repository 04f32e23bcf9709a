"""Films: moving photos in, films out; stopped, cancelled, cut off; hostile ones."""

from __future__ import annotations

import io
from fractions import Fraction

from localchat import Upload
from nst.film import open_film
from tests.corpus.pictures import quadrants
from tests.e2e.playing import picture
from tests.e2e.support import Stage, gallery, until

READY = "Your film is ready"
TIMES = (100, 50, 200, 100)


def moving(
    kind: str = "GIF", frames: int = 4, size: tuple[int, int] = (64, 48), **settings: object
) -> bytes:
    """Return a film of a picture that turns brighter."""
    pictures = [
        quadrants(size=size).point(lambda v, n=n: min(255, v + 20 * n)) for n in range(frames)
    ]
    buffer = io.BytesIO()
    times = [TIMES[n % len(TIMES)] for n in range(frames)]
    pictures[0].save(
        buffer, kind, save_all=True, append_images=pictures[1:], duration=times, **settings
    )
    return buffer.getvalue()


GIF = Upload("cat.gif", moving(loop=2), "image/gif")


async def test_a_film_in_a_film_out(bot: Stage) -> None:
    bot.hold()
    card = await bot.stylize("Ada", GIF)
    await card.until("Painting")
    await until(lambda: "Frame 3 of 4" in card.text)
    assert "A film: 4 frames at 64×48 px" in card.text
    shown = gallery(card.now)[0]["media"]["url"].partition("?")[0]
    assert shown.endswith("preview.webp"), "two frames move already"
    bot.release()
    await card.until(READY)
    assert "4 frames · 64×48 px" in card.text
    film = open_film(picture(bot, card))
    assert film.info.kind == "WebP"
    assert film.info.loops == 3, "a GIF counts how often it is repeated"
    assert [frame.seconds for frame in film] == [Fraction(each, 1000) for each in TIMES]
    reply = await bot.until_reply(card)
    assert reply["content"].endswith("your film is ready.")
