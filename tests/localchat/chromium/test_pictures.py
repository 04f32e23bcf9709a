"""The page in a real chromium: files and examples for the attachments of a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from localchat import ChatConfig, Example, LocalChat
from tests.localchat.browser import page
from tests.localchat.chat import CONVERT, Rest, begin, png

DROP = """node => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["hello"], "dropped.txt", { type: "text/plain" }));
  const about = { bubbles: true, cancelable: true, dataTransfer };
  return ["dragover", "drop"].every((name) => !node.dispatchEvent(new DragEvent(name, about)));
}"""
"""Drops a file; whether the page keeps the browser from opening it."""


@pytest.fixture
def new_local_chat(tmp_path: Path) -> LocalChat:
    picture = tmp_path / "a.png"
    picture.write_bytes(png())
    examples = [Example(name="A picture", kind="picture", path=picture)]
    return LocalChat(config=ChatConfig(examples=examples, example_options={"picture": "source"}))


async def test_a_file_can_be_chosen_again_after_an_example(
    chat: LocalChat, rest: Rest, running: Browser, tmp_path: Path
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])
    async with page(running, chat.page_url) as opened:
        chosen = opened.locator(".composer .drop .chosen").first
        for _ in range(2):
            # By its path, as people choose it: what is chosen already is no change.
            await opened.get_by_label("source: choose a file").set_input_files(tmp_path / "a.png")
            await expect(chosen).to_have_text("a.png")
            await opened.get_by_role("button", name="A picture").first.click()
            await expect(chosen).to_have_text("A picture")


async def test_a_file_that_is_too_large_is_not_left_out_in_silence(
    chat: LocalChat, rest: Rest, running: Browser, tmp_path: Path
) -> None:
    mask = {"type": 11, "name": "source", "description": "Where"}
    cut = {"name": "cut", "type": 1, "description": "Cut", "options": [mask]}
    await rest("PUT", f"/applications/{chat.application_id}/commands", [cut])
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(50 * 2**20 + 1)
    async with page(running, chat.page_url) as opened:
        drop = opened.locator(".composer .drop.wrong")
        error = opened.locator(".composer .go .error")
        await opened.get_by_label("source: choose a file").set_input_files(large)
        await drop.wait_for()
        await opened.locator(".composer .go .button").click()
        await expect(error).to_have_text("large.png is too large")
        await expect(drop).to_be_visible()
        await opened.get_by_role("button", name="A picture").click()
        await begin(chat, opened.locator(".composer .go .button").click())

    assert [each.data["options"][0]["name"] for each in chat.interactions] == ["source"]


async def test_what_is_dropped_on_the_chat_goes_with_the_message_and_leads_nowhere(
    chat: LocalChat, running: Browser
) -> None:
    async with page(running, chat.page_url) as opened:
        for place in ("#welcome", ".top"):
            assert await opened.locator(place).evaluate(DROP), "the browser would open the file"
        await expect(opened.get_by_label("Attached files")).to_have_text("dropped.txt")
        await opened.get_by_role("button", name="Send").click()
        await opened.locator(".message").get_by_text("dropped.txt").wait_for()

    (message,) = chat.messages()
    assert [file["filename"] for file in message["attachments"]] == ["dropped.txt"]
