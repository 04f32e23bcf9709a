"""Forms that stay open while the bot restarts, are sent twice, or were never shown to who sends."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from localchat import Interaction, Upload
from tests.e2e.playing import READY, from_menu, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Option, Stage, buttons, gallery
from tests.e2e.test_composing import RED, WHITE
from tests.e2e.test_settings import MANAGER

OPEN_AGAIN = "The bot was restarted while this form was open and cannot read it any more."


class Restarting:
    """A bot that can be ended and started again."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._running = AsyncExitStack()

    async def start(self) -> None:
        await self._running.enter_async_context(self.stage.bot())

    async def restart(self) -> None:
        await self._running.aclose()
        await self.start()

    async def __aenter__(self) -> Restarting:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._running.aclose()


async def fill_in(
    stage: Stage, form: Interaction, values: dict[str, Any], who: str = "Ada"
) -> Interaction:
    """Submit a form with values by the first part of their fields' names."""
    assert form.modal is not None
    ids = [label["component"]["custom_id"] for label in form.modal["components"]]
    by_name = {custom_id.partition(":")[0]: custom_id for custom_id in ids}
    filled = {by_name[name]: value for name, value in values.items()}
    return await stage.chat.person(who).submit(form, filled)


async def done(stage: Stage, **options: Any) -> Card:
    """Return a finished picture of Ada's."""
    card = await stage.stylize("Ada", strength=50, seed=7, **options)
    await card.until(READY)
    return card


async def test_compose(stage: Stage) -> None:
    async with Restarting(stage) as bot:
        given: dict[str, Option] = {
            "preset": "draft",
            "strength": 60,
            "size": 64,
            "colours": "covariance",
            "seed": 4294967295,
            "private": False,
            "spoiler": True,
        }
        form = await stage.chat.person("Ada").run("compose", given)
        await bot.restart()
        values = {"photo": [PHOTO], "styles": [STYLE, RED], "weights": "3, 1", "mask": [WHITE]}
        card = Card(stage, await fill_in(stage, form, values))
        final = await card.until(READY)
        assert "draft · strength 60 · 64 px · photo's colours, as a tint" in card.text
        assert gallery(final)[0]["spoiler"]
        assert len(gallery(final)) == 5


async def test_stylize_this(stage: Stage) -> None:
    async with Restarting(stage) as bot:
        message = await stage.chat.person("Bob").say("look", [Upload("a b-ä.jpg", PHOTO.data)])
        form = await stage.chat.person("Ada").use("Stylize this…", message)
        await bot.restart()
        values = {"named": ["Night wind"], "strength": "80", "colours": ["photo"]}
        card = Card(stage, await fill_in(stage, form, values))
        await card.until(READY)
        assert "strength 80 · 512 px · photo's colours" in card.text


async def test_stylize_what_was_forwarded(bot: Stage) -> None:
    """A photo from a channel of which the bot is no part, and a card of the bot's own."""
    bob = bot.chat.person("Bob")
    hers = bot.chat.person("Ada").dm_with(bob)
    photo = await bob.say("look", [PHOTO], channel=hers)
    card = await done(bot)
    for message in (photo, card.id):
        forwarded = await bob.forward(message, "gallery")
        await bob.delete(photo) if message == photo else None
        form = await bot.chat.person("Ada").use("Stylize this…", forwarded, channel="gallery")
        if message == card.id:  # of the forwarded card's three pictures the result
            form = await bot.chat.person("Ada").press(
                form.response_message_id or 0, "pick-photo", ["0"]
            )
        await Card(bot, await fill_in(bot, form, {"upload": [STYLE]})).until(READY)


async def test_stylize_this_with_a_very_long_link(stage: Stage) -> None:
    async with Restarting(stage) as bot:
        message = await stage.chat.person("Bob").say("", [Upload("W" * 180 + ".jpg", PHOTO.data)])
        form = await stage.chat.person("Ada").use("Stylize this…", message)
        await bot.restart()
        card = Card(stage, await fill_in(stage, form, {"upload": [STYLE]}))
        await card.until(READY)


