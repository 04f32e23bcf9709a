"""Restarts: what the cards say meanwhile, and what becomes of commands that are not jobs yet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backend.database.ids import new_id
from backend.database.lease import LEASE_SECONDS
from backend.database.sqlite import SqliteFile
from backend.intake import Intake
from backend.jobs.model import Address, Job, JobState, NewJob
from backend.jobs.store import JobStore
from backend.records import JobSpec
from backend.settings import load_settings
from bot.local_chat import local_chat
from nst.options import Options
from tests.e2e.conftest import Expected
from tests.e2e.support import PHOTO, STYLE, Card, Stage, buttons, title, until

EDIT = r"^/(channels|webhooks)/.*/messages/\d+$"
READY = "Your picture is ready"
PAUSED = "Back in a moment"
CUT_OFF = "Please send this again"


@pytest.fixture
def stalled_intake(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Make downloads never end."""
    never = asyncio.Event()

    async def receive(self: Intake, *_: object, **__: object) -> None:
        await never.wait()

    monkeypatch.setattr(Intake, "receive", receive)
    yield monkeypatch
    assert not never.is_set()  # and until here it keeps alive whoever waits for it


@asynccontextmanager
async def store(stage: Stage) -> AsyncIterator[JobStore]:
    """Yield the bot's store, while no bot has it."""
    folder = stage.settings.data_dir
    async with JobStore(SqliteFile(folder / "jobs.sqlite"), folder) as opened:
        yield opened


async def commands(stage: Stage) -> list[Job]:
    """Commands whose pictures are not in."""
    async with store(stage) as opened:
        return await opened.in_states(JobState.RECEIVING)


async def until_apologized(stage: Stage, card: Card) -> None:
    await card.until(CUT_OFF)
    reply = await stage.until_reply(card)
    assert reply["content"] == (
        f"<@{card.interaction.user.id}> The bot was restarted before your pictures were in; "
        "please send the command again."
    )
    assert "The bot was restarted before your pictures were in" in card.text


async def test_a_command_cut_off_before_its_pictures_were_in(
    stage: Stage, stalled_intake: pytest.MonkeyPatch
) -> None:
    async with stage.bot():
        card = await stage.stylize()
        await asyncio.sleep(0.2)
    (noted,) = await commands(stage)
    assert noted.address.message_id == card.id
    async with stage.bot():
        await until_apologized(stage, card)
    assert await commands(stage) == []
    async with stage.bot():
        await asyncio.sleep(0.5)
    assert len(stage.replies(card)) == 1


async def test_a_private_command_that_was_cut_off_stays_private(
    stage: Stage, stalled_intake: pytest.MonkeyPatch
) -> None:
    async with stage.bot():
        card = await stage.stylize(private=True)
        await asyncio.sleep(0.2)
    async with stage.bot():
        await card.until(CUT_OFF)
        messages = stage.chat.all_messages
        await until(lambda: any("send the command again" in each.content for each in messages()))
    ada = card.interaction.user.id
    assert {message.visible_to for message in messages()} == {ada}
    assert await commands(stage) == []


async def test_a_command_cut_off_before_the_bot_knew_its_card(
    stage: Stage, stalled_intake: pytest.MonkeyPatch
) -> None:
    async def forget(self: JobStore, job_id: str, message_id: int) -> None:
        pass

    stalled_intake.setattr(JobStore, "set_card", forget)
    async with stage.bot():
        card = await stage.stylize()
        await asyncio.sleep(0.2)
    (noted,) = await commands(stage)
    assert noted.address.message_id == 0
    async with stage.bot():
        await until_apologized(stage, card)
    assert await commands(stage) == []


