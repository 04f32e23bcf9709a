"""Wrong options, wrong files and unknown names of one order are said in one private answer."""

from __future__ import annotations

from typing import Any

from localchat import Interaction, Upload
from localchat.enums import MessageFlag
from tests.e2e.playing import READY, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Option, Stage, buttons, until
from tests.e2e.test_composing import BOGUS, RED
from tests.e2e.test_forms import fill_in
from tests.e2e.test_refusals import NO_PICTURE
from tests.e2e.test_shelf import MODERATOR
from tests.e2e.test_ways_out import act_on, change

TOO_LARGE = "4096 px is too large here: choose a size up to 1024."
BAD_PHOTO = "Your photo “notes.png” cannot be used."
NO_STYLE = "no such style"


async def order(stage: Stage, command: str = "stylize", **given: Option) -> Interaction:
    return await stage.chat.person("Ada").run(command, given)


async def refusal(stage: Stage, asked: Interaction, *words: str, offers: list[str]) -> Card:
    """Check that a refusal says all of these words, once and to who asked alone."""
    told = await whispered(stage, asked)
    for each in words:
        assert each in told["content"]
    assert list(buttons(told)) == offers
    assert [each for each in stage.chat.all_messages() if each.visible_to is None] == []
    assert stage.runs == []
    assert stage.spool == []
    return Card(stage, asked)


async def test_of_a_command(bot: Stage) -> None:
    asked = await order(bot, content=NO_PICTURE, style_name="of nobody", size=4096)
    words = (TOO_LARGE, BAD_PHOTO, NO_STYLE)
    card = await refusal(bot, asked, *words, offers=["Change…"])
    assert all(state["flags"] & MessageFlag.EPHEMERAL for state in card.states), "to her alone"

    form = await change(bot, card)
    again = {"photo": [PHOTO], "named": ["Night wind"], "size": "64"}
    await Card(bot, await fill_in(bot, form, again)).until(READY)


async def test_only_the_options_are_wrong(bot: Stage) -> None:
    asked = await order(bot, content=PHOTO, style=STYLE, size=4096, takes=2, sheet=True)
    offers = ["Try again", "Change…"]
    card = await refusal(bot, asked, TOO_LARGE, "Choose one of them", offers=offers)
    again = await act_on(bot, card, "Try again")
    await refusal(bot, again.interaction, TOO_LARGE, offers=offers)


async def test_a_dead_link(bot: Stage) -> None:
    bot.chat.limit_links(-3600)
    asked = await order(bot, content=PHOTO, style=STYLE, size=4096)
    dead = ("Your photo “cat.jpg” cannot be used.", "Your style picture “waves.png”", "expired")
    await refusal(bot, asked, TOO_LARGE, *dead, offers=["Change…"])


async def test_pictures_that_do_not_go_together(bot: Stage) -> None:
    asked = await order(bot, content=PHOTO, style=PHOTO, size=4096)
    await refusal(bot, asked, TOO_LARGE, "are the same file", offers=["Change…"])


async def test_a_picture_that_was_taken_down(bot: Stage) -> None:
    banned = await bot.chat.person("Mo", MODERATOR).run("style takedown", {"picture": RED})
    assert "cannot be used as styles" in (await whispered(bot, banned))["content"]
    asked = await order(bot, content=PHOTO, style=RED, size=4096)
    await refusal(bot, asked, TOO_LARGE, "was taken down here", offers=["Change…"])


async def test_who_has_too_many_already(bot: Stage) -> None:
    """Both are said, and nobody looks at more of somebody's pictures than they may have."""
    bot.hold()
    cards = [await bot.stylize("Ada") for _ in range(2)]
    asked = await order(bot, content=NO_PICTURE, style=STYLE, size=4096)
    told = bot.answer_to(asked)
    assert TOO_LARGE in told
    assert "You already have as many pictures" in told
    assert BAD_PHOTO not in told
    bot.release()
    for card in cards:
        await card.until(READY)


async def test_of_the_form_of_compose(bot: Stage) -> None:
    form = await order(bot, "compose", size=64)
    filled: dict[str, Any] = {"photo": [NO_PICTURE], "styles": [STYLE, RED], "mask": [BOGUS]}
    words = (BAD_PHOTO, "Your mask “mask.png” cannot be used.")
    for weights, why in (("1", "2 styles but 1 weights"), ("2; x", "“x” is not a weight")):
        sent = await fill_in(bot, form, {**filled, "weights": weights})
        await refusal(bot, sent, why, *words, offers=["Open the form again"])


async def test_of_the_form_of_a_message(bot: Stage) -> None:
    ada, mine = bot.chat.person("Ada"), bot.chat.person("Ada").dm
    message = await ada.say("", [Upload("cat.jpg", PHOTO.data)], channel=mine)
    form = await ada.use("Stylize this…", message, channel=mine)
    values = {"strength": "lots", "upload": [NO_PICTURE], "named": ["Night wind"]}
    told = await whispered(bot, await fill_in(bot, form, values))
    assert "Strength is a whole number from 0 to 100, not “lots”." in told["content"]
    assert "not both" in told["content"]
    assert "Your style picture “notes.png” cannot be used." in told["content"]
    assert bot.spool == []


async def test_of_the_form_of_a_style(bot: Stage) -> None:
    shown = Card(bot, await order(bot, "style show", name="Night wind"))
    await until(lambda: "Paint with it…" in buttons(shown.now))
    form = await bot.chat.person("Ada").press(shown.id, "shelf-use:Night wind")
    sent = await fill_in(bot, form, {"photo": [NO_PICTURE], "strength": "101"})
    words = ("Strength is a whole number from 0 to 100, not “101”.", BAD_PHOTO)
    await refusal(bot, sent, *words, offers=["Open the form again"])


async def test_of_the_form_behind_change(bot: Stage) -> None:
    asked = await order(bot, content=PHOTO, style=STYLE, size=4096)
    card = await refusal(bot, asked, TOO_LARGE, offers=["Try again", "Change…"])
    form = await change(bot, card)
    sent = await fill_in(bot, form, {"photo": [NO_PICTURE], "strength": "x", "size": "9"})
    words = ("Strength is a whole number", "The size is a whole number", BAD_PHOTO)
    await refusal(bot, sent, *words, offers=["Open the form again"])