async def test_change(stage: Stage) -> None:
    async with Restarting(stage) as bot:
        card = await done(stage)
        form = await from_menu(stage, card, "Change…")
        await bot.restart()
        child = Card(stage, await fill_in(stage, form, {"preset": ["fine"], "strength": "20"}))
        await child.until(READY)
        assert "fine · strength 20 · 64 px" in child.text


async def test_describe(stage: Stage) -> None:
    async with Restarting(stage) as bot:
        card = await done(stage)
        form = await from_menu(stage, card, "Write alt text…")
        await bot.restart()
        said = await fill_in(stage, form, {"text": "A cat on a wave"})
        assert "Saved." in (await whispered(stage, said))["content"]
        assert gallery(card.now)[0]["description"] == "A cat on a wave"


async def test_numbers_of_a_server(stage: Stage) -> None:
    async with Restarting(stage) as bot:
        mo = stage.chat.person("Mo", MANAGER)
        panel = Card(stage, await mo.run("settings show"))
        form = await mo.press(panel.id, "set-numbers")
        await bot.restart()
        await mo.submit(form, {"max_size": "256"})
        assert "Largest size (px): **256**" in panel.text
        # What nobody touched goes on following the host.
        stage.settings = stage.settings.model_copy(update={"jobs_per_person": 3})
        await bot.restart()
        panel = Card(stage, await mo.run("settings show"))
        assert "Pictures per person at a time: **3**" in panel.text


async def test_report(stage: Stage) -> None:
    async with Restarting(stage) as bot:
        card = await done(stage)
        channel = stage.chat.channel("gallery").id
        await stage.chat.person("Mo", MANAGER).run("settings reports", {"channel": channel})
        form = await stage.chat.person("Bob").use("Report this picture", card.id)
        await bot.restart()
        sent = await fill_in(stage, form, {"reason": "It is mine."}, "Bob")
        assert "have your report" in (await whispered(stage, sent))["content"]
        last = [each for each in stage.chat.all_messages() if each.channel_id == channel][-1]
        assert last.content.endswith("> It is mine.")


async def test_add_to_the_shelf(stage: Stage) -> None:
    async with Restarting(stage) as bot:
        message = await stage.chat.person("Bob").say("", [RED])
        eve = stage.chat.person("Eve")
        told = await whispered(stage, await eve.use("Use as style", message))
        form = await eve.press(int(told["id"]), buttons(told)["Add it to the shelf…"]["custom_id"])
        await bot.restart()
        said = await fill_in(stage, form, {"name": "Brick", "credit": "Bob"}, "Eve")
        assert (await whispered(stage, said))["content"] == "“Brick” is on the shelf."
        twice = await fill_in(stage, form, {"name": "Brick"}, "Eve")
        assert "on this shelf already" in (await whispered(stage, twice))["content"]


async def test_only_the_style_that_the_form_is_about_goes_on_the_shelf(bot: Stage) -> None:
    eve, gone = bot.chat.person("Eve"), "This is not your style any more"
    red = await bot.chat.person("Bob").say("", [RED])
    told = await whispered(bot, await eve.use("Use as style", red))
    button = buttons(told)["Add it to the shelf…"]["custom_id"]
    form = await eve.press(int(told["id"]), button)
    waves = await bot.chat.person("Bob").say("", [STYLE])
    await whispered(bot, await eve.use("Use as style", waves))
    said = await fill_in(bot, form, {"name": "Brick"}, "Eve")
    assert gone in (await whispered(bot, said))["content"]
    pressed = await eve.press(int(told["id"]), button)
    assert gone in (await whispered(bot, pressed))["content"]


async def test_no_shelf_is_filled_where_the_bot_is_no_member(bot: Stage) -> None:
    guild = bot.chat.add_guild("Elsewhere", (), has_bot=False)
    lounge = bot.chat.add_channel("lounge", guild=guild).id
    eve = bot.chat.person("Eve")
    eve.install()
    red = await bot.chat.person("Bob").say("", [RED], channel=lounge)
    told = await whispered(bot, await eve.use("Use as style", red))
    assert "is your style now" in told["content"]
    assert buttons(told) == {}
    refused = await eve.run("style add", {"name": "Brick", "picture": RED}, channel=lounge)
    assert "on the shelf" not in bot.answer_to(refused)


