"""What an engine and its workers tell each other comes out as it went in, or is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.codec import Unreadable
from backend.engine.messages import (
    FROM_WORKER,
    TO_WORKER,
    Failure,
    FromWorker,
    PaintOrder,
    PictureDone,
    ProgressReport,
    StopOrder,
    WorkerReady,
)
from backend.engine.protocol import EngineProgress, EngineRequest, output
from backend.records import JobSpec, JobStyle, ResultFile
from nst.options import Options
from nst.text import Text
from tests.backend.images import stored_image

SPEC = JobSpec(
    options=Options(size=300, style_layers={"relu1_1": 2.0}, style_scale=1),
    content=stored_image("content", "фото🖼\x00.png"),
    styles=(JobStyle(image=stored_image("style"), weight=0.5, credit="Hokusai"),),
    max_result_bytes=10,
    mask=stored_image("mask"),
    parent_id="parent",
    start_from=output("parent", "-raw.png"),
    strengths=(10, 90),
    locale="ja",
    private=True,
    spoiler=True,
)
PROGRESS = EngineProgress(
    step=3, steps=9, fraction=1 / 3, seconds=1.5, seconds_left=None, total_loss=math.inf
)
RESULT = ResultFile(
    file=output("job", ".jpg"),
    width=8,
    height=6,
    seconds=2.5,
    steps=9,
    stopped_early=True,
    raw=output("job", "-raw.png"),
    notes=(Text("It was {size} px.", size=Text("{n} small", n=3)),),
)


@pytest.mark.parametrize(
    "message",
    [PaintOrder(EngineRequest(job_id="job", spec=SPEC, timeout=60.5)), StopOrder("job")],
    ids=["run", "stop"],
)
def test_orders(message: PaintOrder | StopOrder) -> None:
    assert TO_WORKER.decode(TO_WORKER.encode(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        WorkerReady(),
        ProgressReport(PROGRESS),
        PictureDone(RESULT),
        Failure(Text("No {what}.", what="model"), "trace"),
    ],
    ids=["ready", "progress", "done", "failed"],
)
def test_answers(message: FromWorker) -> None:
    assert FROM_WORKER.decode(FROM_WORKER.encode(message)) == message


@given(preview=st.binary(max_size=2000))
def test_a_preview_is_any_bytes_and_the_message_one_line(preview: bytes) -> None:
    report = ProgressReport(replace(PROGRESS, preview=preview))
    assert "\n" not in FROM_WORKER.encode(report)
    assert FROM_WORKER.decode(FROM_WORKER.encode(report)) == report


def test_a_loss_that_is_no_number_is_said() -> None:
    report = ProgressReport(replace(PROGRESS, total_loss=math.nan))
    decoded = FROM_WORKER.decode(FROM_WORKER.encode(report))
    assert isinstance(decoded, ProgressReport)
    assert math.isnan(decoded.progress.total_loss)


@pytest.mark.parametrize("head", [b"[]", b"7", b"{}", b"{", b"\xff\xfe", b'{"kind": "x"}'])
def test_what_is_no_message_is_refused(head: bytes) -> None:
    with pytest.raises(Unreadable):
        FROM_WORKER.decode(head)


@pytest.mark.parametrize(
    ("name", "value"),
    [("width", "8"), ("steps", True), ("notes", [{"template": 1}]), ("surprise", 1), ("file", 1)],
)
def test_a_field_of_another_kind_is_refused(name: str, value: Any) -> None:
    message = json.loads(FROM_WORKER.encode(PictureDone(RESULT)))
    message["result"][name] = value
    with pytest.raises(Unreadable):
        FROM_WORKER.decode(json.dumps(message))


def test_texts_inside_each_other_have_an_end() -> None:
    text: Any = {"template": "x", "values": {}}
    for _ in range(200):
        text = {"template": "{x}", "values": {"x": text}}
    message = {"kind": "failed", "words": text, "trace": ""}
    with pytest.raises(Unreadable):
        FROM_WORKER.decode(json.dumps(message))
