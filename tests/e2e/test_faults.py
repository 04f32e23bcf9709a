"""Dying workers, lost connections, a moody Discord: the job goes on or says why it cannot."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from PIL import Image

from backend.jobs.model import JobState
from localchat import Fault, NotAcknowledged, Permission, Upload
from tests.corpus.pictures import encoded
from tests.e2e.conftest import Expected
from tests.e2e.support import LOOKING, STYLE, Card, Stage, buttons, gallery, title, until

EDIT = r"^/(channels|webhooks)/.*/messages/\d+$"
REPLY = r"^/channels/\d+/messages$"


def later(bot: Stage) -> None:
    """Let a quarter of an hour pass: interactions' tokens are dead."""
    real: Callable[[], float] = bot.chat.clock
    bot.chat.clock = lambda: real() + 16 * 60


async def test_a_killed_worker_costs_nothing_but_time(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        ((job, worker),) = await stage.until_runs(1)
        await card.until_still()
        os.kill(worker, signal.SIGKILL)
        runs = await stage.until_runs(2)
        stage.release()
        await card.until("Your picture is ready")
        await stage.until_delivered(job)
    assert [job_id for job_id, _ in runs] == [job, job]
    assert runs[1][1] != worker
    assert [line.split()[0] for line in stage.resumed] == [job], "it went on where it was"
    assert len(stage.replies(card)) == 1


async def test_a_second_dead_worker_is_a_failure_with_words(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        for count in (1, 2):
            os.kill((await stage.until_runs(count))[-1][1], signal.SIGKILL)
        await card.until("This picture could not be painted")
        reply = await stage.until_reply(card)
        stage.release()
        await (await stage.stylize("Bob", channel="gallery")).until("Your picture is ready")
        await stage.until_delivered(card.job_id)
    assert "ended unexpectedly, and so did a second one. A smaller size may help" in card.text
    assert reply["content"].startswith(
        f"<@{card.interaction.user.id}>, your picture could not be painted. "
    )
    (job,) = await stage.jobs(card.job_id)
    assert (job.state, job.delivered) == (JobState.FAILED, True)


async def test_a_picture_that_takes_too_long(stage: Stage) -> None:
    stage.settings = stage.settings.model_copy(update={"job_timeout_seconds": 2})
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until("This picture could not be painted")
        assert "longer than the limit of 2 s," in card.text
        assert "your picture could not be painted. " in (await stage.until_reply(card))["content"]
        stage.release()
        await (await stage.stylize("Bob", channel="gallery")).until("Your picture is ready")


FULL = """
CREATE TRIGGER full BEFORE DELETE ON file_uses WHEN old.owner = 'uploads'
BEGIN SELECT RAISE(ABORT, 'the disk is full'); END
"""


async def test_an_order_that_is_a_job_is_painted_though_its_uploads_cannot_be_let_go(
    stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("files are kept that uploads no longer need")
    async with stage.bot():
        await stage.change(FULL)
        card = await stage.stylize()
        await card.until("Your picture is ready")
        await stage.until_delivered(card.job_id)
        refused = await stage.stylize("Bob", content=STYLE, channel="gallery")
        await refused.until("That did not work")
        assert "are the same file" in refused.text
    await stage.change("DROP TRIGGER full")
    async with stage.bot():
        pass
    with closing(sqlite3.connect(stage.settings.data_dir / "jobs.sqlite")) as database:
        left = database.execute("SELECT * FROM file_uses WHERE owner = 'uploads'").fetchall()
    assert left == []


async def test_a_host_without_weights(stage: Stage, expect_errors: Expected) -> None:
    expect_errors("worker on cpu")
    async with stage.bot(painter="tests.contracts.painters:load_without_weights"):
        card = await stage.stylize()
        await card.until("This picture could not be painted")
    assert "because no worker could be started. The weights are missing; install" in card.text


async def test_the_bot_is_restarted(stage: Stage) -> None:
    stage.hold()
    async with stage.bot():
        running = await stage.stylize("Ada")
        await running.until("Painting")
        waiting = await stage.stylize("Bob", channel="gallery")
        await waiting.until("Waiting")
        began = time.monotonic()
    assert time.monotonic() - began < 10
    jobs = await stage.jobs(running.job_id, waiting.job_id)
    assert [job.delivered for job in jobs] == [False, False]
    stage.release()
    async with stage.bot():
        for card in (running, waiting):
            await card.until("Your picture is ready")
            await stage.until_delivered(card.job_id)
    async with stage.bot():
        await asyncio.sleep(1)
    assert [job_id for job_id, _ in stage.runs] == [running.job_id, running.job_id, waiting.job_id]
    for card in (running, waiting):
        assert len(stage.replies(card)) == 1
        assert card.titles.count("Your picture is ready") == 1


async def test_a_button_still_works_after_a_restart(stage: Stage) -> None:
    stage.hold()
    async with stage.bot():
        card = await stage.stylize()
        await card.until("Painting")
    async with stage.bot():
        await until(lambda: "Stop and keep" in buttons(card.now))  # it was told of the restart
        await stage.press(card, "Stop and keep")
        await card.until("Your picture is ready")
        assert "Stopped early and kept" in card.text


@pytest.mark.parametrize("forget", [False, True], ids=["resumed", "identified anew"])
async def test_a_lost_gateway(stage: Stage, expect_errors: Expected, *, forget: bool) -> None:
    expect_errors("Attempting a reconnect")
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until("Painting")
        await stage.chat.drop_gateway(4000, forget_sessions=forget)
        stage.release()
        await card.until("Your picture is ready")
        await until(lambda: stage.chat.connected)
        other = await stage.stylize("Bob", channel="gallery")
        await other.until("Your picture is ready")
        await stage.until_delivered(other.job_id)
    assert stage.chat.session_starts == (2 if forget else 1)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_edits_that_fail_now_and_then(bot: Stage, status: int) -> None:
    bot.chat.faults.next("PATCH", EDIT, status=status, times=2)
    card = await bot.stylize()
    await card.until("Your picture is ready")
    await bot.until_reply(card)
    assert len(gallery(card.now)) == 3


async def test_a_reply_that_arrived_though_discord_said_otherwise(bot: Stage) -> None:
    """The same nonce makes no second message."""
    bot.chat.faults.next("POST", REPLY, status=500)
    card = await bot.stylize()
    await bot.until_reply(card)
    await bot.until_delivered(card.job_id)
    assert len(bot.replies(card)) == 1


async def test_a_result_that_is_too_large_for_the_server(
    bot: Stage, expect_errors: Expected
) -> None:
    expect_errors("cannot be delivered")
    bot.hold()
    card = await bot.stylize()
    await card.until_still()
    # So small a picture that it cannot be made any smaller.
    bot.chat.faults.next("PATCH", EDIT, status=413, code=40005, message="Request entity too large")
    bot.release()
    await card.until("Your picture cannot be posted")
    reply = await bot.until_reply(card)
    words = "The picture is larger than this server takes. Please ask for a smaller size."
    assert words in card.text
    assert reply["content"] == f"<@{card.interaction.user.id}> {words}"
    await bot.until_delivered(card.job_id)


async def test_a_result_that_is_too_large_is_encoded_smaller(bot: Stage) -> None:
    noise = Image.effect_noise((320, 240), 90).convert("RGB")
    bot.hold()
    card = await bot.stylize(
        content=Upload("noise.png", encoded(noise, "PNG"), "image/png"), size=256
    )
    await card.until_still()
    bot.chat.faults.next("PATCH", f"/messages/{card.id}$", status=413, code=40005)
    bot.release()
    await card.until("Your picture is ready")
    await bot.until_delivered(card.job_id)
    assert len(bot.replies(card)) == 1
    assert ".jpg" in gallery(card.now)[0]["media"]["url"], "it was a PNG before"


async def test_automod_blocks_the_picture(bot: Stage, expect_errors: Expected) -> None:
    expect_errors("cannot be delivered")
    bot.hold()
    card = await bot.stylize()
    await card.until_still()
    bot.chat.faults.next("PATCH", EDIT, status=400, code=200000, times=2)  # both ways to a card
    bot.release()
    await card.until("Your picture cannot be posted")
    assert "AutoMod blocked my message" in card.text
    await bot.until_delivered(card.job_id)
    assert "Only <@" in await _again(bot, card, "Eve")
    bot.chat.faults.next("PATCH", "^/webhooks/", status=400, code=200000)
    assert "AutoMod blocked my message" in await _again(bot, card)
    assert gallery(card.now) == []
    await bot.chat.person("Ada").press(card.id, f"repost:{card.job_id}")
    await card.until("Your picture is ready")
    assert len(gallery(card.now)) == 3
    assert len(bot.runs) == 1


async def _again(bot: Stage, card: Card, who: str = "Ada") -> str:
    """Press *Post it again*; what only who pressed is told."""
    pressed = await bot.chat.person(who).press(card.id, f"repost:{card.job_id}")
    if pressed.response_message_id == card.id:  # the press was acknowledged, the answer followed
        await until(lambda: bool(pressed.followup_ids))
        return bot.chat.message(pressed.followup_ids[0]).content
    return bot.chat.message(pressed.response_message_id or 0).content


async def test_permissions_taken_away_while_painting(bot: Stage, expect_errors: Expected) -> None:
    expect_errors("cannot be delivered")
    bot.hold()
    card = await bot.stylize()
    await card.until("Painting")
    bot.chat.deny_bot(Permission.ATTACH_FILES)
    later(bot)
    bot.release()
    reply = await bot.until_reply(card)
    assert "ask a moderator to check my permissions in this channel" in reply["content"]
    await bot.until_delivered(card.job_id)


async def test_a_failure_is_told_even_where_files_may_not_be_posted(
    bot: Stage, expect_errors: Expected
) -> None:
    expect_errors("cannot be delivered")
    bot.hold()
    card = await bot.stylize()
    await card.until("Painting")
    bot.chat.deny_bot(Permission.ATTACH_FILES)
    later(bot)
    for count in (1, 2):
        os.kill((await bot.until_runs(count))[-1][1], signal.SIGKILL)
    assert (
        "your picture could not be painted. The process" in (await bot.until_reply(card))["content"]
    )


async def test_a_reply_that_is_refused_leaves_the_picture_up(bot: Stage) -> None:
    bot.hold()
    card = await bot.stylize()
    await card.until("Painting")
    bot.chat.deny_bot(Permission.READ_MESSAGE_HISTORY)
    bot.release()
    await bot.until_delivered(card.job_id)
    assert card.titles[-1] == "Your picture is ready"
    assert bot.replies(card) == []
    said = [state[-1]["content"] for state in bot.history.values()]
    assert f"<@{card.interaction.user.id}>, your picture is ready." in said, "if not as a reply"


async def test_a_card_deleted_while_painting_cancels_the_job(stage: Stage) -> None:
    async with stage.bot():
        stage.hold(silently=False)
        card = await stage.stylize()
        await card.until("Painting")
        await stage.chat.remove_message(card.id)
        await stage.until_delivered(card.job_id)
    (job,) = await stage.jobs(card.job_id)
    assert job.state is JobState.CANCELLED
    assert stage.replies(card) == []


async def test_a_card_deleted_before_the_picture_came(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until_still()
        await stage.chat.remove_message(card.id)
        stage.release()
        await stage.until_delivered(card.job_id)
    assert stage.replies(card) == []


async def test_files_that_vanished_while_the_bot_was_away(
    stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("cannot be read", "failed")
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until("Painting")
    for file in (stage.settings.data_dir / "spool").iterdir():
        file.unlink()
    async with stage.bot():
        await card.until("Your picture cannot be posted")
        reply = await stage.until_reply(card)
        assert "Please send the command again" in reply["content"]
        await stage.until_delivered(card.job_id)


async def test_a_quarter_of_an_hour_later(bot: Stage) -> None:
    """The interaction's token is dead by then; the bot's own still edits the card."""
    bot.hold()
    card = await bot.stylize()
    await card.until("Painting")
    later(bot)
    bot.release()
    await card.until("Your picture is ready")
    await bot.until_reply(card)


async def test_an_acknowledgement_that_comes_too_late_begins_nothing(
    bot: Stage, expect_errors: Expected, caplog: pytest.LogCaptureFixture
) -> None:
    expect_errors("Somebody could not be answered")
    chat, real = bot.chat, bot.chat.clock
    chat.clock = lambda: real() + (60 if chat.interactions else 0)
    with pytest.raises(NotAcknowledged):
        await bot.stylize()
    await until(lambda: "could not be told that it failed" in caplog.text)
    chat.clock = real
    assert (bot.chat.messages(), bot.spool) == ([], [])
    await (await bot.stylize()).until("Your picture is ready")
    assert len(bot.runs) == 1


async def test_an_acknowledgement_that_discord_stumbles_over(bot: Stage) -> None:
    bot.chat.faults.next("POST", "/callback$", status=500)
    await (await bot.stylize()).until("Your picture is ready")


@pytest.mark.parametrize("lost", [{"status": 502}, {"reset": True}], ids=str)
async def test_an_acknowledgement_whose_answer_is_lost(bot: Stage, lost: Any) -> None:
    bot.chat.faults.start(Fault(path="/callback$", done=True, **lost), times=1)
    card = await bot.stylize()
    await card.until("Your picture is ready")
    await bot.until_delivered(card.job_id)
    bot.chat.faults.start(Fault(path="/callback$", done=True, **lost), times=1)
    listed = Card(bot, await bot.chat.person("Ada").run("style list"))
    await until(lambda: "Style shelf" in title(listed.now))


async def test_a_card_that_is_gone_before_anybody_knew_of_it(bot: Stage) -> None:
    bot.chat.faults.start(Fault(status=502, path="/callback$", done=True), times=1)
    bot.chat.faults.next("GET", "/messages/@original$", status=404, code=10008)
    card = await bot.stylize()
    await until(lambda: bool(card.interaction.followup_ids))
    assert "Something went wrong" in bot.chat.message(card.interaction.followup_ids[0]).content
    await bot.until_idle()  # it is not noted any more
    assert bot.spool == []


async def test_what_somebody_else_has_acknowledged_begins_nothing(
    bot: Stage, expect_errors: Expected, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as another bot with the same token."""
    expect_errors("Somebody could not be answered")
    fault = Fault(status=400, code=40060, path="/callback$", done=True)
    bot.chat.faults.start(fault, times=1)
    card = await bot.stylize()
    await until(lambda: "could not be told that it failed" in caplog.text)
    await bot.until_idle()
    assert card.titles == [LOOKING]
