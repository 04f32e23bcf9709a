"""Versions of a picture by a painter that knows one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from backend.engine.protocol import EngineProgress, EngineRequest
from backend.records import ResultFile

if TYPE_CHECKING:
    from backend.engine.versions import PaintAll, Tell
    from backend.engine.worker import Paint, ShouldStop
    from backend.engine.workspace import Workspace


def one_by_one(paint: Paint) -> PaintAll:
    """Paint one after another."""

    def paint_all(
        requests: Sequence[EngineRequest], place: Workspace, tell: Tell, should_stop: ShouldStop
    ) -> Iterator[ResultFile]:
        def report(number: int, progress: EngineProgress) -> None:
            tell({number: progress})

        for number, request in enumerate(requests):
            yield paint(request, place, partial(report, number), should_stop)
            if should_stop():
                return

    return paint_all
