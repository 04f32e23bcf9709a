"""Discord does not answer, or answers nonsense: nothing is given up, nothing is brought twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from localchat import Fault
from tests.e2e.conftest import Expected
from tests.e2e.support import QUICK, Card, Stage, buttons, gallery, texts, title, until

READY = "Your picture is ready"
STUBBORN = replace(QUICK, first_retry=0.05, longest_retry=0.4)
BY_CHANNEL = replace(STUBBORN, token_reserve=15 * 60.0)
"""The interaction's token is used only if nothing else works."""

OUTAGES = {
    "banned": Fault(status=429, via=False),
    "unauthorized": Fault(status=401),
    "HTML instead of a refusal": Fault(status=403, html=True),
    "HTML instead of Not Found": Fault(status=404, html=True),
    "HTML instead of a complaint": Fault(status=400, html=True),
    "403 without a code": Fault(status=403),
    "unavailable": Fault(status=503, token="bot"),  # discord.py's webhooks try for 25 seconds
    "broken connections": Fault(reset=True),
}


def shown(card: Card) -> int:
    """How often the picture was put on the card."""
    return sum(title(state) == READY for state in card.states)


async def painted(stage: Stage, card: Card) -> None:
    """Wait until there is a result, in a bot that cannot bring it."""
    await until(lambda: stage.state_of(card.job_id) == "done")


@pytest.mark.parametrize("kind", OUTAGES)
async def test_an_outage_is_waited_out(stage: Stage, kind: str) -> None:
    fault = replace(OUTAGES[kind])
    async with stage.bot(timings=BY_CHANNEL if fault.token else STUBBORN):
        stage.hold()
        card = await stage.stylize()
        await card.until_still()
        job_id = card.job_id
        stage.chat.faults.start(fault)
        stage.release()
        await painted(stage, card)
        await until(lambda: fault.struck >= 4)
        assert stage.state_of(job_id) == "done"
        assert title(card.now) == "Painting"
        stage.chat.faults.stop(fault)
        await card.until(READY)
        await stage.until_delivered(job_id)
    assert (len(stage.replies(card)), shown(card)) == (1, 1)
    (job,) = await stage.jobs(job_id)
    assert job.delivered


async def test_many_pictures_outlast_an_outage_of_all_kinds(
    stage: Stage, expect_errors: Expected
) -> None:
    """The small sister of `python -m benchmarks.outage`."""
    expect_errors("Attempting a reconnect")
    faults = stage.chat.faults
    async with stage.bot(timings=BY_CHANNEL):
        stage.hold()
        channels = [stage.chat.add_channel(f"room-{number}").id for number in range(3)]
        people = ["Ada", "Bob", "Cleo"]
        cards = [
            await stage.stylize(who, channel=where)
            for who, where in zip(people, channels, strict=True)
        ]
        await cards[0].until_still()
        banned = faults.start(Fault(status=429, via=False))
        stage.release()
        await painted(stage, cards[0])
        await until(lambda: banned.struck >= 4)
        faults.stop(banned)
        down = faults.start(Fault(status=503))
        await until(lambda: down.struck >= 4)
        async with stage.chat.offline():
            faults.stop(down)
            await until(lambda: len(stage.requests) == 3)
            await asyncio.sleep(1)
        for card in cards:
            await card.until(READY)
            await stage.until_delivered(card.job_id)
    assert [(len(stage.replies(card)), shown(card)) for card in cards] == [(1, 1)] * 3


async def test_a_reconnect_ends_the_pauses(stage: Stage, expect_errors: Expected) -> None:
    expect_errors("Attempting a reconnect")
    patient = replace(QUICK, first_retry=3600.0, longest_retry=3600.0)
    async with stage.bot(timings=patient):
        stage.hold()
        card = await stage.stylize()
        await card.until_still()
        fault = stage.chat.faults.start(Fault(status=429, via=False), times=1)
        stage.release()
        await until(lambda: fault.struck == 1)
        await painted(stage, card)
        await stage.chat.drop_gateway(4000)
        await card.until(READY)
        await stage.until_reply(card)


