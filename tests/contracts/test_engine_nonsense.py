"""Workers that say anything at all: no run is left without an end, no device without a worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.errors import JobFailed
from backend.files.local import LocalFiles
from tests.contracts.conftest import nothing, pool
from tests.contracts.requests import request_for

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside),
    max_leaves=6,
)
KINDS = st.sampled_from(["progress", "done", "failed", "ready", "broken", "run", ""]) | JSON
FIELDS = st.sampled_from(
    ["step", "fraction", "seconds_left", "suffix", "result", "words", "trace", "notes", "raw"]
)


def say(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Return a line that is JSON, or nearly, and means nothing."""
    fields = draw(st.dictionaries(FIELDS, JSON, max_size=5))
    said = say(kind=draw(KINDS), **fields)
    return draw(st.sampled_from([said, said[:-2] + b"\n", said[:-1]])) + draw(st.binary(max_size=9))


@pytest.mark.slow
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(nonsense=b"[" * 100_000 + b"\n")
@example(nonsense=b"[1, 2]\n")
@example(nonsense=say(kind="failed", words=None, trace=None))
@example(nonsense=say(kind="failed", words={"template": "{a}", "values": [1]}, trace=""))
@example(nonsense=say(kind="failed", words={"template": "", "values": 7}, trace=""))
@example(nonsense=say(kind="done", suffix=".png", raw=1, recording=1, notes=[[1]]))
@example(nonsense=say(kind="done", suffix=".png", raw=0, recording=0, notes=["a"]))
@given(nonsense=lines())
async def test_whatever_a_worker_says_its_run_ends_and_the_next_one_is_served(
    nonsense: bytes, files: LocalFiles
) -> None:
    async with pool(Path(files.address), restart_delay=0.01) as engine, asyncio.timeout(60):
        with contextlib.suppress(JobFailed):
            await engine.run(request_for(f"nonsense:{nonsense.hex()}", "first"), nothing)
        await engine.run(request_for("instant", "second"), nothing)
