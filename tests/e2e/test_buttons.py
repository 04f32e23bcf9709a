"""Stop-and-keep and Cancel: who may press them, when, and what comes of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from backend.jobs.model import JobState
from localchat import MODERATOR_PERMISSIONS, Permission
from tests.e2e.playing import NEXT
from tests.e2e.support import Stage, buttons, gallery, until
from tests.e2e.test_strange_words import rename


async def test_stop_and_keep(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until("Painting")
        job_id = card.job_id
        answer = await stage.press(card, "Stop and keep")
        assert answer == "Stopping. The picture as it is now will be here in a moment."
        final = await card.until("Your picture is ready")
        await stage.until_delivered(job_id)
    assert "Stopped early and kept" in card.text
    assert gallery(final)[0]["description"].startswith("After:")
    (job,) = await stage.jobs(job_id)
    assert job.result is not None
    assert job.result.stopped_early


async def test_cancel_while_it_is_painted(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until("Painting")
        job_id = card.job_id
        told = await stage.press(card, "Cancel")
        assert told == "Cancelled. Its card can paint it again, or delete it."
        final = await card.until("Cancelled")
        await stage.until_delivered(job_id)
        assert (list(buttons(final)), stage.replies(card)) == (
            ["Try again", "Change…", "Delete…", *NEXT],
            [],
        )
        assert (gallery(final), final["attachments"]) == ([], []), "maybe the wrong photo"
        stage.release()
        await (await stage.stylize("Bob", channel="gallery")).until("Your picture is ready")
    (job,) = await stage.jobs(job_id)
    assert (job.state, job.result) == (JobState.CANCELLED, None)


async def test_cancel_while_it_waits(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        first = await stage.stylize("Ada")
        await first.until("Painting")
        second = await stage.stylize("Bob", channel="gallery")
        waiting = await second.until("Waiting")
        assert "Place 1 in the queue" in second.text
        assert list(buttons(waiting)) == ["Cancel", *NEXT]
        await stage.press(second, "Cancel", "Bob")
        await second.until("Cancelled")
        stage.release()
        await first.until("Your picture is ready")
    assert len(stage.runs) == 1


async def test_others_may_not_press(bot: Stage) -> None:
    bot.hold()
    card = await bot.stylize("Ada")
    await card.until("Painting")
    ada = card.interaction.user
    for label in ("Stop and keep", "Cancel"):
        answer = await bot.press(card, label, "Eve")
        assert answer == f"Only <@{ada.id}> and moderators (Manage Messages) may do this."
    bot.release()
    await card.until("Your picture is ready")
    assert "Painted in" in card.text


async def test_a_moderator_may(bot: Stage) -> None:
    bot.hold()
    card = await bot.stylize("Ada")
    await card.until("Painting")
    await bot.press(card, "Cancel", "Mo", MODERATOR_PERMISSIONS)
    await card.until("Cancelled")


async def test_a_moderator_of_one_channel_may_there_alone(bot: Stage) -> None:
    """Whatever a message of another channel says that it has as a button."""
    ada, room = bot.chat.person("Ada"), bot.chat.add_channel("adas-room").id
    bot.chat.allow(ada, Permission.MANAGE_MESSAGES, room)
    bot.hold()
    here = await bot.stylize("Bob", channel=room)
    await here.until("Painting")
    there = await bot.stylize("Eve")
    await there.until("Waiting")
    panel = bot.chat.message((await ada.run("my delete", channel=room)).response_message_id or 0)
    cancel = f"cancel:{there.job_id}"
    rename(panel.components, f"erase-keep:{ada.user.id}", cancel)
    refused = bot.answer_to(await ada.press(panel.id, cancel))
    assert "and moderators (Manage Messages) may do this" in refused
    await ada.press(here.id, f"cancel:{here.job_id}")
    await here.until("Cancelled")


@pytest.mark.parametrize("action", ["stop", "cancel"])
async def test_a_button_pressed_too_late(stage: Stage, action: str) -> None:
    """Two people press at about the same time, or one presses a card that has not moved on yet."""
    async with stage.bot():
        stage.hold()
        card = await stage.stylize("Ada")
        await card.until("Painting")
        old = stage.chat.message(card.id)
        stage.release()
        await card.until("Your picture is ready")
        job_id = card.job_id
        stage.chat.restore_message(old)  # as a card shows it that has not heard of its end
        pressed = await stage.chat.person("Ada").press(card.id, f"{action}:{job_id}")
        await until(lambda: bool(pressed.followup_ids))
        answer = stage.chat.message(pressed.followup_ids[0]).content
        assert answer == "This picture is finished already."
        await until(lambda: "Your picture is ready" in str(stage.chat.message(card.id).components))
        assert len(stage.replies(card)) == 1, "nobody is told twice"


async def test_a_button_of_a_job_that_is_not_kept_any_more(bot: Stage) -> None:
    card = await bot.stylize()
    await card.until("Painting")
    old = bot.chat.message(card.id)
    await card.until("Your picture is ready")
    components = json.loads(json.dumps(old.components).replace(card.job_id, "0" * 16))
    bot.chat.restore_message(replace(old, components=tuple(components)))
    assert "not kept any more" in await bot.press_id(card, f"cancel:{'0' * 16}", "Ada")
