"""One more option of a job is one more field: the way from the order to the worker knows none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bot
import nst

ROOT = Path(bot.__file__).parents[1]
assert Path(nst.__file__).parents[1] == ROOT

BOT = """
import asyncio, sys
from pathlib import Path
from backend.database.sqlite import SqliteFile
from backend.engine.pool import PoolEngine
from backend.files.uses import UPLOADS
from backend.jobs.model import Address, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from backend.records import JobSpec, JobStyle
from nst.options import Options
from tests.backend.images import stored_image

async def main(folder):
    image = stored_image("photo")
    spec = JobSpec(
        options=Options(sparkle=7), urgency="high", content=image,
        styles=(JobStyle(image=image),), max_result_bytes=1,
    )
    address = Address(requester_id=1, guild_id=1, channel_id=1, message_id=1, bot_is_member=True,
                      interaction_token="", application_id=1)
    async with (
        JobStore(SqliteFile(folder / "jobs.sqlite"), folder) as store,
        PoolEngine(["cpu"], store.files, painter="tests.bot.made_up:load") as engine,
        JobQueue(store, engine) as queue,
    ):
        await store.uses.keep(UPLOADS, dict.fromkeys(image.files, b"picture"))
        job = await queue.submit(NewJob(address=address, spec=spec))
        assert (await store.get(job.id)).spec == spec
        done = [update.job async for update in queue.watch(job.id)][-1]
        print((await store.files.get(done.result.file)).decode())

asyncio.run(main(Path(sys.argv[1])))
"""


_SPARKLE = 'sparkle: int = field(default=0, metadata=_about(within(0, 9), "How much it sparkles."))'


@pytest.mark.slow
def test_a_made_up_option_reaches_the_worker(tmp_path: Path) -> None:
    """Of the way there, none of the rooms is touched: orders, rows, frames, engine."""
    for package in ("backend", "bot", "nst"):
        ignored = shutil.ignore_patterns("__pycache__", "LC_MESSAGES", "*.jpg")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    add_field(tmp_path / "nst" / "options.py", "    weights: str = field(", _SPARKLE)
    records = tmp_path / "backend" / "records.py"
    add_field(records, "    private: bool = False", 'urgency: str = "low"')
    done = subprocess.run(
        [sys.executable, "-P", "-c", BOT, str(tmp_path / "data")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, ROOT)))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"sparkle": 7, "urgency": "high"}


def add_field(file: Path, before: str, field: str) -> None:
    text = file.read_text()
    assert text.count(f"{before}\n") == 1
    file.write_text(text.replace(f"{before}\n", f"    {field}\n{before}\n"))
