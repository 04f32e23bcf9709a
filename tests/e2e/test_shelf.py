"""The style shelf as people in the local chat use it."""

from __future__ import annotations

import asyncio
import io
import re
import sqlite3
from contextlib import closing
from typing import Any, Final

import pytest
from PIL import Image, ImageOps

from backend.examples import list_examples
from localchat import MEMBER_PERMISSIONS, Interaction, Permission, Upload
from tests.corpus.bad import bad
from tests.e2e.support import PHOTO, STYLE, Card, Option, Stage, buttons, gallery, texts, until
from tests.e2e.test_forms import fill_in

MODERATOR: Final = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES
STARTERS: Final = [example.path for example in list_examples() if example.kind == "style"]
WAVE: Final = Upload("wave.jpg", STARTERS[2].read_bytes(), "image/jpeg")


def _mirrored(upload: Upload) -> Upload:
    file = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(upload.data))).resize((320, 320)).save(file, "PNG")
    return Upload("fresh.png", file.getvalue(), "image/png")


async def _answer(stage: Stage, interaction: Interaction) -> dict[str, Any]:
    """Return the finished answer, which only who asked can see; `content` or components."""
    message_id = interaction.response_message_id

    def told() -> bool:
        message = stage.chat.find_message(message_id or 0)
        return message is not None and bool(message.content or message.components)

    await until(told)
    message = stage.chat.message(message_id or 0)
    assert message.visible_to == interaction.user.id
    return dict(stage.chat.message_json(message))


def _now(stage: Stage, message_id: int) -> dict[str, Any]:
    return dict(stage.chat.message_json(message_id))


async def _style(
    stage: Stage,
    command: str,
    who: str = "Ada",
    permissions: Permission = MEMBER_PERMISSIONS,
    **options: Any,
) -> dict[str, Any]:
    person = stage.chat.person(who, permissions)
    return await _answer(stage, await person.run(f"style {command}", options))


def _words(message: dict[str, Any]) -> str:
    return message["content"] or "\n".join(texts(message["components"]))


async def _names(stage: Stage, typed: str = "") -> list[str]:
    found = await stage.chat.person("Bob").autocomplete("style show", "name", typed)
    return [choice["name"] for choice in found]


async def test_a_style_comes_and_goes(bot: Stage) -> None:
    added = await _style(bot, "add", name="Great *wave*", picture=STYLE)
    assert "is not among them" in _words(added)
    added = await _style(bot, "add", name="Great wave", picture=STYLE, credit="*Hokusai* <@1>")
    assert "On the shelf" in _words(added)
    assert len(gallery(added)) == 1
    assert gallery(added)[0]["description"] == "The style “Great wave”"
    shown = await _style(bot, "show", "Bob", name="great WAVE")
    assert r"credit: \*Hokusai\*" in _words(shown)
    assert not shown["mentions"]
    assert await _names(bot, "wav") == ["Great wave", "Woodblock wave"]
    refused = await _style(bot, "remove", "Bob", name="Great wave")
    assert "Only who added this style" in _words(refused)
    renamed = await _style(bot, "rename", name="Great wave", new_name="Small wave")
    assert "“Great wave” is called “Small wave” now" in _words(renamed)
    removed = await _style(bot, "remove", "Mo", MODERATOR, name="small wave")
    assert "off the shelf" in _words(removed)
    assert "Small wave" not in await _names(bot)
    gone = await _style(bot, "show", name="Small wave")
    assert "no such style" in _words(gone)


async def test_pages_turn_after_a_restart(stage: Stage) -> None:
    async with stage.bot():
        await asyncio.gather(
            *(_style(stage, "add", name=f"Copy {n}", picture=_shade(n)) for n in range(3))
        )
        first = await _style(stage, "list", "Bob")
        assert "11 styles" in _words(first)
        assert "Page 1 of 2" in _words(first)
        assert len(gallery(first)) == 9
        assert buttons(first)["Back"]["disabled"]
    async with stage.bot():
        message_id = int(first["id"])
        await stage.chat.person("Bob").press(message_id, buttons(first)["Next"]["custom_id"])
        await until(lambda: "Page 2" in _words(_now(stage, message_id)))
        second = _now(stage, message_id)
        assert len(gallery(second)) == 2
        assert "11. **Pencil valley**" in _words(second)
        assert buttons(second)["Next"]["disabled"]


