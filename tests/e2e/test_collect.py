"""Where the bot is not a member its token dies; the card says so, and a press brings another."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.e2e.support import QUICK, Stage, buttons, gallery, until


async def elsewhere(stage: Stage, who: str = "Ada", *, in_thread: bool = False) -> int:
    """Return a channel of a server without the bot, where a person has brought it along."""
    guild = stage.chat.add_guild("Elsewhere", (), has_bot=False)
    stage.chat.person(who).install()
    lounge = stage.chat.add_channel("lounge", guild=guild)
    return (stage.chat.add_thread("talk", lounge) if in_thread else lounge).id


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_picture_is_delivered_where_the_bot_is_no_member(
    bot: Stage, *, in_thread: bool
) -> None:
    card = await bot.stylize(channel=await elsewhere(bot, in_thread=in_thread))
    await card.until("Your picture is ready")
    await bot.until_delivered(card.job_id)


async def test_a_picture_that_outlives_its_token_can_be_collected(stage: Stage) -> None:
    stage.hold()
    async with stage.bot(timings=replace(QUICK, token_margin=15 * 60 - 3.0)):
        card = await stage.stylize(channel=await elsewhere(stage))
        await card.until("Your picture is still on its way")
        assert list(buttons(card.now)) == ["Collect"]
        assert len(gallery(card.now)) >= 2, "photo and style stay in sight"
        job_id = card.job_id
        stage.release()
        await asyncio.sleep(1.5)
        assert "still on its way" in card.text, "the bot left the card alone"
        collect = buttons(card.now)["Collect"]["custom_id"]
        bob = stage.chat.person("Bob")
        refused = await bob.press(card.id, collect)
        assert "may collect this picture" in stage.answer_to(refused)
        await stage.chat.person("Ada").press(card.id, collect)
        await card.until("Your picture is ready")
        await stage.until_delivered(job_id)


@pytest.mark.parametrize("killed", [False, True])
async def test_a_bot_that_was_away_when_the_token_died(stage: Stage, *, killed: bool) -> None:
    """However it ended, a button of the card brings the picture."""
    stage.hold(silently=False)
    async with stage.bot():
        card = await stage.stylize(channel=await elsewhere(stage))
        await card.until("Painting")
        painting = stage.chat.message(card.id)
    assert list(buttons(card.now)) == ["Collect"]
    if killed:  # then nothing is said of a restart
        stage.chat.restore_message(painting)
    job_id, real = card.job_id, stage.chat.clock
    stage.chat.clock = lambda: real() + 16 * 60
    stage.release()
    # The bot's clock cannot be turned: to it, tokens live for three seconds.
    await asyncio.sleep(3)
    async with stage.bot(timings=replace(QUICK, token_margin=15 * 60 - 3.0)):
        await until(lambda: stage.state_of(job_id) == "done")
        ada = stage.chat.person("Ada")
        await ada.press(card.id, f"{'stop' if killed else 'collect'}:{job_id}")
        await card.until("Your picture is ready")
        await stage.until_delivered(job_id)


async def test_a_server_that_removes_the_bot_waits_for_nothing(stage: Stage) -> None:
    stage.hold()
    async with stage.bot():
        guild = stage.chat.add_guild("Short visit", ())
        channel = stage.chat.add_channel("studio", guild=guild)
        card = await stage.stylize(channel=channel.id)
        await card.until("Painting")
        job_id = card.job_id
        stage.chat.remove_bot(guild)
        await until(lambda: stage.state_of(job_id) == "cancelled")