async def test_a_file_that_cannot_be_read_just_now_is_not_gone(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until_still()
    (job,) = await stage.jobs(card.job_id)
    thumbnail = stage.settings.data_dir / job.spec.photo.thumbnail
    whole = thumbnail.rename(stage.settings.data_dir / "whole")
    thumbnail.symlink_to(stage.settings.data_dir)  # EISDIR: neither a file nor the lack of one
    states = len(card.states)
    async with stage.bot(timings=STUBBORN):
        stage.release()
        await painted(stage, card)
        assert len(card.states) == states
        whole.replace(thumbnail)  # at no moment is there nothing
        await card.until(READY)
        await stage.until_delivered(card.job_id)


async def test_an_archived_thread_is_opened_by_the_message(stage: Stage) -> None:
    thread = stage.chat.add_thread("sketches", stage.chat.channels()[0])
    async with stage.bot():
        stage.hold()
        card = await stage.stylize(channel=thread.id)
        await card.until_still()
        stage.chat.archive(thread)
        stage.release()
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    assert len(stage.replies(card)) == 1
    assert len(gallery(card.now)) == 3


async def test_a_locked_thread_is_told_of_by_the_token(
    stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("cannot be delivered")
    thread = stage.chat.add_thread("sketches", stage.chat.channels()[0])
    async with stage.bot():
        stage.hold()
        card = await stage.stylize(channel=thread.id)
        await card.until_still()
        stage.chat.archive(thread, locked=True)
        stage.release()
        await stage.until_delivered(card.job_id)
        said = [states[-1] for states in stage.history.values() if states[-1]["flags"] & 64]
        told = next(each for each in said if "Post it again" in buttons(each))
        assert "This thread is closed, and I may not open it." in "".join(texts(told["components"]))
        pressed = buttons(told)["Post it again"]["custom_id"]
        await stage.chat.person("Ada").press(int(told["id"]), pressed)
        await until(lambda: title(stage.history[int(told["id"])][-1]) == READY)


async def test_a_private_thread_without_the_bot_is_served_by_the_token(stage: Stage) -> None:
    ada = stage.chat.person("Ada")
    thread = stage.chat.add_thread("secrets", stage.chat.channels()[0], private=True)
    stage.chat.add_to_thread(thread, ada)
    async with stage.bot(timings=replace(QUICK, token_margin=15 * 60 - 3.0)):
        stage.hold()
        card = await stage.stylize(channel=thread.id)
        await card.until("Your picture is still on its way")
        assert list(buttons(card.now)) == ["Collect"]
        stage.release()
        await painted(stage, card)
        await ada.press(card.id, f"collect:{card.job_id}")
        await card.until(READY)
        await stage.until_delivered(card.job_id)


async def test_a_private_thread_with_the_bot_is_a_channel_like_any_other(stage: Stage) -> None:
    ada = stage.chat.person("Ada")
    thread = stage.chat.add_thread("secrets", stage.chat.channels()[0], private=True)
    stage.chat.add_to_thread(thread, ada, bot=True)
    async with stage.bot():
        card = await stage.stylize(channel=thread.id)
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    (job,) = await stage.jobs(card.job_id)
    assert job.address.bot_is_member


async def test_a_card_that_never_showed_its_end_shows_it_when_it_is_pressed(
    stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("cannot be delivered")
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until_still()
        refused = stage.chat.faults.start(Fault(status=403, code=50001))
        stage.release()
        await stage.until_delivered(card.job_id)
        stage.chat.faults.stop(refused)
        assert title(card.now) == "Painting"
        await stage.chat.person("Ada").press(card.id, buttons(card.now)["Cancel"]["custom_id"])
        await card.until(READY)
        assert stage.replies(card) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (50001, "please add me to this thread (mention me in it)"),
        (50013, "ask a moderator to check my permissions"),
        (200000, "AutoMod blocked my message"),
        (20009, "filter for explicit pictures"),
        (30007, "did not take the picture here (error 30007)"),
    ],
)
async def test_words_fit_the_refusal(
    stage: Stage, expect_errors: Expected, code: int, words: str
) -> None:
    expect_errors("cannot be delivered")
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until_still()
        stage.chat.faults.start(Fault(method="PATCH", status=403, code=code), times=2)
        stage.release()
        await card.until("Your picture cannot be posted")
        assert words in card.text
        assert "Post it again" in buttons(card.now)
        await stage.until_delivered(card.job_id)
