"""The page in a real chromium: what is sent once, and what is said when nobody answers."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, Route, expect

from localchat import LocalChat
from tests.localchat.browser import page


async def test_a_message_is_sent_once_and_the_next_one_stays(
    chat: LocalChat, running: Browser
) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        arrived.set()
        await go_on.wait()
        await route.continue_()

    async with page(running, chat.page_url) as opened:
        await opened.route("**/page/say", slowly)
        writing = opened.get_by_role("textbox", name="Message")
        await writing.fill("first")
        await opened.get_by_role("button", name="Send").dblclick()
        await arrived.wait()
        await writing.fill("second")
        go_on.set()
        await opened.locator(".message", has_text="first").wait_for()
        await expect(writing).to_have_value("second")
        await writing.press("Enter")
        await opened.locator(".message", has_text="second").wait_for()
        await expect(writing).to_have_value("")

    assert [message["content"] for message in chat.messages()] == ["first", "second"]


async def test_who_cannot_become_another_stays_on_the_page(
    chat: LocalChat, running: Browser
) -> None:
    async with page(running, chat.page_url) as opened:
        refusal = {"ok": False, "error": "Nobody answers."}
        await opened.route("**/page/become", lambda route: route.fulfill(json=refusal))
        await opened.get_by_role("button", name="You are You").click()
        dialog = opened.get_by_role("dialog", name="Who you are")
        await dialog.get_by_label("Name").fill("Grace")
        await dialog.get_by_role("button", name="Use").click()
        await expect(dialog.get_by_role("alert")).to_have_text("Nobody answers.")
        await expect(dialog.get_by_label("Name")).to_have_value("Grace")
        assert opened.url == chat.page_url


async def test_a_chat_at_another_address_is_not_waited_for(
    chat: LocalChat, running: Browser
) -> None:
    context = await running.new_context(locale="en-US")
    try:
        opened = await context.new_page()
        await opened.route("**/page/events*", lambda route: route.fulfill(status=404))
        await opened.goto(chat.page_url)
        await expect(opened.locator("#status.offline")).to_contain_text("another address")
    finally:
        await context.close()
