"""Links that died between a command, a form or a press and the download: said, with what to do."""

from __future__ import annotations

import pytest

from localchat import Upload
from tests.e2e.playing import READY, act, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Stage, buttons
from tests.e2e.test_composing import RED
from tests.e2e.test_forms import done, fill_in
from tests.e2e.test_refusals import REFUSED
from tests.e2e.test_restyling import opened
from tests.e2e.test_sources import choose
from tests.e2e.test_ways_out import act_on, change, refusal

ATTACHED = "The link to this file has expired or was removed. Attach it again."
CHOSEN = (
    "The link to this picture has expired, or the picture was removed. Choose it again from the "
    "menu of its message, or attach it."
)
HOLIDAY = Upload("holiday.jpg", PHOTO.data)


def check_log(caplog: pytest.LogCaptureFixture, name: str) -> None:
    """Check that the host finds what was refused, and what the file server said."""
    assert "status 404" in caplog.text
    assert f"Refused Attachment('{name}'" in caplog.text


async def test_of_a_command(bot: Stage, caplog: pytest.LogCaptureFixture) -> None:
    bot.chat.limit_links(-3600)
    card = await bot.stylize("Ada")
    await card.until(REFUSED)
    assert f"Your photo “cat.jpg” cannot be used. {ATTACHED}" in card.text
    assert f"Your style picture “waves.png” cannot be used. {ATTACHED}" in card.text
    check_log(caplog, "cat.jpg")

    bot.chat.limit_links(3600)
    form = await change(bot, refusal(bot, card))
    again = Card(bot, await fill_in(bot, form, {"photo": [PHOTO], "upload": [STYLE]}))
    await again.until(READY)


async def test_of_an_order_that_is_given_once_more(
    bot: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """What was attached at first is gone when there is room for it."""
    bot.hold()
    cards = [await bot.stylize("Ada") for _ in range(2)]
    bot.chat.limit_links(-3600)
    full = (await bot.stylize("Ada")).interaction
    assert "You already have as many pictures" in bot.answer_to(full)
    bot.release()
    for each in cards:
        await each.until(READY)
    again = await act_on(bot, Card(bot, full), "Try again")
    await again.until(REFUSED)
    assert ATTACHED in again.text
    assert list(buttons(again.now)) == ["Change…"]
    check_log(caplog, "waves.png")


async def test_of_a_form_that_was_open_for_long(
    bot: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    bob, ada = bot.chat.person("Bob"), bot.chat.person("Ada")
    message = await bob.say("look", [HOLIDAY])
    form = await ada.use("Stylize this…", message)
    await bob.delete(message)
    card = Card(bot, await fill_in(bot, form, {"upload": [STYLE]}))
    await card.until(REFUSED)
    assert f"Your photo “holiday.jpg” cannot be used. {CHOSEN}" in card.text
    check_log(caplog, "holiday.jpg")

    form = await change(bot, refusal(bot, card))
    await Card(bot, await fill_in(bot, form, {"photo": [PHOTO]})).until(READY)


async def test_of_a_picture_that_becomes_a_style(
    bot: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    bob, ada = bot.chat.person("Bob"), bot.chat.person("Ada")
    message = await bob.say("look", [HOLIDAY])
    [sent] = bot.chat.messages()[0]["attachments"]
    bot.chat.expire_link(int(sent["id"]))
    told = await whispered(bot, await ada.use("Use as style", message))
    assert f"Your style picture “holiday.jpg” cannot be used. {CHOSEN}" in told["content"]
    check_log(caplog, "holiday.jpg")


async def test_of_one_of_several_pictures(bot: Stage, caplog: pytest.LogCaptureFixture) -> None:
    bob, ada = bot.chat.person("Bob"), bot.chat.person("Ada")
    message = await bob.say("look", [HOLIDAY, RED])
    asked = Card(bot, await ada.use("Use as style", message))
    await bob.delete(message)
    told = await whispered(bot, await choose(bot, asked, "0"))
    assert CHOSEN in told["content"]
    check_log(caplog, "holiday.jpg")


async def test_of_the_shelf(bot: Stage, caplog: pytest.LogCaptureFixture) -> None:
    bot.chat.limit_links(-3600)
    told = await bot.chat.person("Ada").run("style add", {"name": "Waves", "picture": STYLE})
    assert ATTACHED in (await whispered(bot, told))["content"]
    check_log(caplog, "waves.png")


async def test_of_what_is_sent_below_a_card(bot: Stage, caplog: pytest.LogCaptureFixture) -> None:
    card = await done(bot)
    panel = await opened(bot, card, "Another style…", "Eve")
    style = await act(bot, panel, "Upload a style…", "Eve")
    photo = await act(bot, card, "Use this style…", "Eve")
    bot.chat.limit_links(-3600)
    for form, field in ((style, "upload"), (photo, "photo")):
        refused = Card(bot, await fill_in(bot, form.interaction, {field: [RED]}, "Eve"))
        await refused.until(REFUSED)
        assert ATTACHED in refused.text
    check_log(caplog, RED.filename)
