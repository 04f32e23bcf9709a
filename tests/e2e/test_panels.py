"""Panels that change things by menus and buttons: settings of one's own, styles of the shelf."""

from __future__ import annotations

from typing import Final

from localchat import MEMBER_PERMISSIONS, Interaction, Permission
from tests.e2e.playing import READY
from tests.e2e.support import PHOTO, STYLE, Card, Stage, buttons, until
from tests.e2e.test_forms import fill_in

MODERATOR: Final = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES


def said(stage: Stage, panel: Interaction) -> str:
    message = stage.chat.message(panel.response_message_id or 0)
    assert message.visible_to == panel.user.id
    return message.content


async def test_my_settings_by_menus_and_buttons(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    panel = await ada.run("my settings")
    at = panel.response_message_id or 0
    for menu, value, expected in (
        ("own-preset", "draft", "Preset: draft"),
        ("own-strength", "80", "Strength: 80"),
        ("own-size", "256", "Size: 256 px"),
        ("own-language", "de", "Stärke: 80"),
        ("own-language", "none", "Language: not set"),
        ("own-size", "none", "Size: not set"),
    ):
        await ada.press(at, menu, (value,))
        assert expected in said(bot, panel)
    await ada.press(at, "own-private:on")
    assert "Results: for me alone" in said(bot, panel)
    await ada.press(at, "own-reset")
    assert "Preset: not set" in said(bot, panel)
    assert "Results: public" in said(bot, panel)


async def test_the_last_style_is_told_as_it_is(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    assert "Last style: not set" in said(bot, await ada.run("my settings"))
    told = await ada.use("Use as style", await ada.say("", [STYLE]))
    await until(lambda: "is your style now" in said(bot, told))
    panel = await ada.run("my settings")
    assert said(bot, panel).endswith("Last style: “waves.png”")
    for name in bot.spool:
        (bot.settings.data_dir / "spool" / name).unlink()
    panel = await ada.run("my settings")
    assert said(bot, panel).endswith("Last style: “waves.png” (it is not kept any more)")
    told = await ada.use("Use as style", await ada.say("", [STYLE]))
    await until(lambda: "is your style now" in said(bot, told))
    taken = await bot.chat.person("Mo", MODERATOR).run("style takedown", {"picture": STYLE})
    await until(lambda: bool(taken.followup_ids) or "cannot be used" in said(bot, taken))
    panel = await ada.run("my settings")
    assert said(bot, panel).endswith("Last style: “waves.png” (it was taken down here)")
    await ada.press(panel.response_message_id or 0, "own-forget")
    assert said(bot, panel).endswith("Last style: not set")


async def test_a_style_of_the_list_is_pressed(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    shelf = Card(bot, await ada.run("style list"))
    await until(lambda: bool(shelf.states) and bool(shelf.now["components"]))
    assert list(buttons(shelf.now))[:2] == ["1 · Night wind", "2 · Stained glass"]
    form = await ada.press(shelf.id, buttons(shelf.now)["2 · Stained glass"]["custom_id"])
    card = Card(bot, await fill_in(bot, form, {"photo": [PHOTO], "strength": "60"}))
    await card.until(READY)
    assert "strength 60" in card.text
    (asked,) = (each for each in bot.requests if each["job"] == card.job_id)
    assert asked["style_names"] == ["Stained glass"]
