"""A backup of a bot at work, and a bot on an empty machine that goes on from it."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import URL

from backend.jobs.model import JobState
from backend.settings import Settings
from localchat import MEMBER_PERMISSIONS, Interaction, Permission
from tests.backend.conftest import postgres
from tests.e2e.playing import READY, act
from tests.e2e.support import PHOTO, STYLE, Card, Option, Stage, until
from tests.postgres import database

__all__ = ["postgres"]

REPOSITORY = Path(__file__).parents[2]
MODERATOR = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES


async def call(settings: Settings, *arguments: str) -> str:
    """Run `stylize-bot` as a host does, beside the bot."""
    url = settings.database_url
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "STYLIZE_DATA_DIR": str(settings.data_dir),
            "STYLIZE_DATABASE_URL": url.get_secret_value() if url else "",
        },
        stdout=PIPE,
        stderr=PIPE,
    )
    out, said = await process.communicate()
    assert (process.returncode, out) == (0, b""), said
    return said.decode()


@pytest.mark.slow
async def test_an_empty_machine_goes_on_from_a_backup_of_a_bot_at_work(
    stage: Stage, tmp_path: Path
) -> None:
    mo = stage.chat.person("Mo", MODERATOR)
    people = [f"Person {number}" for number in range(10)]
    archive = tmp_path / "bot.tar"
    async with stage.bot():
        finished = await stage.stylize("Ada", seed=7)
        await finished.until(READY)
        await stage.until_delivered(finished.job_id)
        await mo.run("style add", {"name": "Quadrants", "picture": STYLE})
        await mo.run("settings change", {"max_size": 512})
        stage.hold(silently=False)
        first, *others = [who for who in people for _ in range(2)]
        running = await asked(stage, first)
        await running.until_still()
        waiting = [await asked(stage, who) for who in others]
        for card in waiting:
            await card.until("Waiting")
        said = await call(stage.settings, "backup", str(archive))
        assert "Backed up the database and " in said
    lost, new = stage.settings.data_dir, tmp_path / "new"
    lost.rename(tmp_path / "lost")

    stage.settings = stage.settings.model_copy(update={"data_dir": new})
    assert "Restored the database and " in await call(stage.settings, "restore", str(archive))
    async with stage.bot():
        for card in (running, *waiting):
            await card.until(READY)
        assert [line.split()[0] for line in stage.resumed] == [running.job_id]
        again = await act(stage, finished, "More style", "Eve")
        await again.until(READY)
        assert "Largest size (px): **512**" in await shown(stage, await mo.run("settings show"))
        assert "Quadrants" in await shown(stage, await mo.run("style list"))
    jobs = await stage.jobs(*(card.job_id for card in (finished, running, *waiting)))
    assert {job.state for job in jobs} == {JobState.DONE}
    assert len(stage.runs) == 21  # none of them twice


@pytest.mark.slow
async def test_a_bot_moves_to_postgresql(
    stage: Stage, tmp_path: Path, postgres: URL | None
) -> None:
    if postgres is None:
        pytest.skip("no PostgreSQL")
    archive = tmp_path / "bot.tar"
    async with stage.bot():
        finished = await asked(stage, "Ada")
        await finished.until(READY)
        stage.hold(silently=False)
        running = await asked(stage, "Ada")
        await running.until_still()
        waiting = await asked(stage, "Bob")
        await waiting.until("Waiting")
    await call(stage.settings, "backup", str(archive))
    with database(postgres) as url:
        address = SecretStr(url.render_as_string(hide_password=False))
        moved = {"data_dir": tmp_path / "new", "database_url": address}
        stage.settings = stage.settings.model_copy(update=moved)
        await call(stage.settings, "restore", str(archive))
        async with stage.bot():
            for card in (running, waiting):
                await card.until(READY)
            await (await act(stage, finished, "More style", "Eve")).until(READY)
    assert [line.split()[0] for line in stage.resumed] == [running.job_id]


async def asked(stage: Stage, who: str) -> Card:
    """Ask for a picture in a style of the shelf."""
    given: dict[str, Option] = {"content": PHOTO, "style_name": "Night wind", "size": 64}
    return Card(stage, await stage.chat.person(who).run("stylize", given))


async def shown(stage: Stage, interaction: Interaction) -> str:
    """Return all words of an answer."""
    card = Card(stage, interaction)
    await until(lambda: bool(card.states) and bool(card.text))
    return card.text
