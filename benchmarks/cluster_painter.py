"""A painter that only says what time it is; light to import, as worker processes load it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from backend.engine.protocol import EngineProgress, EngineRequest, output
from backend.records import ResultFile
from tests.contracts.requests import act_of

if TYPE_CHECKING:
    from backend.engine.worker import Paint, Report, ShouldStop
    from backend.engine.workspace import Workspace

PAINTER: Final = "benchmarks.cluster_painter:load"
PREVIEW: Final = b"p" * 20_000


def load(_device: str) -> Paint:
    """Return what reports the time as its loss; its act says how often, with what pauses."""
    return paint


def paint(
    request: EngineRequest, place: Workspace, report: Report, _should_stop: ShouldStop
) -> ResultFile:
    """Report so many times, as the request says, with a pause after each."""
    steps, pause = act_of(request).split()
    kept, began = place.path(request.checkpoint), time.monotonic()
    first = int(kept.read_text()) if kept.exists() else 0
    for step in range(first + 1, int(steps) + 1):
        report(
            EngineProgress(
                step=step,
                steps=int(steps),
                fraction=step / int(steps),
                seconds=0.0,
                seconds_left=None,
                total_loss=time.time(),
                preview=PREVIEW,
            )
        )
        time.sleep(float(pause))
        half = kept.with_name(f"{kept.name}.new")
        half.write_text(str(step))
        half.replace(kept)
    kept.unlink(missing_ok=True)
    file = output(request.job_id, ".png")
    place.path(file).write_bytes(PREVIEW)
    return ResultFile(
        file=file,
        width=4,
        height=3,
        seconds=time.monotonic() - began,
        steps=int(steps) - first,
        stopped_early=False,
    )
