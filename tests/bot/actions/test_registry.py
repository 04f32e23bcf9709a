"""A made-up action, from its record to a press in the local chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

import discord
import pytest
from discord import ui

from backend.errors import JobNotFound, UserError
from backend.i18n import Text, words_for
from backend.jobs.model import Job, JobState
from bot.actions.registry import Actions, ActionSpec
from bot.actions.rights import check_may_change, check_moderator
from bot.client import StylizeClient
from bot.ui.buttons import JobButton
from bot.ui.form import FormLayout, Submission
from bot.ui.language import words_of
from bot.ui.layouts import layout
from localchat import Interaction, LocalChat, Permission, Upload
from localchat.discord_py import running
from tests.bot.ui.test_fullest import fullest
from tests.localchat.chat import png

GLOW: Final = JobButton("glow", Text("Less style"))  # a label that is in the catalogues
JOB: Final = replace(
    fullest(JobState.DONE), spec=replace(fullest(JobState.DONE).spec, private=False)
)
JOBS: Final = {
    JOB.id: JOB,
    "running": replace(JOB, id="running", state=JobState.RUNNING),
    "private": replace(JOB, id="private", spec=replace(JOB.spec, private=True)),
}


async def find_job(job_id: str) -> Job:
    if job_id not in JOBS:
        raise JobNotFound("This picture is not kept any more. Please ask for it again.")
    return JOBS[job_id]


async def glow(interaction: discord.Interaction[Any], job: Job) -> None:
    await interaction.response.send_message(f"{job.id} glows", ephemeral=True)


async def choose(interaction: discord.Interaction[Any], values: list[str], what: str) -> None:
    await interaction.response.send_message(f"{what}: {values}", ephemeral=True)


async def fail(interaction: discord.Interaction[Any], job: Job) -> None:
    raise RuntimeError("nobody foresaw this")


async def wish_form(interaction: discord.Interaction[Any], who: str) -> FormLayout:
    text: ui.TextInput[Any] = ui.TextInput(required=False)
    form = FormLayout("A wish", partial(wish, who)).add("wish", "What do you wish?", text)
    return form.add("proof", "Proof", ui.FileUpload(min_values=0, max_values=1, required=False))


async def wish(who: str, interaction: discord.Interaction[Any], filled: Submission) -> None:
    if filled.text("wish") == "nothing":
        raise UserError("There is no picture in this message.")
    said = f"{who}: {filled.text('wish')} {[each.filename for each in filled.uploads('proof')]}"
    await interaction.response.send_message(said, ephemeral=True)


SPECS: Final = [
    ActionSpec(GLOW, glow),
    ActionSpec(JobButton("dim", Text("x")), glow, may=check_may_change),
    ActionSpec(JobButton("break", Text("x")), fail, states=(JobState.RUNNING,)),
    ActionSpec("choose-(?P<what>[a-z]+)", choose, may=check_moderator),
    ActionSpec("wish:(?P<who>[a-z]+)", wish_form, is_form=True),
]


def _message(interaction: discord.Interaction[Any]) -> ui.LayoutView:
    words = words_of(interaction)
    jobs = [GLOW(words, job_id) for job_id in (JOB.id, "running", "private", "gone")]
    others = ("dim:" + JOB.id, "break:running", "wish:ada", "nobody:knows")
    menu: ui.Select[Any] = ui.Select(
        custom_id="choose-fruit", options=[discord.SelectOption(label="pear")]
    )
    return layout(
        ui.ActionRow(*jobs),
        ui.ActionRow(*(ui.Button(label="…", custom_id=each) for each in others)),
        ui.ActionRow(menu),
    )


class Board:
    """A message with all of these controls, and what is said when somebody uses them."""

    def __init__(self, chat: LocalChat, message_id: int) -> None:
        self.chat = chat
        self.message_id = message_id

    async def press(self, custom_id: str, *values: str, who: str = "Ada", **person: Any) -> str:
        somebody = self.chat.person(who, **person)
        return self.said(await somebody.press(self.message_id, custom_id, values))

    def said(self, interaction: Interaction) -> str:
        return self.chat.message(interaction.response_message_id or 0).content


@pytest.fixture
async def board(local_chat: LocalChat, discord_py: None) -> AsyncIterator[Board]:
    preferences: Any = SimpleNamespace(
        language=lambda user_id: None, server=lambda guild_id: SimpleNamespace(language=None)
    )
    client = StylizeClient(preferences, guild_ready_timeout=0.05)
    client.add_listener(Actions(SPECS, find_job, preferences).answer, "on_interaction")

    @client.tree.command(description="Show the board")
    async def board(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(view=_message(interaction))

    @client.tree.command(description="Cannot be done")
    async def never(interaction: discord.Interaction[Any]) -> None:
        raise UserError("There is no finished picture here.")

    async with running(client, local_chat):
        shown = await local_chat.person("Ada").run("board")
        yield Board(local_chat, shown.response_message_id or 0)


async def test_a_made_up_action_is_pressed(board: Board) -> None:
    assert await board.press(f"glow:{JOB.id}") == f"{JOB.id} glows"
    assert "another version of the bot" in await board.press("nobody:knows")


async def test_states_and_rights_are_those_of_the_record(board: Board) -> None:
    for job_id in ("running", "private"):
        assert "no finished picture here" in await board.press(f"glow:{job_id}")
    assert "not kept any more" in await board.press("glow:gone")
    assert "Only <@" in await board.press(f"dim:{JOB.id}")
    assert "Only moderators" in await board.press("choose-fruit", "pear")
    boss = Permission.MANAGE_MESSAGES | Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
    chosen = await board.press("choose-fruit", "pear", who="Mo", permissions=boss)
    assert chosen == "fruit: ['pear']"


async def test_who_presses_is_told_of_failures_in_their_language(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    assert "went wrong on our side" in await board.press("break:running")
    assert "nobody foresaw this" in caplog.text
    said = await board.press("glow:gone", who="Jo", locale="de")
    assert said == words_for("de")("This picture is not kept any more. Please ask for it again.")
    jo = board.chat.person("Jo", locale="de")
    said = board.said(await jo.run("never"))
    assert said == words_for("de")("There is no finished picture here.")


async def test_a_form_is_answered_and_mended(board: Board) -> None:
    ada = board.chat.person("Ada")
    form = await ada.press(board.message_id, "wish:ada")
    assert board.said(await ada.submit(form, {"wish": "rain"})) == "ada: rain []"
    proof = Upload("proof.png", png(), "image/png")
    refused = await ada.submit(form, {"wish": "nothing", "proof": [proof]})
    assert "no picture in this message" in board.said(refused)
    message = board.chat.message(refused.response_message_id or 0)
    again = message.components[0]["components"][0]["custom_id"]
    mended = await ada.press(message.id, again)
    assert mended.modal is not None
    assert mended.modal["components"][0]["component"]["value"] == "nothing"
    assert board.said(await ada.submit(mended, {"wish": "sun"})) == "ada: sun ['proof.png']"
