"""A short run of the benchmark that throws damaged files and records at their readers."""

from __future__ import annotations

import pytest

from benchmarks.fuzz import BATCH, Findings, fuzz
from benchmarks.fuzzed import LARGEST


@pytest.mark.slow
async def test_damaged_files_and_records() -> None:
    found = Findings()
    await fuzz(found, seconds=60, seed=7, files=BATCH)

    assert found.faults == []
    assert found.outcomes["clean"] > 10
    assert found.outcomes["refused"] > 100
    assert found.outcomes["alone: clean"] + found.outcomes["alone: refused"] == 1
    assert found.outcomes["recording: refused"] > 10
    assert 0 < found.largest <= LARGEST
