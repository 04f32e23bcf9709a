"""Refusals, and answers under way, when Discord is moody or the bot ends."""

from __future__ import annotations

import asyncio

import pytest

from localchat import Fault, Upload
from tests.e2e.support import Card, Stage, until

REFUSED = "That did not work"
NO_PICTURE = Upload("notes.png", b"Dear diary", "image/png")
CARD = r"/messages/\d+$"
FOLLOWUP = r"/webhooks/\d+/[^/]+$"


@pytest.mark.parametrize("status", [403, 429, 500, 503])
async def test_a_refusal_that_discord_does_not_take_at_once(bot: Stage, status: int) -> None:
    bot.chat.faults.next("POST", FOLLOWUP, status=status)
    card = await bot.stylize(content=NO_PICTURE)
    await card.until(REFUSED)
    assert "Your photo “notes.png” cannot be used" in card.text
    await until(lambda: is_gone(bot, card))
    told = [message for message in bot.chat.all_messages() if message.visible_to]
    assert [each.visible_to for each in told] == [card.interaction.user.id]
    assert bot.replies(card) == []


async def test_a_card_that_does_not_go_at_once(bot: Stage) -> None:
    bot.chat.faults.next("DELETE", CARD, status=503)
    card = await bot.stylize(content=NO_PICTURE)
    await until(lambda: is_gone(bot, card))
    assert len([message for message in bot.chat.all_messages() if message.visible_to]) == 1


async def test_a_refusal_that_nobody_may_be_told_alone(bot: Stage) -> None:
    bot.chat.faults.next("POST", FOLLOWUP, status=403, code=50013)
    card = await bot.stylize(content=NO_PICTURE)
    await card.until(REFUSED)
    assert not is_gone(bot, card)
    assert "Your photo “notes.png” cannot be used" in card.text


async def test_a_refusal_that_cannot_be_said_yet_takes_nobodys_place(bot: Stage) -> None:
    fault = bot.chat.faults.start(Fault(method="POST", path=FOLLOWUP, status=503))
    refused = [await bot.stylize(content=NO_PICTURE) for _ in range(2)]
    await until(lambda: fault.struck >= 2)
    await (await bot.stylize()).until("Your picture is ready")
    bot.chat.faults.stop(fault)
    for card in refused:
        await card.until(REFUSED)


def is_gone(stage: Stage, card: Card) -> bool:
    return all(message.id != card.id for message in stage.chat.all_messages())


async def test_a_refusal_that_a_restart_cuts_off(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage.bot():
        stage.chat.faults.next("POST", FOLLOWUP, status=401, times=2)
        card = await stage.stylize(content=NO_PICTURE)
        await until(lambda: "Saying that a command came to nothing failed 2 times" in caplog.text)
        assert card.titles == ["Looking at your pictures"]
    async with stage.bot():
        await card.until("Please send this again")


async def test_who_is_just_being_answered_when_the_bot_ends_still_is(stage: Stage) -> None:
    async with stage.bot():
        stage.chat.faults.next("POST", "/callback$", delay=0.5)
        asking = asyncio.create_task(stage.chat.person("Ada").run("help", {}))
        await until(lambda: bool(stage.chat.interactions))
        await asyncio.sleep(0.1)
    answered = await asking
    assert answered.response_message_id is not None
