"""The words and the value of the time left stand in one file each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nst.edited import run_edited

_SCRIPT = """
import asyncio
from pathlib import Path
from backend.database.sqlite import SqliteFile
from backend.i18n import words_for
from backend.jobs.model import Address, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from backend.records import JobSpec, JobStyle
from bot.ui.board import board
from bot.ui.cards import job_card
from nst.options import Options
from tests.backend.images import stored_image
from tests.backend.jobs.support import Script, hold

import backend, bot
assert any(Path.cwd() in Path(package.__file__).parents for package in (backend, bot))

def order(person):
    address = Address(requester_id=person, guild_id=1, channel_id=1, message_id=1,
                      bot_is_member=True, interaction_token="", application_id=1)
    styles = (JobStyle(image=stored_image("style")),)
    return NewJob(address=address, spec=JobSpec(
        options=Options(), content=stored_image("content"), styles=styles, max_result_bytes=1))

async def main(folder, engine, words):
    async with (
        JobStore(SqliteFile(folder / "jobs.sqlite"), folder) as store,
        JobQueue(store, engine) as queue,
    ):
        await hold(store)
        running = await queue.submit(order(1))
        await engine.until_started(1)
        engine.progress(running.id, 0.5, left=20.0)  # after one second
        await queue.submit(order(2))
        updates = queue.overview()
        print(board(updates, 2, words))
        for update in updates:
            print(job_card(update, words).view.to_components())

asyncio.run(main(Path("data"), Script(), words_for("en-US")))
"""


@pytest.mark.slow
def test_as_it_is(tmp_path: Path) -> None:
    said = run_edited(tmp_path, _SCRIPT, package="bot")
    assert (said.count("ready in about 20 s"), said.count("ready in about 41 s")) == (2, 2)


@pytest.mark.slow
def test_other_words(tmp_path: Path) -> None:
    other = '    return "nearly there"\n'
    said = run_edited(
        tmp_path,
        _SCRIPT,
        package="bot",
        insert=[("ui/words.py", "    if seconds < 2:\n", other)],
    )
    assert said.count("nearly there") == 4
    assert "ready in" not in said


@pytest.mark.slow
def test_another_value(tmp_path: Path) -> None:
    """As if everything took a second longer than anybody thinks."""
    later = "    ends = [end + 1 for end in ends]\n"
    reported = """\
        import dataclasses
        progress = dataclasses.replace(progress, seconds_left=progress.seconds_left + 1)
"""
    said = run_edited(
        tmp_path,
        _SCRIPT,
        package="backend",
        insert=[
            ("jobs/eta.py", "        started = time.monotonic() - progress.seconds\n", reported),
            ("jobs/eta.py", "    return [None if end == unknown", later),
        ],
    )
    assert (said.count("ready in about 21 s"), said.count("ready in about 44 s")) == (2, 2)
