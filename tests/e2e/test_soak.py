"""A short soak; `python -m benchmarks.soak` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fairness import jain
from benchmarks.fates import FATES
from benchmarks.soak import measure


@pytest.mark.slow
async def test_many_people_and_much_mischief(tmp_path: Path) -> None:
    verdict = await measure(jobs=16, people=4, servers=2, seed=3, folder=tmp_path)
    assert verdict.wrong == []
    assert sum(verdict.fates.values()) == 16
    assert verdict.fates[FATES["Your picture is ready"][0]] > 8
    assert len(verdict.mischief) > 2
    assert "never retrieved" not in (tmp_path / "bot.log").read_text()


def test_the_index_of_fairness() -> None:
    assert jain([3, 3, 3]) == 1
    assert jain([9, 0, 0]) == pytest.approx(1 / 3)