async def test_moderators_approve_when_the_server_wants_it(stage: Stage) -> None:
    manager = MODERATOR | Permission.MANAGE_GUILD
    async with stage.bot():
        await _answer(
            stage,
            await stage.chat.person("Mo", manager).run("settings change", {"shelf_approval": True}),
        )
        for n in range(2):
            sent = await _style(stage, "add", name=f"Style {n}", picture=_shade(n))
            assert "Sent to the moderators" in _words(sent)
        assert not [name for name in await _names(stage) if name.startswith("Style")]
        refused = await _style(stage, "pending", "Bob")
        assert "Only moderators" in _words(refused)
        waiting = await _style(stage, "pending", "Mo", MODERATOR)
        assert "Style 0" in _words(waiting)
    async with stage.bot():
        presses = _all_buttons(waiting["components"])
        mo = stage.chat.person("Mo", MODERATOR)
        await mo.press(int(waiting["id"]), presses[0])
        await until(lambda: "Style 0" not in _words(_now(stage, int(waiting["id"]))))
        await mo.press(int(waiting["id"]), presses[3])
        await until(lambda: "Nothing is waiting" in _words(_now(stage, int(waiting["id"]))))
        assert [name for name in await _names(stage) if name.startswith("Style")] == ["Style 0"]


async def test_a_takedown_covers_copies(bot: Stage) -> None:
    await _style(bot, "add", name="Mine", picture=_mirrored(WAVE))
    refused = await _style(bot, "takedown", picture=WAVE)
    assert "Only moderators" in _words(refused)
    neither = await _style(bot, "takedown", "Mo", MODERATOR)
    assert "either the picture or the name" in _words(neither)
    done = await _style(bot, "takedown", "Mo", MODERATOR, picture=WAVE)
    assert "Gone from the shelf: “Mine”" in _words(done)
    again = await _style(bot, "add", name="Mine again", picture=_mirrored(WAVE))
    assert "looks like a picture that was taken down" in _words(again)
    card = await bot.stylize(style=_mirrored(WAVE))
    await card.until("That did not work")
    assert "looks like a picture that was taken down" in card.text
    assert bot.shelf == []
    assert bot.spool == []


async def test_taking_down_a_style_in_use(bot: Stage) -> None:
    await _style(bot, "add", name="Mine", picture=WAVE)
    bot.hold()
    ada = bot.chat.person("Ada")
    options: dict[str, Option] = {"content": PHOTO, "style_name": "mine", "size": 64}
    cards = []
    for state in ("Painting", "Waiting"):
        cards.append(Card(bot, await ada.run("stylize", options)))
        await cards[-1].until(state)
    sent, other = [await bot.stylize("Bob", style=style) for style in (_mirrored(WAVE), STYLE)]
    for card in (sent, other):
        await card.until("Waiting")
    await _style(bot, "takedown", "Mo", MODERATOR, name="Mine")
    for card in (cards[1], sent):  # whose style was sent along, too
        await card.until("could not be painted")
        assert "was taken down before your picture's turn came" in card.text
    bot.release()
    for card in (cards[0], other):
        await card.until("Your picture is ready")
    take = buttons(cards[0].now)["Another version"]["custom_id"]
    again = bot.answer_to(await ada.press(cards[0].id, take))
    assert "looks like a picture that was taken down" in again
    missing = await _style(bot, "show", name="Mine")
    assert "no such style" in _words(missing)


async def test_a_takedown_can_be_undone_after_a_restart(stage: Stage) -> None:
    async with stage.bot():
        done = await _style(stage, "takedown", "Mo", MODERATOR, name="Woodblock wave")
        (undo,) = _all_buttons(done["components"])
    async with stage.bot():
        message_id = int(done["id"])
        mo = stage.chat.person("Mo", MODERATOR)
        assert await _names(stage, "wood") == []
        demoted = await stage.chat.person("Mo", MEMBER_PERMISSIONS).press(message_id, undo)
        assert "Only moderators" in _words(await _answer(stage, demoted))
        mo = stage.chat.person("Mo", MODERATOR)
        said = [_words(await _answer(stage, await mo.press(message_id, undo))) for _ in range(2)]
        assert said[0].startswith("This picture may be used as a style again.")
        assert said[1] == "This picture is not banned in this server any more."
        assert await _names(stage, "wood") == ["Woodblock wave"]


