"""The page in a real chromium: what is filled in and where the focus is outlive what happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from localchat import LocalChat
from tests.localchat.browser import PHONE, page
from tests.localchat.chat import CONVERT, Rest, begin, png

SHELF = {"name": "shelf", "type": 1, "description": "What is there"}
BUTTON = {"type": 2, "style": 1, "label": "Stop", "custom_id": "stop"}


@pytest_asyncio.fixture(loop_scope="session")
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


@pytest.mark.parametrize("size", [PHONE, (320, 568)])
async def test_on_a_phone_the_command_is_put_away(
    chat: LocalChat, messages: str, running: Browser, size: tuple[int, int]
) -> None:
    async with page(running, chat.page_url, size=size) as opened:
        field = opened.locator(".composer .field.attachment").first
        again = opened.locator(".composer .go .button")
        beside = opened.locator("#scroll")
        ways: tuple[Callable[[], Awaitable[None]], ...] = (
            opened.get_by_label("Put the command away").click,
            lambda: opened.keyboard.press("Escape"),
            lambda: beside.click(position={"x": 20, "y": 20}),
            lambda: opened.locator(".top").click(position={"x": 210, "y": 4}),
        )
        for put_away in ways:
            await expect(field).to_be_visible()
            await put_away()
            await expect(field).to_be_hidden()
            await expect(again).to_have_text("/convert")
            await again.click()
        fits = await opened.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )

    assert fits


async def test_on_a_phone_the_command_is_named_as_its_form_is(
    chat: LocalChat, rest: Rest, running: Browser
) -> None:
    chat.person("Grete", locale="de")
    shelf = SHELF | {"name_localizations": {"de": "regal"}}
    await rest("PUT", f"/applications/{chat.application_id}/commands", [shelf])
    async with page(running, chat.page_url + "?as=Grete", size=PHONE) as opened:
        run = opened.locator(".composer .go .button")
        begun = await begin(chat, run.click())
        await rest("POST", begun.callback, {"type": 4, "data": {"content": "nothing"}}, token="")
        await expect(run).to_have_text("/regal noch einmal")
        await run.click()
        await opened.keyboard.press("Escape")
        await expect(run).to_have_text("/regal")


async def test_the_answer_to_what_one_pressed_is_scrolled_to(
    chat: LocalChat, rest: Rest, messages: str, running: Browser
) -> None:
    row = {"type": 1, "components": [BUTTON]}
    await rest("POST", messages, {"content": "the first", "components": [row]})
    for number in range(30):
        await chat.person("Bob").say(f"more {number}", [])
    async with page(running, chat.page_url + "?as=Ada") as opened:
        await opened.get_by_text("more 29").wait_for()
        button = opened.get_by_role("button", name="Stop")
        await button.scroll_into_view_if_needed()
        begun = await begin(chat, button.click())
        answer = {"type": 4, "data": {"content": "for Ada alone", "flags": 64}}
        await rest("POST", begun.callback, answer, token="")
        await expect(opened.get_by_text("for Ada alone")).to_be_in_viewport()


async def test_a_message_about_another_leaves_that_in_sight(
    chat: LocalChat, rest: Rest, messages: str, running: Browser
) -> None:
    for number in range(30):
        await chat.person("Bob").say(f"more {number}", [])
    card = {"content": "the card\n" + "line\n" * 15}
    _, made = await rest("POST", messages, card)
    async with page(running, chat.page_url, size=(1000, 620)) as opened:
        await opened.get_by_text("the card").wait_for()
        about = {"content": "it is done", "message_reference": {"message_id": made["id"]}}
        await rest("POST", messages, about)
        await opened.get_by_text("it is done").wait_for()
        await expect(opened.get_by_text("the card")).to_be_in_viewport()


async def test_a_menu_shows_what_its_message_says_once_that_is_edited(
    chat: LocalChat, rest: Rest, messages: str, running: Browser
) -> None:
    values = ("a", "b")

    def menu(chosen: str) -> dict[str, Any]:
        options = [{"label": each, "value": each, "default": each == chosen} for each in values]
        select = {"type": 3, "custom_id": "which", "options": options}
        return {"components": [{"type": 1, "components": [select]}]}

    _, made = await rest("POST", messages, menu("a") | {"content": "general"})
    async with page(running, chat.page_url) as opened:
        shown = opened.locator(".message select")
        for value in ("b", "a", "b"):
            begun = await begin(chat, shown.select_option(value))
            await rest("POST", begun.callback, {"type": 6}, token="")
        await expect(shown).to_have_value("b")
        await rest("PATCH", f"{messages}/{made['id']}", menu("a") | {"content": "forgotten"})
        await opened.locator(".message", has_text="forgotten").wait_for()
        await expect(shown).to_have_value("a")
        await rest("PATCH", f"{messages}/{made['id']}", menu("") | {"content": "none"})
        await opened.locator(".message", has_text="none").wait_for()
        await expect(shown).to_have_value("")
