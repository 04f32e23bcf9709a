"""The page in a real chromium: long names stay in their place, scripts run their own way."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from localchat import LocalChat, Upload
from tests.localchat.browser import DESKTOP, page
from tests.localchat.chat import png

NARROW = (360, 740)
WIDE_NAME = "W" * 32
FILE = "L" * 120 + ".txt"
OUTSIDE = """() => {
  const edge = document.querySelector(".chat").getBoundingClientRect().right;
  const nodes = document.querySelectorAll(".author, .mention, .file, .message, .writer li");
  return [...nodes].filter((node) => {
    const inline = getComputedStyle(node).display === "inline";
    const over = !inline && node.scrollWidth > node.clientWidth + 1;
    return over || node.getBoundingClientRect().right > edge;
  }).map((node) => node.className || node.tagName);
}"""
"""What stands out of its own box or over what is beside the messages."""

ENDS = """(text) => {
  const at = (where) => {
    const range = document.createRange();
    range.setStart(text.firstChild, where);
    range.setEnd(text.firstChild, where + 1);
    return range.getBoundingClientRect().left;
  };
  return [at(0), at(text.firstChild.length - 1)];
}"""
"""Where the first character of a text stands, and where its last one does."""


async def outside(opened: Page) -> list[str]:
    found: list[str] = await opened.evaluate(OUTSIDE)
    return found


@pytest.mark.parametrize("size", [DESKTOP, NARROW])
async def test_long_names_of_people_and_files_are_broken(
    chat: LocalChat, running: Browser, size: tuple[int, int]
) -> None:
    person = chat.person(WIDE_NAME)
    await person.say(f"hello <@{person.user.id}>", [Upload(FILE, b"text"), Upload("a.png", png())])
    async with page(running, chat.page_url, size=size) as opened:
        await opened.get_by_text("hello").wait_for()
        await opened.get_by_label("Attach files").set_input_files(
            {"name": FILE, "mimeType": "text/plain", "buffer": b"text"}
        )
        await opened.get_by_label("Attached files").get_by_text(FILE).wait_for()

        assert await outside(opened) == []


async def test_what_is_written_from_right_to_left_is_shown_so(
    chat: LocalChat, running: Browser
) -> None:
    person = chat.person("ليلى")
    await person.say("مرحبا، هذه صورة 123.", [])
    await person.say(f"<@{person.user.id}>, your picture is ready.", [])
    async with page(running, chat.page_url) as opened:
        arabic, english = (opened.locator(".message .text p").nth(at) for at in (0, 1))
        await english.wait_for()
        first, last = await arabic.evaluate(ENDS)
        mention = await english.locator(".mention").bounding_box()
        box = await english.bounding_box()

    assert last < first
    assert mention is not None
    assert box is not None
    assert mention["x"] == pytest.approx(box["x"], abs=1)