async def test_a_starter_style_can_be_taken_down(bot: Stage) -> None:
    assert await _names(bot, "wood") == ["Woodblock wave"]
    await _style(bot, "add", name="Mine", picture=_mirrored(WAVE))
    done = await _style(bot, "takedown", "Mo", MODERATOR, name="Woodblock wave")
    assert "Gone from the shelf: “Mine” and “Woodblock wave”." in _words(done)
    assert await _names(bot, "wood") == []
    assert "Woodblock wave" not in _words(await _style(bot, "list"))
    assert "7 styles" in _words(await _style(bot, "list"))


async def test_who_moderates_one_channel_does_not_decide_about_the_shelf(bot: Stage) -> None:
    """Bots for temporary rooms give everybody Manage Messages in their own one."""
    ada, room = bot.chat.person("Ada"), bot.chat.add_channel("adas-room").id
    bot.chat.allow(ada, Permission.MANAGE_MESSAGES | Permission.MANAGE_GUILD, room)
    await _style(bot, "add", "Bob", name="Mine", picture=STYLE)
    for command, options in (
        ("style takedown", {"name": "Night wind"}),
        ("style remove", {"name": "Mine"}),
        ("style pending", {}),
    ):
        refused = await _answer(bot, await ada.run(command, options, channel=room))
        assert "moderators" in _words(refused), command
    refused = await _answer(bot, await ada.run("settings reset", channel=room))
    assert "who may manage this server" in _words(refused)
    assert {"Night wind", "Mine"} <= set(await _names(bot))
    owner = bot.chat.person("Eve", MEMBER_PERMISSIONS | Permission.ADMINISTRATOR)
    done = await _answer(bot, await owner.run("style takedown", {"name": "Night wind"}))
    assert "Gone from the shelf" in _words(done)


async def test_a_takedown_can_be_undone_after_the_name_was_taken(bot: Stage) -> None:
    ada, mo = bot.chat.person("Ada"), bot.chat.person("Mo", MODERATOR)
    done = await _style(bot, "takedown", "Mo", MODERATOR, name="Woodblock wave")
    await _style(bot, "add", name="Woodblock wave", picture=STYLE)
    (undo,) = _all_buttons(done["components"])
    await _answer(bot, await mo.press(int(done["id"]), undo))
    assert await _names(bot, "wood") == ["Woodblock wave"]
    assert "8 styles" in _words(await _style(bot, "list"))
    opened = await ada.run("compose", {"size": 64})
    values = {"photo": [PHOTO], "named": ["Woodblock wave"]}
    await Card(bot, await fill_in(bot, opened, values)).until("Your picture is ready")
    assert "off the shelf" in _words(await _style(bot, "remove", name="Woodblock wave"))
    shown = await _style(bot, "show", name="Woodblock wave")
    assert "starter style" in _words(shown)


async def test_a_restart_paints_nothing_in_a_style_that_was_taken_down_meanwhile(
    stage: Stage,
) -> None:
    stage.hold()
    async with stage.bot():
        await _style(stage, "add", name="Mine", picture=WAVE)
        options: dict[str, Option] = {"content": PHOTO, "style_name": "Mine", "size": 64}
        card = Card(stage, await stage.chat.person("Ada").run("stylize", options))
        await stage.until_runs(1)
        await _style(stage, "takedown", "Mo", MODERATOR, picture=WAVE)
    async with stage.bot():
        await card.until("Your picture cannot be posted")
    assert "looks like a picture that was taken down here" in card.text
    assert len(stage.runs) == 1


async def test_a_removed_style_is_still_painted_with(bot: Stage) -> None:
    await _style(bot, "add", name="Mine", picture=STYLE)
    bot.hold()
    await (await bot.stylize("Bob")).until("Painting")
    options: dict[str, Option] = {"content": PHOTO, "style_name": "Mine", "size": 64}
    card = Card(bot, await bot.chat.person("Ada").run("stylize", options))
    await card.until("Waiting")
    await _style(bot, "remove", name="Mine")
    bot.release()
    await card.until("Your picture is ready")