async def test_one_form_that_two_people_have_open(bot: Stage) -> None:
    card = await done(bot)
    forms = {who: await from_menu(bot, card, "Change…", who) for who in ("Ada", "Bob")}
    for who, strength in (("Bob", "33"), ("Ada", "66")):
        child = Card(bot, await fill_in(bot, forms[who], {"strength": strength}, who))
        await child.until(READY)
        assert f"strength {strength} ·" in child.text
        assert f"for <@{bot.chat.person(who).user.id}>" in child.text


async def test_a_form_sent_twice_is_two_orders(bot: Stage) -> None:
    form = await bot.chat.person("Ada").run("compose", {"size": 64})
    values = {"photo": [PHOTO], "styles": [STYLE]}
    cards = [Card(bot, await fill_in(bot, form, values)) for _ in range(2)]
    for card in cards:
        await card.until(READY)
    assert cards[0].job_id != cards[1].job_id


async def forged(stage: Stage, form: Interaction, address: str, who: str = "Ada") -> str:
    """Return the answer to a form whose custom_id somebody made up."""
    assert form.modal is not None
    form.modal["custom_id"] = address
    answer = await stage.chat.person(who).submit(form, {})
    # An invisible sign keeps what looks like a mention from being one.
    return str((await whispered(stage, answer))["content"]).replace("\u200b", "")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("rubbish", OPEN_AGAIN),
        ("9e1f" * 8, OPEN_AGAIN),  # what discord.py makes up; as of an older version of the bot
        ("change:0000000000000000", "This picture is not kept any more"),
        ("change:../../etc", OPEN_AGAIN),
        ("alt:{job}", OPEN_AGAIN),  # a form with other fields
        ("numbers", "Only people who may manage this server"),
        ("stylize:ftp://example.org/cat.jpg", OPEN_AGAIN),
        ("compose:9999999999:64:5:::draft:", "strength must be a whole number"),
        ("compose::64::::@everyone:", "There is no preset “@everyone”"),
    ],
)
async def test_a_made_up_custom_id_is_answered(bot: Stage, address: str, words: str) -> None:
    card = await done(bot)
    form = await from_menu(bot, card, "Change…")
    assert words in await forged(bot, form, address.format(job=card.job_id))


async def test_a_made_up_link_is_not_followed(bot: Stage) -> None:
    message = await bot.chat.person("Bob").say("", [PHOTO])
    form = await bot.chat.person("Ada").use("Stylize this…", message)
    assert form.modal is not None
    for label in form.modal["components"]:
        field = label["component"]
        field["custom_id"] = field["custom_id"].partition(":")[0]
    form.modal["custom_id"] = "stylize:http://127.0.0.1:1/secret.jpg"
    card = Card(bot, await fill_in(bot, form, {"upload": [STYLE]}))
    await card.until("That did not work")
    assert "not an attachment of this chat" in card.text


async def test_rights_are_checked_when_a_form_comes_in(bot: Stage) -> None:
    card, secret = await done(bot), await done(bot, private=True)
    eve = bot.chat.person("Eve")
    theirs = await from_menu(bot, card, "Change…", "Eve")
    assert "There is no finished picture here." in await forged(
        bot, theirs, f"change:{secret.job_id}", "Eve"
    )
    alt = await from_menu(bot, card, "Write alt text…")
    elsewhere = bot.chat.channel("gallery").id
    for change in ({"user": eve.user}, {"channel_id": elsewhere}):
        moved = replace(alt, **change)
        told = await bot.chat.person(moved.user.display_name).submit(moved, {})
        assert "was opened in another place" in (await whispered(bot, told))["content"]
    alt.user = eve.user
    assert "Only <@" in await forged(bot, alt, f"alt:{card.job_id}", "Eve")
    gone = await from_menu(bot, card, "Change…")
    asked = Card(bot, await from_menu(bot, card, "Delete…"))
    erase = buttons(asked.now)["Delete it for good"]["custom_id"]
    await bot.chat.person("Ada").press(asked.id, erase)
    await asked.until("Deleted.")
    assert "not kept any more" in await forged(bot, gone, f"change:{card.job_id}")
