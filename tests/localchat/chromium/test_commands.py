"""The page in a real chromium: what is typed or pressed to reach a command, and what it wants."""

from __future__ import annotations

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from localchat import LocalChat
from tests.localchat.browser import DESKTOP, PHONE, page
from tests.localchat.chat import CONVERT, Rest, png

LIST = {"type": 1, "name": "list", "description": "Show all"}
TAG = {"name": "tag", "type": 1, "description": "The shelf", "options": [LIST]}
SHARE = {"type": 10, "name": "share", "description": "How much", "max_value": 1}
LOOK = {"type": 3, "name": "look", "description": "Which", "required": True} | {
    "choices": [{"name": "Waves", "value": "waves"}]
}
PAINT = {
    "name": "paint",
    "type": 1,
    "description": "Paint",
    "options": [LOOK, {**CONVERT["options"][2], "autocomplete": True}, SHARE],  # type: ignore[index]
}


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def commands(chat: LocalChat, rest: Rest) -> None:
    path = f"/applications/{chat.application_id}/commands"
    assert (await rest("PUT", path, [CONVERT, TAG, PAINT]))[0] == 200


async def test_a_form_says_what_a_number_may_be(chat: LocalChat, running: Browser) -> None:
    chat.person("Grete", locale="de")
    async with page(running, chat.page_url) as opened:
        await opened.get_by_role("button", name="/paint").click()
        run, error = (opened.locator(f".composer .go .{name}") for name in ("button", "error"))
        await run.click()
        await expect(error).to_have_text("Please fill in: look.")
        await opened.get_by_label("look").select_option("waves")
        await opened.get_by_text("More options").click()
        size = opened.locator("#option-size")
        await expect(size).to_have_accessible_description("px · a whole number from 64 to 512")
        await size.fill("99999")
        await opened.locator("#option-share").fill("2")
        await run.click()
        wanted = "size: a whole number from 64 to 512\nshare: a number, at most 1"
        await expect(error).to_have_text(wanted)
        await expect(size).to_be_focused()
    async with page(running, chat.page_url + "?as=Grete") as opened:
        await opened.get_by_role("button", name="/paint").click()
        await opened.get_by_text("px · eine ganze Zahl von 64 bis 512").wait_for(state="attached")

    assert chat.messages() == []


async def test_only_the_first_letter_of_an_option_is_a_capital(
    chat: LocalChat, rest: Rest, running: Browser
) -> None:
    name = {"type": 3, "name": "nom_du_style", "description": "Lequel", "required": True}
    command = {"name": "styliser", "type": 1, "description": "Peindre", "options": [name]}
    await rest("PUT", f"/applications/{chat.application_id}/commands", [command])
    async with page(running, chat.page_url) as opened:
        label = opened.locator(".composer label")
        cases = [
            await label.evaluate(f"label => getComputedStyle(label, {part}).textTransform")
            for part in ("null", '"::first-letter"')
        ]

    assert cases == ["none", "uppercase"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_a_picture_that_is_chosen_moves_nothing(
    chat: LocalChat, running: Browser, size: tuple[int, int]
) -> None:
    async with page(running, chat.page_url, size=size) as opened:
        drops = opened.locator(".composer .drop")
        before = [await drops.nth(at).bounding_box() for at in (0, 1)]
        await opened.get_by_label("source: choose a file").set_input_files(
            {"name": "a.png", "mimeType": "image/png", "buffer": png(40, 30)}
        )
        await expect(drops.first.locator("img")).to_be_visible()
        after = [await drops.nth(at).bounding_box() for at in (0, 1)]

    assert after == before


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_a_command_is_typed_or_pressed(
    chat: LocalChat, rest: Rest, running: Browser, size: tuple[int, int]
) -> None:
    text = {"content": "see </tag list:1> or </gone:2>"}
    await rest("POST", f"/channels/{chat.channel().id}/messages", text)
    async with page(running, chat.page_url, size=size) as opened:
        title = opened.locator(".composer .fields:visible h2")
        problem = opened.get_by_role("alert")
        run = opened.locator(".composer .go .button")
        writing = opened.get_by_role("textbox", name="Message")
        await opened.get_by_role("button", name="/gone").click()
        await expect(problem.first).to_contain_text("There is no command /gone here.")
        await opened.locator(".message").get_by_role("button", name="/tag list").click()
        await expect(run).to_have_text("Run")
        await expect(title).to_have_text("/tag list")
        await expect(run).to_be_focused()
        await writing.fill("/Paint waves")
        await writing.press("Enter")
        await expect(title).to_have_text("/paint")
        await expect(opened.get_by_label("look")).to_be_focused()
        await expect(writing).to_have_value("")
        await writing.fill("/tag")
        await writing.press("Enter")
        await expect(problem.first).to_contain_text("Try one of these: /tag list.")
        await expect(writing).to_have_value("/tag")

    assert len(chat.messages()) == 1
