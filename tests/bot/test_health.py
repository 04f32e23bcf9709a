"""The sign of life."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from bot import health


async def beat(data_dir: Path, *, well: bool) -> None:
    beating = asyncio.create_task(health.keep_beating(data_dir, lambda: well))
    await asyncio.sleep(0.1)
    beating.cancel()


async def test_a_bot_that_is_connected_is_well(tmp_path: Path) -> None:
    assert health.trouble(tmp_path) == "The bot has not been connected yet."
    await beat(tmp_path, well=True)
    assert health.trouble(tmp_path) is None


async def test_a_bot_that_is_not_gives_no_sign(tmp_path: Path) -> None:
    await beat(tmp_path, well=False)
    assert health.trouble(tmp_path) == "The bot has not been connected yet."


def test_a_bot_that_was(tmp_path: Path) -> None:
    asyncio.run(beat(tmp_path, well=True))
    (sign,) = tmp_path.iterdir()
    os.utime(sign, (0, time.time() - 100))
    assert health.trouble(tmp_path) == "The bot was last connected 100 seconds ago."


async def test_a_folder_that_is_gone_does_not_end_the_bot(tmp_path: Path) -> None:
    beating = asyncio.create_task(health.keep_beating(tmp_path / "gone", lambda: True))
    await asyncio.sleep(0.1)
    assert not beating.done()
    beating.cancel()