@pytest.mark.parametrize("name", ["empty.png", "text.png", "cut.jpeg", "bomb.png", "film.mp4"])
async def test_what_is_no_picture_is_refused(bot: Stage, name: str) -> None:
    sample = next(sample for sample in bad() if sample.name == name)
    upload = Upload(name, sample.data, "image/png")
    refused = [
        await _style(bot, "add", name="Wave", picture=upload),
        await _style(bot, "takedown", "Mo", MODERATOR, picture=upload),
    ]
    ada = bot.chat.person("Ada")
    used = await _answer(bot, await ada.use("Use as style", await ada.say("", [upload])))
    refused.append(used)
    for each in refused:
        assert f"Your style picture “{name}” cannot be used. " in _words(each)
        assert re.search(sample.words, _words(each))
    assert bot.spool == []


def _shade(number: int) -> Upload:
    file = io.BytesIO()
    image = Image.new("RGB", (64, 64), (number * 40, 90, 120))
    image.paste("black", (0, 0, 32, 64))
    image.save(file, "PNG")
    return Upload(f"shade-{number}.png", file.getvalue(), "image/png")


def _all_buttons(node: list[dict[str, Any]]) -> list[str]:
    found = []
    for component in node:
        if component["type"] == 2:
            found.append(component["custom_id"])
        found += _all_buttons(component.get("components", []))
    return found


async def test_where_there_is_no_shelf(bot: Stage) -> None:
    elsewhere = bot.chat.add_guild("Elsewhere", (), has_bot=False)
    lounge = bot.chat.add_channel("lounge", guild=elsewhere).id
    ada = bot.chat.person("Ada")
    ada.install()
    for place in (ada.dm, lounge):
        said = await _answer(
            bot, await ada.run("style add", {"name": "Mine", "picture": STYLE}, channel=place)
        )
        assert "in servers only" in _words(said)
        shown = await _answer(bot, await ada.run("style list", channel=place))
        assert "8 styles" in _words(shown)


async def test_an_empty_shelf(bot: Stage) -> None:
    card = await bot.stylize()
    await card.until("Your picture is ready")
    for name in await _names(bot):
        await _style(bot, "takedown", "Mo", MODERATOR, name=name)
    shown = await _style(bot, "list")
    assert _words(shown) == "### Style shelf · 0 styles\nNothing here yet."
    assert buttons(shown) == {}
    eve = bot.chat.person("Eve")
    panel = await _answer(
        bot, await eve.press(card.id, buttons(card.now)["Another style…"]["custom_id"])
    )
    assert list(buttons(panel)) == ["Upload a style…", "Surprise me"]
    chance = await eve.press(int(panel["id"]), buttons(panel)["Surprise me"]["custom_id"])
    assert "too few styles" in _words(await _answer(bot, chance))
    opened = await eve.run("compose", {"size": 64})
    values = {"photo": [PHOTO], "styles": [STYLE]}
    await Card(bot, await fill_in(bot, opened, values, "Eve")).until("Your picture is ready")


async def test_a_hundred_styles(stage: Stage) -> None:
    async with stage.bot():
        await _style(stage, "add", name="Style 000", picture=STYLE)
    with closing(sqlite3.connect(stage.settings.data_dir / "jobs.sqlite")) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(styles)")]
        other = {"name": "printf('Style %03d', i)", "name_key": "printf('style %03d', i)"}
        other["id"] = "printf('%016d', i)"
        given = ", ".join(other.get(name, name) for name in columns)
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99) "
            f"INSERT INTO styles ({', '.join(columns)}) SELECT {given} FROM styles, n"
        )
        database.commit()
    async with stage.bot():
        shown = await _style(stage, "list", page=100_000)
        assert "108 styles" in _words(shown)
        assert "Page 12 of 12" in _words(shown)
        assert "108. **" in _words(shown)
        shown = await _style(stage, "list", "Eve", page=6)
        eve = stage.chat.person("Eve")
        form = await eve.press(int(shown["id"]), buttons(shown)["50 · Style 049"]["custom_id"])
        card = Card(stage, await fill_in(stage, form, {"photo": [PHOTO]}, "Eve"))
        await card.until("Your picture is ready")
        assert stage.requests[-1]["style_names"] == ["Style 049"]
        restyled = buttons(card.now)["Another style…"]["custom_id"]
        panel = await _answer(stage, await eve.press(card.id, restyled))
        assert list(buttons(panel))[:6] == [f"{n + 1} · Style {n:03}" for n in range(6)]