async def test_a_card_is_shown_once_its_command_is_noted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be left as it is if the bot were killed now."""
    may_note, receive = asyncio.Event(), JobStore.receive

    async def wait_and_receive(self: JobStore, new: NewJob, job_id: str) -> None:
        await may_note.wait()
        await receive(self, new, job_id)

    monkeypatch.setattr(JobStore, "receive", wait_and_receive)
    async with stage.bot():
        card = await stage.stylize()
        assert not card.now["components"]
        may_note.set()
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    assert await commands(stage) == []


@pytest.mark.slow
async def test_no_card_is_shown_while_a_lead_may_still_end_without_its_database(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, expect_errors: Expected
) -> None:
    """The next lead would not know it, and it would be left as it is."""
    receive, failed = JobStore.receive, list[float]()

    async def fail_for_a_lease(self: JobStore, new: NewJob, job_id: str) -> None:
        failed.append(time.monotonic())
        if failed[-1] - failed[0] < LEASE_SECONDS:
            raise OSError("no database")
        await receive(self, new, job_id)

    monkeypatch.setattr(JobStore, "receive", fail_for_a_lease)
    expect_errors("could not be noted")
    async with stage.bot():
        card = await stage.stylize()
        while time.monotonic() - failed[0] < LEASE_SECONDS:
            assert not card.now["components"]
            await asyncio.sleep(0.05)
        await card.until(READY)
    assert await commands(stage) == []


async def test_a_hiccup_while_a_command_is_noted_leaves_no_second_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, expect_errors: Expected
) -> None:
    """It would be told to be sent again, though it was painted."""
    receive, told = JobStore.receive, list[str]()

    async def receive_and_fail(self: JobStore, new: NewJob, job_id: str) -> None:
        await receive(self, new, job_id)
        told.append(job_id)
        if len(told) == 1:
            raise OSError("a hiccup after the deed")

    async def fail(self: JobStore, job_id: str, message_id: int) -> None:
        raise OSError("a hiccup")

    monkeypatch.setattr(JobStore, "receive", receive_and_fail)
    monkeypatch.setattr(JobStore, "set_card", fail)
    expect_errors("could not be noted")
    async with stage.bot():
        card = await stage.stylize()
        await card.until(READY)
    assert told == [card.job_id] * 2
    assert await commands(stage) == []


async def test_a_command_that_was_never_acknowledged_is_forgotten(stage: Stage) -> None:
    async with stage.bot():
        address = Address(
            requester_id=1,
            guild_id=stage.chat.home.id,
            channel_id=stage.chat.channel().id,
            message_id=0,
            bot_is_member=True,
            interaction_token="never-answered",
            application_id=stage.chat.application_id,
        )
    async with store(stage) as opened:
        spec = JobSpec(options=Options(), max_result_bytes=1)
        deleted = replace(address, message_id=5, interaction_token="deleted")
        for each in (address, deleted):
            await opened.receive(NewJob(address=each, spec=spec), new_id())
    async with stage.bot():
        await asyncio.sleep(1)
    assert await commands(stage) == []
    assert stage.history == {}


async def test_what_is_refused_or_queued_is_not_cut_off(stage: Stage) -> None:
    stage.hold()
    async with stage.bot():
        queued, refused = await stage.stylize(), await stage.stylize(style=PHOTO)
        await queued.until("Painting")
        await refused.until("That did not work")
        await asyncio.sleep(0.2)
    assert await commands(stage) == []


async def test_cards_say_that_the_bot_restarts_and_go_on_by_themselves(stage: Stage) -> None:
    stage.hold()
    async with stage.bot():
        # Each channel has its own limit of edits.
        running = await stage.stylize("Ada", channel="painting")
        await running.until("Painting")
        waiting = await stage.stylize("Bob", channel="gallery")
        await waiting.until("Waiting")
    for card in (running, waiting):
        assert card.titles[-1] == PAUSED
        assert "The bot is restarting; your picture will go on by itself." in card.text
    stage.release()
    async with stage.bot():
        for card in (running, waiting):
            await card.until(READY)
            await stage.until_reply(card)
    assert waiting.titles.count(PAUSED) == 1


async def test_buttons_work_when_bot_and_local_chat_were_restarted(tmp_path: Path) -> None:
    """As with `make run`, where both are one process and the chat is kept in the data folder."""
    settings = load_settings(data_dir=tmp_path, devices=("cpu",))

    @asynccontextmanager
    async def both() -> AsyncIterator[Stage]:
        async with local_chat(0, keep_in=tmp_path / "local_chat") as (chat, server):
            stage = Stage(chat, server, settings)
            async with stage.bot():
                yield stage

    async with both() as stage:
        card = await stage.stylize("Ada")
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    async with both() as stage:
        message = stage.chat.message_json(card.id)
        again = buttons(message)["Another version"]["custom_id"]
        await stage.chat.person("Ada").press(card.id, again)
        await until(lambda: _cards(stage) == [READY, READY])


def _cards(stage: Stage) -> list[str]:
    return [title(each) for each in stage.chat.messages() if each["components"]]


async def test_a_finished_card_is_left_alone(stage: Stage) -> None:
    async with stage.bot():
        card = await stage.stylize()
        await card.until(READY)
        await stage.until_reply(card)
    assert PAUSED not in card.titles


async def test_a_chat_that_does_not_answer_does_not_delay_the_end(stage: Stage) -> None:
    stage.hold()
    async with stage.bot():
        card = await stage.stylize()
        await card.until("Painting")
        await until(lambda: "75%" in card.text)
        stage.chat.faults.next("PATCH", EDIT, delay=30, times=9)
        late = asyncio.create_task(ask_late(stage))
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert card.titles[-1] == "Painting"
    assert await late == "The bot is about to restart. Please try again in a minute."


async def ask_late(stage: Stage) -> str:
    """Send a command while the bot takes its leave; returns the answer."""
    await asyncio.sleep(0.5)
    given = {"content": PHOTO, "style": STYLE}
    return stage.answer_to(await stage.chat.person("Bob").run("stylize", given))
