"""The page in a real chromium: what of the messages is in sight."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from localchat import LocalChat, Upload
from tests.localchat.browser import page
from tests.localchat.chat import Rest, begin, png

SIZE = (1280, 860)
BUTTON = {"type": 2, "style": 1, "label": "Two", "custom_id": "two"}
ROW = [{"type": 1, "components": [BUTTON]}]
LINES = "line\n"
FROM_END = """() => {
  const { scrollHeight, clientHeight, scrollTop } = document.getElementById("scroll");
  return scrollHeight - clientHeight - scrollTop;
}"""
"""How far the view is from the end, px."""
TO_TOP = """async () => {
  document.getElementById("scroll").scrollTo({ top: 40 });
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}"""
"""Scrolls up, and waits until the page has noticed."""

Post = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture(loop_scope="session")
async def post(chat: LocalChat, rest: Rest) -> Post:
    """Return what posts or edits a message of the bot, below thirty others."""
    for number in range(30):
        await chat.person("Bob").say(f"more {number}", [])
    path = f"/channels/{chat.channel().id}/messages"

    async def post(content: str, edited: str = "", **more: object) -> str:
        method, where = ("PATCH", f"{path}/{edited}") if edited else ("POST", path)
        status, made = await rest(method, where, {"content": content} | more)
        assert status == 200, made
        return str(made["id"])

    return post


async def answer(chat: LocalChat, rest: Rest, opened: Page, content: str) -> Locator:
    """Press a button, be answered with a message for oneself alone, return that."""

    async def press() -> None:
        async with opened.expect_response("**/page/press"):
            await opened.get_by_role("button", name="Two").last.click()

    begun = await begin(chat, press())
    data = {"content": content, "flags": 64, "components": ROW}
    await rest("POST", begun.callback, {"type": 4, "data": data}, token="")
    await begun.waiting
    return opened.locator(".message", has_text=content.partition("\n")[0]).last


async def test_the_answer_to_a_press_is_wholly_in_view(
    chat: LocalChat, rest: Rest, post: Post, running: Browser
) -> None:
    await post("the panel\n" + LINES * 18, components=ROW)
    async with page(running, chat.page_url, size=SIZE) as opened:
        panel = await answer(chat, rest, opened, "Another style\n" + LINES * 17)
        await expect(panel).to_be_in_viewport(ratio=1)
        question = await answer(chat, rest, opened, "For good?\n" + LINES * 5)
        await expect(question).to_be_in_viewport(ratio=1)
        assert await opened.evaluate(FROM_END) < 8


async def test_a_view_at_the_end_stays_there_whatever_shrinks_or_grows(
    chat: LocalChat, rest: Rest, post: Post, running: Browser
) -> None:
    above = await post("above\n" + LINES * 20)
    below = await post("below")
    async with page(running, chat.page_url, size=SIZE) as opened:
        await opened.get_by_text("below").wait_for()
        await post("above", above)
        await post("below\n" + LINES * 12, below)
        gone = await post("soon gone\n" + LINES * 10)
        await rest("DELETE", f"/channels/{chat.channel().id}/messages/{gone}")
        last = await post("the last\n" + LINES * 9)
        await expect(opened.locator(f"#m{last}")).to_be_in_viewport(ratio=1)
        assert await opened.evaluate(FROM_END) < 8
        await expect(opened.get_by_text("Newest messages")).to_be_hidden()


async def test_who_reads_elsewhere_is_left_there(
    chat: LocalChat, post: Post, running: Browser
) -> None:
    async with page(running, chat.page_url, size=SIZE) as opened:
        await opened.get_by_text("more 29").wait_for()
        await post("one that comes")
        await opened.locator(".message.new").wait_for()  # the others are all there
        await opened.evaluate(TO_TOP)
        last = opened.locator(f"#m{await post('the last')}")
        await opened.get_by_role("button", name="Newest messages").click()
        await expect(last).to_be_in_viewport(ratio=1)


async def test_what_is_said_about_a_tall_card_leaves_its_top_in_view(
    chat: LocalChat, post: Post, running: Browser
) -> None:
    async with page(running, chat.page_url, size=SIZE) as opened:
        await opened.get_by_text("more 29").wait_for()
        card = await post("# The card\n" + LINES * 40)
        await post("it is done", message_reference={"message_id": card})
        await opened.get_by_text("it is done").wait_for()
        await expect(opened.get_by_role("heading", name="The card")).to_be_in_viewport()
        await post("# The picture\n" + LINES * 50, card)
        await expect(opened.get_by_role("heading", name="The picture")).to_be_in_viewport()
        await opened.get_by_role("textbox", name="Message").fill("thanks")
        await opened.keyboard.press("Enter")
        await expect(opened.locator(".message", has_text="thanks")).to_be_in_viewport(ratio=1)


async def test_a_page_that_is_opened_after_a_restart_shows_what_was_said(
    running: Browser, tmp_path: Path
) -> None:
    async with LocalChat(keep_in=tmp_path) as chat:
        await chat.person("Ada").say("look", [Upload("a.png", png())])
        address, port = chat.page_url, int(chat.file_host.rpartition(":")[2])
        async with page(running, address) as opened:
            await opened.get_by_text("look").wait_for()
            await opened.reload()
            await opened.get_by_text("look").wait_for()
    async with LocalChat(port, keep_in=tmp_path), page(running, address) as opened:
        await opened.get_by_text("look").wait_for()
        picture = opened.locator(".message img").first
        await opened.wait_for_function("() => document.images[0]?.naturalWidth > 0")
        await expect(picture).to_be_visible()


async def test_a_message_of_another_day_says_which(chat: LocalChat, running: Browser) -> None:
    for days in (3, 0):
        chat.clock = lambda ago=days * 86_400: time.time() - ago  # type: ignore[misc]
        await chat.person("Ada").say(f"{days} days old", [])
    async with page(running, chat.page_url) as opened:
        old, new = (opened.locator(".message .meta time").nth(at) for at in (0, 1))
        await expect(new).to_have_text(re.compile(r"^\d+:\d\d [AP]M$"))
        await expect(old).to_have_text(re.compile(r"^\d+/\d+/\d+, \d+:\d\d [AP]M$"))
