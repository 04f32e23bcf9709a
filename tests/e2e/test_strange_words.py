"""What people type where they can, however strange: a clear answer, and nothing in the log.

That nobody is woken by it is checked at the end of every test (`tests/e2e/pings.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import pytest

from backend.errors import FAULT
from localchat import MEMBER_PERMISSIONS, InvalidInput, Permission
from tests.e2e.playing import READY, from_menu
from tests.e2e.support import PHOTO, STYLE, Card, Stage, buttons, gallery, texts, until
from tests.e2e.test_composing import compose
from tests.e2e.test_forms import fill_in

BOSS: Final = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES | Permission.MANAGE_GUILD
STRANGE: Final = (
    " \t\u200b\u2060 ",
    "\x00\x07\x1b[31m \u202egnp.exe",
    "@everyone @here <@{bob}> <@!{bob}> <@&{bob}> <#{bob}> </stylize:1>",
    "# **b** _i_ ~~s~~ ||x|| `c`\n> [a](https://example.org)\n../../etc/passwd",
    "'; DROP TABLE styles; --\" % _",
    "\N{WATER WAVE}a" + "\N{COMBINING ACUTE ACCENT}" * 50,
    "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 100,
    "x" * 4001,
)
NUMBERS: Final = ("1e9", "NaN", "-0", "1,5", "0x10", "\N{ARABIC-INDIC DIGIT THREE}", "²", "")
Say = Callable[[Stage, str], Awaitable[str]]


async def _answer(stage: Stage, interaction: Any) -> str:
    """All words of an answer, once they are there."""

    def said() -> str:
        ids = (interaction.response_message_id, *interaction.followup_ids)
        found = filter(None, (stage.chat.find_message(each or 0) for each in ids))
        shown = [stage.chat.message_json(message) for message in found]
        return "\n".join(each["content"] or "\n".join(texts(each["components"])) for each in shown)

    await until(lambda: bool(said()) and "Looking at your pictures" not in said())
    return said()


def _command(command: str, option: str, **others: Any) -> Say:
    async def say(stage: Stage, text: str) -> str:
        boss = stage.chat.person("Mo", BOSS)
        return await _answer(stage, await boss.run(command, {**others, option: text}))

    return say


async def _weights(stage: Stage, text: str) -> str:
    card = await compose(stage, styles=[STYLE], weights=text)
    return await _answer(stage, card.interaction)


async def _numbers(stage: Stage, text: str) -> str:
    mo = stage.chat.person("Mo", BOSS)
    panel = await mo.run("settings show")
    form = await mo.press(panel.response_message_id or 0, "set-numbers")
    return await _answer(stage, await mo.submit(form, {"cooldown": text}))


def _form(label: str, field: str) -> Say:
    """Return a form of a finished picture."""

    async def say(stage: Stage, text: str) -> str:
        ran = stage.chat.interactions
        cards = [Card(stage, each) for each in ran if each.data.get("name") == "stylize"]
        card = cards[0] if cards else await stage.stylize("Ada")
        await card.until(READY)
        return await _answer(
            stage, await fill_in(stage, await from_menu(stage, card, label), {field: text})
        )

    return say


async def _shelve(stage: Stage, text: str) -> str:
    mo = stage.chat.person("Mo", BOSS)
    told = await mo.use("Use as style", await mo.say("", [STYLE]))
    await _answer(stage, told)
    message = stage.chat.message(told.response_message_id or 0)
    button = buttons(stage.chat.message_json(message))["Add it to the shelf…"]
    form = await mo.press(message.id, button["custom_id"])
    said = await _answer(stage, await fill_in(stage, form, {"name": "Kept", "credit": text}, "Mo"))
    await mo.run("style remove", {"name": "Kept"})
    form = await mo.press(message.id, button["custom_id"])
    said += await _answer(stage, await fill_in(stage, form, {"name": text}, "Mo"))
    return said


PLACES: Final[dict[str, Say]] = {
    "/stylize style_name": _command("stylize", "style_name", content=PHOTO, size=64),
    "/stylize preset": _command("stylize", "preset", content=PHOTO, style=STYLE),
    "/stylize colours": _command("stylize", "colours", content=PHOTO, style=STYLE),
    "/compose preset": _command("compose", "preset"),
    "/style add name": _command("style add", "name", picture=STYLE),
    "/style add credit": _command("style add", "credit", name="Wave", picture=STYLE),
    "/style show": _command("style show", "name"),
    "/style rename": _command("style rename", "name", new_name="Another"),
    "/style rename new_name": _command("style rename", "new_name", name="Mine"),
    "/style remove": _command("style remove", "name"),
    "/style takedown": _command("style takedown", "name"),
    "/settings change preset": _command("settings change", "preset"),
    "/my settings preset": _command("my settings", "preset"),
    "add to the shelf": _shelve,
    "Write alt text…": _form("Write alt text…", "text"),
}
NUMERIC: Final[dict[str, Say]] = {
    "weights": _weights,
    "numbers of a server": _numbers,
    "Change… strength": _form("Change…", "strength"),
}


@pytest.mark.parametrize("place", PLACES | NUMERIC)
async def test_whatever_is_typed_is_answered(bot: Stage, place: str) -> None:
    bob = bot.chat.person("Bob").user
    await _command("style add", "name", picture=PHOTO)(bot, "Mine")
    for text in NUMBERS if place in NUMERIC else STRANGE:
        try:
            said = await (PLACES | NUMERIC)[place](bot, text.format(bob=bob.id))
        except InvalidInput:
            continue  # the chat itself does not let anybody send this
        assert said
        assert str(FAULT) not in said, text
        assert "\x00" not in said
        assert "\u202e" not in said


@pytest.mark.parametrize(
    ("command", "option"),
    [("stylize", "style_name"), ("style show", "name"), ("stylize", "size")],
)
async def test_whatever_is_being_typed_is_completed(bot: Stage, command: str, option: str) -> None:
    mo = bot.chat.person("Mo", BOSS)
    for text in (*STRANGE, "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 4000):
        assert isinstance(await mo.autocomplete(command, option, text), list)


async def test_what_was_typed_into_a_form_is_not_lost(stage: Stage) -> None:
    async with stage.bot():
        ada = stage.chat.person("Ada")
        told = await ada.use("Use as style", await ada.say("", [STYLE]))
        await _answer(stage, told)
        first = Card(stage, told)
        form = await ada.press(first.id, buttons(first.now)["Add it to the shelf…"]["custom_id"])
        refused = Card(
            stage, await fill_in(stage, form, {"name": "@everyone", "credit": "Hokusai"})
        )
        await until(lambda: "is not among them" in refused.now["content"])
        again = buttons(refused.now)["Open the form again"]["custom_id"]
        form = await ada.press(refused.id, again)
        assert _filled_in(form) == ["@everyone", "Hokusai"]
        kept = await _answer(stage, await fill_in(stage, form, {"name": "Wave"}))
        assert kept == "“Wave” is on the shelf."
        show = await _answer(stage, await ada.run("style show", {"name": "Wave"}))
        assert "credit: Hokusai" in show
        twice = await ada.press(refused.id, again)  # as long as nobody restarts the bot
        assert _filled_in(twice) == ["@everyone", "Hokusai"]
    async with stage.bot():
        late = await _answer(stage, await ada.press(refused.id, again))
        assert "The bot was restarted while this form was open" in late


async def test_pictures_in_a_form_are_not_lost(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    refused = await compose(bot, styles=[STYLE], named=["Night wind"], weights="1, 2, 3")
    await until(lambda: bool(refused.now["content"]))
    form = await ada.press(refused.id, buttons(refused.now)["Open the form again"]["custom_id"])
    assert form.modal is not None
    labels = form.modal["components"]
    assert labels[0]["description"] == "Leave it empty to keep cat.jpg."
    assert labels[1]["description"] == "Leave it empty to keep waves.png."
    assert [each["value"] for each in labels[2]["component"]["options"] if each["default"]] == [
        "Night wind"
    ]
    still = Card(bot, await fill_in(bot, form, {"weights": "none"}))
    await until(lambda: "is not a weight" in still.now["content"])
    form = await ada.press(still.id, buttons(still.now)["Open the form again"]["custom_id"])
    other = STYLE._replace(filename="other.png")
    card = Card(bot, await fill_in(bot, form, {"weights": "3; 1", "styles": [other]}))
    final = await card.until(READY)
    assert "strength 60 · 64 px" in card.text
    shown = [item["description"] for item in gallery(final)]
    assert any("cat.jpg" in each for each in shown)
    assert any("other.png" in each for each in shown)
    assert not any("waves.png" in each for each in shown)


async def test_a_draft_is_its_writers_alone(bot: Stage) -> None:
    refused = await compose(bot, styles=[STYLE], weights="x")
    await until(lambda: bool(refused.now["content"]))
    again = buttons(refused.now)["Open the form again"]["custom_id"]
    bob = bot.chat.person("Bob")
    message = bot.chat.message((await bob.run("my delete")).response_message_id or 0)
    rename(message.components, f"erase-keep:{bob.user.id}", again)
    assert "open it again" in await _answer(bot, await bob.press(message.id, again))


def _filled_in(form: Any) -> list[str]:
    return [label["component"].get("value") for label in form.modal["components"]]


@pytest.mark.parametrize(
    "custom_id", ["set-nothing:on", "shelf-burn:1", "old", "again:xyz", "erase-all:1"]
)
async def test_controls_that_nobody_knows_are_answered(bot: Stage, custom_id: str) -> None:
    mo = bot.chat.person("Mo", BOSS)
    panel = await mo.run("settings show")
    message = bot.chat.message(panel.response_message_id or 0)
    rename(message.components, "set-numbers", custom_id)
    said = await _answer(bot, await mo.press(message.id, custom_id))
    assert "of another version of the bot" in said


async def test_made_up_buttons_do_no_harm(bot: Stage) -> None:
    bob = bot.chat.person("Bob")
    for custom_id, words in {
        "shelf-approve:0000": "Only moderators",
        "shelf-pending:0": "Only moderators",
        f"erase-delete:{bot.chat.person('Ada').user.id}": "Only <@",
        "set-spoiler:on": "Only people who may manage this server",
        "set-numbers": "Only people who may manage this server",
        "stop:0000": "not kept any more",
    }.items():
        asked = await bob.run("my delete")
        message = bot.chat.message(asked.response_message_id or 0)
        own = f"erase-keep:{bob.user.id}"
        rename(message.components, own, custom_id)
        assert words in await _answer(bot, await bob.press(message.id, custom_id)), custom_id


def rename(components: Iterable[Any], old: str, new: str) -> None:
    """Let a button of a message say that it is another one."""
    for each in components:
        if each.get("custom_id") == old:
            each["custom_id"] = new
        rename(each.get("components", []), old, new)
