"""Galleries, videos and menus of several values in a real chromium."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import pytest
from playwright.async_api import Browser, Locator, Page

from localchat import LocalChat
from tests.localchat.browser import DESKTOP, PHONE, page
from tests.localchat.chat import Rest, begin, png

ROWS = {
    2: [2],
    3: [2, 1],
    4: [2, 2],
    5: [2, 3],
    6: [3, 3],
    7: [1, 3, 3],
    8: [2, 3, 3],
    9: [3, 3, 3],
    10: [1, 3, 3, 3],
}
"""So many pictures begin in each row of a gallery; of three, the first is two rows tall."""

PLACES = """gallery => [...gallery.children].map((tile) => {
  const { top, width, height } = tile.getBoundingClientRect();
  return [Math.round(top), width / height];
})"""
OPTIONS = [{"label": f"Colour {n}", "value": f"c{n}", "default": n == 1} for n in range(4)]
MENU = {
    "type": 3,
    "custom_id": "colours",
    "placeholder": "Which?",
    "min_values": 1,
    "max_values": 2,
    "options": OPTIONS,
}
ANY = {"type": 8, "custom_id": "where", "placeholder": "Everywhere", "min_values": 0} | {
    "max_values": 25
}


def film() -> bytes:
    """Return a second of a video, 64 × 48 px."""
    encoded = io.BytesIO()
    with av.open(encoded, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(0, 200, 20):
            pixels = np.full((48, 64, 3), shade, dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))
    return encoded.getvalue()


async def posted(
    chat: LocalChat, rest: Rest, *components: dict[str, Any], files: tuple[tuple[str, bytes], ...]
) -> dict[str, Any]:
    place = chat.channel().id
    body = {"flags": 32768, "components": list(components)}
    status, message = await rest("POST", f"/channels/{place}/messages", body, files=files)
    assert status == 200, message
    return dict(message)


def gallery_of(count: int) -> dict[str, Any]:
    media = {"media": {"url": "attachment://a.png"}, "description": "a"}
    return {"type": 12, "items": [media] * count}


SHOWN = """() => {
  const { width, height } = document.querySelector(".gallery img").getBoundingClientRect();
  return [width, width / height, document.querySelector(".components").clientWidth];
}"""


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_a_spoiler_is_a_cover_that_opens(
    chat: LocalChat, rest: Rest, running: Browser, count: int
) -> None:
    gallery = gallery_of(count)
    gallery["items"] = [item | {"spoiler": True} for item in gallery["items"]]
    await posted(chat, rest, gallery, files=(("a.png", png(300, 200)),))
    async with page(running, chat.page_url) as opened:
        cover, picture = opened.locator(".gallery summary").first, opened.locator(".gallery img")
        hidden = await cover.bounding_box()
        seen = await picture.first.is_visible()
        await cover.click()
        shown = await picture.first.bounding_box()
        left = await cover.bounding_box()

    assert not seen
    assert hidden is not None
    assert shown is not None
    assert left is not None
    assert min(hidden["width"], hidden["height"], shown["width"], shown["height"]) > 60
    assert left["height"] < 40, "it stays, to close it again"


async def test_a_message_is_forwarded(chat: LocalChat, rest: Rest, running: Browser) -> None:
    button = {"type": 2, "style": 1, "label": "Press", "custom_id": "x"}
    row = {"type": 1, "components": [button]}
    card = await posted(chat, rest, gallery_of(1), row, files=(("a.png", png(300, 200)),))
    async with page(running, chat.page_url) as opened:
        await opened.get_by_role("button", name="Menu of Bot’s message").click()
        await opened.get_by_role("menuitem", name="Forward…").click()
        await opened.get_by_role("menuitem", name="#random").click()
        await opened.get_by_role("button", name="#random").click()
        copy = opened.locator(".message:visible")
        await copy.get_by_text("forwarded").wait_for()
        await copy.locator("img").wait_for()
        pressable = await copy.get_by_role("button", name="Press").is_enabled()

    (forwarded,) = chat.messages("random")
    assert not pressable
    assert forwarded["message_reference"]["message_id"] == card["id"]
    assert forwarded["components"] == []
    assert forwarded["message_snapshots"][0]["message"]["components"][0]["type"] == 12


@pytest.mark.parametrize(
    ("picture", "widest"), [((300, 200), 640), ((300, 300), 396), ((100, 200), 100)]
)
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_a_lone_picture_is_large_and_whole(
    chat: LocalChat,
    rest: Rest,
    running: Browser,
    picture: tuple[int, int],
    widest: int,
    size: tuple[int, int],
) -> None:
    await posted(chat, rest, gallery_of(1), files=(("a.png", png(*picture)),))
    async with page(running, chat.page_url, size=size) as opened:
        await opened.wait_for_function("() => document.querySelector('.gallery img')?.complete")
        width, shape, room = await opened.evaluate(SHOWN)

    assert width == pytest.approx(min(widest, room), abs=1)
    assert shape == pytest.approx(picture[0] / picture[1], rel=0.02)


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_galleries_are_laid_out_as_on_discord(
    chat: LocalChat, rest: Rest, running: Browser, size: tuple[int, int]
) -> None:
    files = (("a.png", png(30, 70)),)
    galleries = [gallery_of(count) for count in ROWS]
    for part in (galleries[:4], galleries[4:]):
        await posted(chat, rest, *part, files=files)
    async with page(running, chat.page_url, size=size) as opened:
        await opened.locator(".gallery.of-10").wait_for()
        places = {
            count: await opened.locator(f".gallery.of-{count}").evaluate(PLACES) for count in ROWS
        }

    for count, rows in ROWS.items():
        tops = [top for top, _ in places[count]]
        assert [tops.count(top) for top in sorted(set(tops))] == rows, count
        shapes = [shape for _, shape in places[count]]
        assert all(shape == pytest.approx(1, abs=0.05) for shape in shapes[1:]), count
        assert shapes[0] == pytest.approx(2 if rows[0] == 1 else 1, abs=0.05), count


async def test_a_video_plays_and_goes_on_while_its_message_changes(
    chat: LocalChat, rest: Rest, running: Browser
) -> None:
    media = {"media": {"url": "attachment://film.mp4"}, "description": "How it was made"}
    text = {"type": 10, "content": "Working"}
    card = await posted(
        chat, rest, text, {"type": 12, "items": [media]}, files=(("film.mp4", film()),)
    )
    changed = {"components": [text | {"content": "Done"}, card["components"][1]]}
    async with page(running, chat.page_url) as opened:
        video = opened.get_by_label("How it was made")
        await video.evaluate("video => { video.loop = true; return video.play(); }")
        path = f"/channels/{card['channel_id']}/messages/{card['id']}"
        assert (await rest("PATCH", path, changed))[0] == 200
        await opened.get_by_role("log").get_by_text("Done").wait_for()
        told = await video.evaluate("video => [video.videoWidth, video.paused, video.controls]")

    assert told == [64, False, True]


async def focused(opened: Page) -> str:
    return str(await opened.evaluate("() => document.activeElement.textContent"))


async def ticked(chooser: Locator) -> list[str]:
    boxes = chooser.locator("label:has(:checked)")
    return await boxes.all_text_contents()


async def test_several_values_by_keyboard(chat: LocalChat, rest: Rest, running: Browser) -> None:
    rows = ({"type": 1, "components": [menu]} for menu in (MENU, ANY))
    card = await posted(chat, rest, *rows, files=())
    async with page(running, chat.page_url) as opened:
        chooser = opened.locator(".choose").first
        done = chooser.get_by_role("button", name="Done")
        head = chooser.locator("summary")
        nothing = await opened.locator(".choose summary").last.inner_text()
        before = await head.inner_text()
        await head.focus()
        await opened.keyboard.press("Enter")
        await opened.keyboard.press("Tab")
        await opened.keyboard.press("Space")
        full = await chooser.get_by_label("Colour 3").is_disabled()
        await opened.keyboard.press("Escape")  # as it was
        put_away = (await focused(opened), await ticked(chooser))
        await opened.keyboard.press("Enter")
        await chooser.get_by_label("Colour 1").uncheck()
        too_few = await done.is_disabled()
        await chooser.get_by_label("Colour 0").check()
        await chooser.get_by_label("Colour 3").check()
        # An edit of the message does not take away what is being chosen.
        changed = [{"type": 10, "content": "And more"}]
        where = f"/channels/{card['channel_id']}/messages/{card['id']}"
        edit = {"components": [*card["components"], *changed]}
        assert (await rest("PATCH", where, edit))[0] == 200
        await opened.get_by_role("log").get_by_text("And more").wait_for()
        kept = await ticked(chooser)
        begun = await begin(chat, done.click())
        await rest("POST", begun.callback, {"type": 6}, token="")
        after = (await head.inner_text(), await focused(opened))

    assert (nothing, before) == ("Everywhere", "Colour 1")
    assert full
    assert put_away == ("Colour 1", ["Colour 1"])
    assert too_few
    assert kept == ["Colour 0", "Colour 3"]
    assert begun.interaction.data["values"] == ["c0", "c3"]
    assert after == ("Colour 0, Colour 3", "Colour 0, Colour 3")


@pytest.mark.parametrize(("side", "shown"), [(60, 120), (900, 0)])
async def test_a_picture_is_shown_at_most_twice_as_large_as_it_is(
    chat: LocalChat, rest: Rest, running: Browser, side: int, shown: int
) -> None:
    await posted(chat, rest, gallery_of(1), files=(("a.png", png(side, side)),))
    async with page(running, chat.page_url) as opened:
        await opened.locator(".gallery img").wait_for()
        width, ratio, card = await opened.evaluate(SHOWN)

    assert ratio == pytest.approx(1, abs=0.02)
    assert width == pytest.approx(shown, abs=1) if shown else 200 < width <= card
