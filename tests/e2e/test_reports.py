"""Reports of pictures: from the menu of a message to the channel of the moderators."""

from __future__ import annotations

from functools import partial
from typing import Final

from localchat import MEMBER_PERMISSIONS, ChannelKind, Interaction, Permission
from tests.e2e.playing import READY
from tests.e2e.support import PHOTO, STYLE, Card, Json, Stage, buttons, until
from tests.e2e.test_composing import RED

MENU: Final = "Report this picture"
MODERATOR: Final = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES | Permission.MANAGE_GUILD


async def said(stage: Stage, interaction: Interaction) -> str:
    """Return what only who asked is told, once it has its words."""
    card = Card(stage, interaction)
    await until(lambda: bool(card.states) and bool(card.now["content"] or card.text))
    message = stage.chat.message(card.id)
    assert message.visible_to == interaction.user.id
    return str(card.now["content"] or card.text)


def reports(stage: Stage, channel: int) -> list[Json]:
    """Return what is to be read in the channel of the moderators."""
    messages = (message for message in stage.chat.all_messages() if message.channel_id == channel)
    return [dict(stage.chat.message_json(message)) for message in messages]


async def report(stage: Stage, who: str, message: int, reason: str = "") -> str:
    person = stage.chat.person(who)
    opened = await person.use(MENU, message)
    return await said(stage, await person.submit(opened, {"reason": reason}))


async def refusal(stage: Stage, who: str, message: int) -> str:
    return await said(stage, await stage.chat.person(who).use(MENU, message))


async def test_a_picture_is_reported_and_dealt_with(bot: Stage) -> None:
    mo = bot.chat.person("Mo", MODERATOR)
    channel = bot.chat.add_channel("moderators").id
    card = await bot.stylize("Ada")
    await card.until(READY)
    await bot.until_delivered(card.job_id)
    assert "nobody has chosen yet" in await refusal(bot, "Bob", card.id)

    panel = await said(bot, await mo.run("settings reports", {"channel": channel}))
    assert f"Reports of pictures go to <#{channel}>" in panel
    assert "has your" not in panel
    thanks = await report(bot, "Bob", card.id, "*Not* nice\n<@1> @everyone")
    assert thanks == "Thank you. The moderators of this server have your report."
    hello, found = reports(bot, channel)
    assert hello["content"] == "Reports of pictures are shown here."
    ada, bob = (bot.chat.person(who).user.id for who in ("Ada", "Bob"))
    where = f"{bot.chat.home.id}/{card.now['channel_id']}/{card.id}"
    assert found["content"].splitlines() == [
        f"**A picture was reported**: https://discord.com/channels/{where}",
        f"By <@{bob}>",
        f"Painted for <@{ada}>",
        "Made from “cat.jpg” and “waves.png”",
        r"> \*Not\* nice",
        "> \\<@1> @\u200beveryone",
    ]
    assert "has been reported" in await refusal(bot, "Eve", card.id)

    message = int(found["id"])
    for label, custom_id in {
        each: one["custom_id"] for each, one in buttons(found).items()
    }.items():
        answer = await bot.chat.person("Bob").press(message, custom_id)
        assert "Only moderators" in await said(bot, answer), label

    async def press(label: str) -> Json:
        before = bot.chat.message_json(message)["content"]
        await mo.press(message, buttons(dict(bot.chat.message_json(message)))[label]["custom_id"])
        await until(lambda: bool(bot.chat.message_json(message)["content"] != before))
        return dict(bot.chat.message_json(message))

    gone = await press("Delete the picture")
    assert list(buttons(gone)) == ["Block “cat.jpg”", "Block “waves.png”", "Nothing to do"]
    assert bot.chat.find_message(card.id) is None
    assert bot.spool == []
    blocked = await press("Block “cat.jpg”")
    assert blocked["content"].splitlines()[-1] == (
        f"-# Block “cat.jpg”: done by <@{mo.user.id}>. What looks like it cannot be used here any "
        "more."
    )
    for photo, style in ((PHOTO, STYLE), (STYLE, PHOTO)):
        again = await bot.stylize("Eve", photo, style)
        await again.until("That did not work")
        assert "looks like a picture that was taken down" in again.text
    done = await press("Nothing to do")
    assert buttons(done) == {}
    assert len(done["content"].splitlines()) == 9


async def test_what_cannot_be_reported(bot: Stage) -> None:
    mo, bob = bot.chat.person("Mo", MODERATOR), bot.chat.person("Bob")
    channel = bot.chat.add_channel("moderators").id
    forum = bot.chat.add_channel("forum", kind=ChannelKind.FORUM).id
    assert "I cannot write in" in await said(
        bot, await mo.run("settings reports", {"channel": forum})
    )
    theirs = await bob.say("", [PHOTO])
    assert "pictures that I have painted" in await refusal(bot, "Ada", theirs)
    private = await bot.stylize("Ada", private=True)
    await private.until(READY)
    assert "Nobody but you" in await refusal(bot, "Ada", private.id)
    card = await bot.stylize("Ada")
    await card.until(READY)
    await said(bot, await mo.run("settings reports", {"channel": channel}))
    opened = await bob.use(MENU, card.id)
    bot.chat.faults.next("POST", rf"/channels/{channel}/messages", status=403, code=50013)
    sent = await bob.submit(opened, {"reason": ""})
    assert "I cannot write in" in await said(bot, sent)
    assert "Thank you" in await report(bot, "Bob", card.id)
    await said(bot, await mo.run("settings reports"))
    other = await bot.stylize("Ada")
    await other.until(READY)
    assert "nobody has chosen yet" in await refusal(bot, "Bob", other.id)


async def test_all_buttons_of_a_long_report_can_be_pressed(bot: Stage) -> None:
    mo = bot.chat.person("Mo", MODERATOR)
    channel = bot.chat.add_channel("moderators").id
    photo, style = (each._replace(filename="a_" * 26 + each.filename) for each in (PHOTO, STYLE))
    card = await bot.stylize("Ada", photo, style, style2=RED._replace(filename="b_" * 26 + ".png"))
    await card.until(READY)
    await bot.until_delivered(card.job_id)
    await said(bot, await mo.run("settings reports", {"channel": channel}))
    await report(bot, "Bob", card.id, "*\n" * 250)
    message = int(reports(bot, channel)[-1]["id"])

    def left() -> dict[str, Json]:
        return buttons(dict(bot.chat.message_json(message)))

    count = len(left())
    for pressed, button in enumerate(list(left().values())[:-1], 1):
        await mo.press(message, button["custom_id"])
        await until(partial(lambda most: len(left()) <= most, count - pressed))
    assert list(left()) == ["Nothing to do"]
