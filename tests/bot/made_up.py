"""A painter that answers with a made-up option, for `test_made_up_option.py`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from backend.engine.protocol import EngineRequest, output
from backend.records import ResultFile

if TYPE_CHECKING:
    from backend.engine.worker import Paint, Report, ShouldStop
    from backend.engine.workspace import Workspace


def load(device: str) -> Paint:
    def paint(
        request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        spec: Any = request.spec
        file = output(request.job_id, ".png")
        answer = {"sparkle": spec.options.sparkle, "urgency": spec.urgency}
        place.path(file).write_text(json.dumps(answer))
        return ResultFile(file=file, width=1, height=1, seconds=1, steps=1, stopped_early=False)

    return paint
