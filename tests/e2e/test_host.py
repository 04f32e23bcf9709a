"""What the host does beside a running bot, which follows within seconds."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from localchat import Fault
from tests.docs.test_hosting import blocks
from tests.e2e.conftest import Expected
from tests.e2e.playing import READY, act
from tests.e2e.support import PHOTO, QUICK, STYLE, Card, Stage, buttons, until
from tests.e2e.test_me import exported
from tests.e2e.test_starting import STUBBORN, starting

ROOT: Final = Path(__file__).parents[2]
ATTENTIVE: Final = replace(QUICK, host=0.05)


@pytest.fixture(autouse=True)
def folder(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_DATA_DIR", str(stage.settings.data_dir))


async def host(*arguments: str, exit_code: int = 0, sent: bytes | None = None) -> str:
    """Run `stylize-bot` while the bot goes on, with what is sent in; return what it says."""
    done = await asyncio.to_thread(CliRunner().invoke, cli, arguments, input=sent)
    assert done.exit_code == exit_code, (done.output, done.exception)
    return done.output


async def told(stage: Stage, who: str = "Ada", command: str = "queue") -> str:
    """Give a command; return what only that person is told."""
    given = {"content": PHOTO, "style": STYLE} if command == "stylize" else {}
    return stage.answer_to(await stage.chat.person(who).run(command, given))


def person_id(stage: Stage, who: str) -> str:
    return str(stage.chat.person(who).user.id)


async def test_jobs(stage: Stage) -> None:
    async with stage.bot(timings=ATTENTIVE):
        stage.hold()
        running, waiting = await stage.stylize("Ada"), await stage.stylize("Bo")
        await stage.until_runs(1)
        await waiting.until("picture is next")
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "bot", "jobs", "list"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        first, second = done.stdout.splitlines()[1:]
        assert first.split()[:2] == [running.job_id, "running"]
        assert re.search(r" px  cpu +\d+ s +Art café +Ada$", first), first
        assert second.endswith("Bo")
        assert any(place.endswith(running.job_id) for place in (await host("nodes")).splitlines())
        assert "Painting is paused" in await host("jobs", "pause")
        assert "is cancelled; its card says so." in await host("jobs", "cancel", waiting.job_id)
        await waiting.until("Cancelled")
        await stage.until_delivered(waiting.job_id)
        assert "already" in await host("jobs", "cancel", waiting.job_id, exit_code=1)
        said = await host("jobs", "retry", waiting.job_id)
        again = said.split()[3].rstrip(";")
        assert "it is queued" in await host("jobs", "retry", again, exit_code=1)
        stage.release()
        await running.until(READY)
        await waiting.until("picture is next")
        await until(lambda: "Painting is paused for now" in waiting.text)
        assert "about" not in waiting.text  # nobody knows how long it takes
        assert "Pictures that are not finished yet: 1" in await host("jobs", "drain")
        assert "takes no new ones for now" in await told(stage, command="stylize")
        assert len(stage.runs) == 1
        await host("jobs", "resume")
        await waiting.until(READY)
        assert [job for job, _ in stage.runs] == [running.job_id, again]
        assert "Nothing is left." in await host("jobs", "drain", "--wait")
        await host("jobs", "resume")
        await stage.until_delivered(again)
        used = await host("usage")
        ada, bo = (person_id(stage, name) for name in ("Ada", "Bo"))
        assert re.search(rf"{ada} +1 +1 +0 +[\d.]+ s +Ada\n", used), used
        assert re.search(rf"{bo} +2 +1 +0 +[\d.]+ s +Bo\n", used), used
        assert re.search(r" 3 +2 +0 .* Art café\n", await host("usage", "--by", "server"))
        assert "Forgot 3 jobs" in await host("jobs", "purge", "--days", "0")


async def test_a_job_that_is_tried_again_is_brought_though_that_cannot_be_noted(
    stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("asked for")
    async with stage.bot(timings=ATTENTIVE):
        stage.hold()
        await stage.stylize("Ada")
        waiting = await stage.stylize("Bo")
        await host("jobs", "cancel", waiting.job_id)
        await stage.until_delivered(waiting.job_id)
        await stage.change(
            "CREATE TRIGGER full BEFORE UPDATE OF delivered ON jobs "
            f"WHEN old.id = '{waiting.job_id}' BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        await host("jobs", "retry", waiting.job_id, exit_code=1)
        stage.release()
        await waiting.until(READY)


async def test_bans(stage: Stage) -> None:
    async with stage.bot(timings=ATTENTIVE):
        stage.hold()
        running, waiting = await stage.stylize("Ada"), await stage.stylize("Ada")
        await stage.until_runs(1)
        await waiting.until("picture is next")
        ada, server = person_id(stage, "Ada"), str(stage.chat.guilds[0].id)
        await host("ban", "person", ada, "--reason", "Flooding.")
        await waiting.until("could not be painted")
        assert "that you cannot use it at the moment" in waiting.text
        for command in ("stylize", "queue", "my settings"):
            said = await told(stage, command=command)
            assert said.startswith("Sorry: whoever runs this bot has decided that you")
            assert said.endswith("Their reason: Flooding.")
        assert "Sorry" in await stage.press(running, "Cancel")
        assert "It cannot be undone." in await told(stage, command="my delete")
        assert "Waiting" in await told(stage, "Bo")
        stage.release()
        await running.until(READY)
        assert (await exported(stage, "Ada"))["ban"] == "Flooding."
        listed = await host("ban", "list")
        assert re.search(rf"person +{ada} +Ada +[-0-9]+ [:0-9]+ +Flooding\.$", listed.strip())
    async with stage.bot(timings=ATTENTIVE):
        assert "Sorry" in await told(stage)
        await host("allow", "person", ada)
        assert "Nothing is being painted" in await told(stage)
        await host("ban", "server", server)
        said = await told(stage, "Bo", command="stylize")
        assert "it cannot be used in this server" in said
        await host("allow", "server", server)
        await (await stage.stylize("Bo")).until(READY)


async def test_messages(stage: Stage) -> None:
    async with stage.bot(timings=ATTENTIVE):
        assert "Announced." in await host("announce", "We move on Friday.")
        stage.hold()
        card = await stage.stylize()
        assert "-# 📢 We move on Friday. · <t:" in card.text
        await card.until_still()
        assert "-# 📢 We move on Friday. · <t:" in card.text
        assert "We move on Friday." in await told(stage)
        start = Card(stage, await stage.chat.person("Bob").run("help"))
        page = await act(stage, start, next(iter(buttons(start.now))), "Bob")
        assert "We move on Friday." in page.text
        refused = await stage.stylize("Bob", style=PHOTO)
        await refused.until("That did not work")
        assert "We move on Friday." in refused.text
        stage.release()
        await card.until(READY)
        custom_id = buttons(card.now)["Photo's colours"]["custom_id"]
        await stage.chat.person("Ada").press(card.id, custom_id)
        await until(lambda: "Style's colours" in buttons(card.now))
        assert "We move on Friday." in card.text
        stage.hold()
        card = await stage.stylize()
        await card.until_still()
        assert "300 are the most" in await host("announce", "long " * 70, exit_code=1)
        await host("announce")
        await host("maintenance", "Back at six.")
        for command in ("stylize", "queue"):
            assert await told(stage, command=command) == "The bot is having a break: Back at six."
        stage.release()
        await card.until(READY)
        assert "Friday" not in card.text
        assert "having a break" in await stage.press(card, "Less style")
        assert "It cannot be undone." in await told(stage, command="my delete")
        await host("maintenance")
        assert "Nothing is being painted" in await told(stage)


async def test_what_is_decided_while_the_bot_is_down_or_starts(
    stage: Stage, expect_errors: Expected
) -> None:
    async with stage.bot(timings=ATTENTIVE):
        ada, bo = (person_id(stage, name) for name in ("Ada", "Bo"))
    assert "it follows this" in await host("ban", "person", ada)
    expect_errors("Unclosed")
    down = stage.chat.faults.start(Fault(status=503))
    async with starting(stage, replace(STUBBORN, host=0.05)) as there:
        await until(lambda: down.struck >= 2)
        assert await host("ban", "person", bo) == "Banned.\n"
        stage.chat.faults.stop()
        await there.wait()
        for name in ("Ada", "Bo"):
            assert "Sorry: whoever runs this bot" in await told(stage, name)


async def test_what_waits_with_a_blocked_photo_ends_at_once(stage: Stage) -> None:
    async with stage.bot(timings=ATTENTIVE):
        stage.hold()
        running, waiting = await stage.stylize("Ada"), await stage.stylize("Bo")
        await stage.until_runs(1)
        await waiting.until("picture is next")
        assert "Blocked." in await host("photos", "block", "--job", running.job_id)
        await waiting.until("could not be painted")
        assert "looks like a picture that was taken down" in waiting.text
        assert len(stage.runs) == 1
        stage.release()
        await running.until(READY)


async def test_what_the_page_for_hosts_says_can_be_typed(stage: Stage) -> None:
    """The commands that stand under “While it runs”, in their order, and those to look after it."""
    (block,) = blocks("docs/hosting.md", "sh", "While it runs")
    async with stage.bot(timings=ATTENTIVE):
        stage.hold()
        card = await stage.stylize()
        await stage.until_runs(1)
        ids = {
            "jobs": card.job_id,
            "ban": person_id(stage, "Ada"),
            "allow": person_id(stage, "Ada"),
        }
        for line in ["- jobs show ID", "- nodes", "- health", *block.splitlines()]:
            typed, _, file = line.partition(" < ")
            _, *words = shlex.split(typed, comments=True)
            given = [ids[words[0]] if word == "ID" else word for word in words]
            await host(*given, sent=PHOTO.data if file else None)
        await card.until("Cancelled")
        assert await told(stage) == "The bot is having a break: Back at six."
        await host("maintenance")
        await host("jobs", "resume")
        blocked = await stage.stylize("Bo")
        await blocked.until("That did not work")
        assert "looks like a picture that was taken down" in blocked.text
        assert "📢 We move on Friday." in blocked.text
