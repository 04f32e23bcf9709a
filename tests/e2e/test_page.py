"""The real bot, used through the page of the local chat in a real chromium."""

from __future__ import annotations

import pytest

from bot.localchat.payloads import message_payload
from tests.bot.localchat.browser import PHONE, browser, chromium, page
from tests.e2e.support import PHOTO, STYLE, Stage, title

CHROMIUM = chromium()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium on the PATH and none named by CHROMIUM"
    ),
]


async def test_stylize_this_on_a_phone(bot: Stage) -> None:
    assert CHROMIUM is not None
    await bot.chat.person("Grace").say("my cat", [PHOTO])

    async with (
        browser(CHROMIUM) as running,
        page(running, bot.chat.page_url + "?as=Ada", size=PHONE, dark=True) as opened,
    ):
        await opened.get_by_role("button", name="Menu of Grace’s message").click()
        await opened.get_by_role("menuitem", name="Stylize this…").click()
        dialog = opened.get_by_role("dialog")
        await dialog.locator("input[type=file]").set_input_files(
            {"name": STYLE.filename, "mimeType": "image/png", "buffer": STYLE.data}
        )
        await dialog.get_by_role("button", name="Submit").click()
        await dialog.wait_for(state="hidden")
        await opened.get_by_role("heading", name="Your picture is ready").wait_for()

    cards = [each for each in bot.chat.world.messages.values() if each.is_v2]
    assert [title(message_payload(bot.chat.world, card)) for card in cards] == [
        "Your picture is ready"
    ]
