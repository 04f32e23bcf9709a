"""A short flood; `python -m benchmarks.flood` is the long one."""

from __future__ import annotations

import pytest

from benchmarks.flood import measure
from tests.corpus.bad import scan_bomb

MIB = 2**20


@pytest.mark.slow
@pytest.mark.parametrize("limited", [True, False], ids=["limits", "no limits"])
async def test_others_are_painted_beside_a_flood(limited: bool) -> None:
    commands, people = 8, 2
    verdict = await measure(commands, people, bomb=scan_bomb(10), limited=limited)
    assert len(verdict.seconds) == people
    assert verdict.ended < commands / 2, "of the flood most was still to be checked"
    assert verdict.files <= 4 + 2 * people
    assert verdict.disk < 400 * MIB
