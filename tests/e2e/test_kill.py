"""A short kill test; `python -m benchmarks.kill` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kill import measure


@pytest.mark.slow
async def test_whatever_is_killed_every_command_comes_to_an_explained_end(tmp_path: Path) -> None:
    verdict = await measure(kills=5, worker_kills=3, seed=2, folder=tmp_path)
    assert verdict.wrong == []
    assert verdict.fates["painted"] > 0
    assert "Traceback" not in (tmp_path / "bot.log").read_text()
