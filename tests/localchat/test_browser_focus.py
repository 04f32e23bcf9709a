"""The page in a real chromium: what is filled in and where the focus is outlive what happens."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from localchat import LocalChat
from tests.localchat.browser import PHONE, browser, chromium, page
from tests.localchat.chat import CONVERT, Rest, begin, png

CHROMIUM = chromium()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium on the PATH and none named by CHROMIUM"
    ),
]

SHELF = {"name": "shelf", "type": 1, "description": "What is there"}
BUTTON = {"type": 2, "style": 1, "label": "Stop", "custom_id": "stop"}


@pytest.fixture
async def running() -> AsyncIterator[Browser]:
    assert CHROMIUM is not None
    async with browser(CHROMIUM) as running:
        yield running


@pytest.fixture
async def messages(chat: LocalChat, rest: Rest) -> str:
    """Return the path of the first channel's messages, of a bot with two commands."""
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT, SHELF])
    return f"/channels/{chat.channel().id}/messages"


async def choose(opened: Page, option: str) -> None:
    await opened.get_by_label(f"{option}: choose a file").set_input_files(
        {"name": f"{option}.png", "mimeType": "image/png", "buffer": png(40, 30)}
    )


async def test_what_is_filled_in_stays_and_can_be_taken_away(
    chat: LocalChat, rest: Rest, messages: str, running: Browser
) -> None:
    async with page(running, chat.page_url) as opened:
        filled = opened.locator(".composer .drop.filled")
        for option in ("source", "template"):
            await choose(opened, option)
        await opened.get_by_label("source: take the picture away").click()
        await expect(filled).to_have_count(1)
        await expect(opened.get_by_label("source: choose a file")).to_be_focused()
        await choose(opened, "source")
        await opened.get_by_role("button", name="/shelf").click()
        await expect(opened.get_by_role("heading", name="/shelf")).to_be_visible()
        await opened.get_by_role("button", name="/convert").click()
        await expect(filled).to_have_count(2)
        # A bot that starts anew registers its commands anew.
        commands = f"/applications/{chat.application_id}/commands"
        await rest("PUT", commands, [])
        await expect(filled).to_have_count(0)
        await rest("PUT", commands, [CONVERT, SHELF])
        await expect(filled).to_have_count(2)


async def test_run_keeps_the_focus_and_is_pressed_once(
    chat: LocalChat, rest: Rest, messages: str, running: Browser
) -> None:
    async with page(running, chat.page_url) as opened:
        await opened.get_by_role("button", name="/shelf").click()
        run = opened.locator(".composer .go .button")
        await run.focus()
        begun = await begin(chat, opened.keyboard.press("Enter"))
        await opened.keyboard.press("Enter")
        answer = {"type": 4, "data": {"content": "nothing yet"}}
        await rest("POST", begun.callback, answer, token="")
        await opened.get_by_text("nothing yet").wait_for()
        await expect(run).to_have_text("Run")
        await expect(run).to_be_focused()

    assert len(chat.interactions) == 1


async def test_the_focus_outlives_the_button_that_had_it(
    chat: LocalChat, rest: Rest, messages: str, running: Browser
) -> None:
    card = {"content": "general", "components": [{"type": 1, "components": [BUTTON]}]}
    _, made = await rest("POST", messages, card)
    message = f"{messages}/{made['id']}"
    async with page(running, chat.page_url) as opened:
        menu = opened.get_by_label("Menu of Bot’s message")
        await opened.get_by_role("button", name="Stop").focus()
        disabled = [{"type": 1, "components": [BUTTON | {"disabled": True}]}]
        await rest("PATCH", message, {"components": disabled})
        await expect(menu).to_be_focused()
        await rest("DELETE", message)
        await expect(opened.locator("#scroll")).to_be_focused()


async def test_on_a_phone_the_command_makes_room_for_what_was_said(
    chat: LocalChat, rest: Rest, messages: str, running: Browser
) -> None:
    await rest("POST", messages, {"content": "general"})
    async with page(running, chat.page_url, size=PHONE) as opened:
        field = opened.locator(".composer .field.attachment").first
        await expect(field).to_be_hidden()
        await opened.get_by_role("button", name="/convert").click()
        await expect(field).to_be_visible()
