"""One request while the pool has it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bot.engine.frames import Frame
from bot.engine.protocol import (
    RAW,
    RECORDING,
    EngineImage,
    EngineProgress,
    EngineRequest,
    EngineResult,
    beside,
)
from bot.errors import JobFailed
from nst.text import Text

if TYPE_CHECKING:
    from bot.engine.process import WorkerProcess

_LOG = logging.getLogger(__name__)

_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,5}")


class Run:
    """A request on its way: waiting, with a worker, or settled.

    Attributes:
        request: what was asked for.
        outcome: the result or the error, once it is known.
        worker: the process that works on it now.
        stop_asked: somebody wants the picture as it is.
    """

    def __init__(
        self, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
    ) -> None:
        self.request = request
        self.outcome: asyncio.Future[EngineResult] = asyncio.get_running_loop().create_future()
        self.worker: WorkerProcess | None = None
        self.stop_asked = False
        self._on_progress = on_progress

    def fields(self) -> dict[str, Any]:
        """What the worker is sent (`bot.engine.worker` has the way back)."""
        request = self.request
        return {
            "job_id": request.job_id,
            "content": _fields(request.content),
            "styles": [_fields(style) for style in request.styles],
            "result": str(request.result),
            "options": request.options.as_dict(),
            "max_bytes": request.max_bytes,
            "timeout": request.timeout,
            "mask": request.mask and str(request.mask),
            "start_from": request.start_from and str(request.start_from),
            "strengths": list(request.strengths),
        }

    def fail(self, error: JobFailed) -> None:
        """Settle it, unless it is settled already."""
        if not self.outcome.done():
            self.outcome.set_exception(error)

    def take(self, frame: Frame) -> None:
        """Use what the worker sent.

        Raises:
            KeyError, TypeError, ValueError: the frame does not hold what its kind promises.
        """
        if self.outcome.done():
            return
        if frame.kind == "progress":
            self._report(EngineProgress(**frame.fields, preview=frame.body or None))
        elif frame.kind == "done":
            self.outcome.set_result(self._result(dict(frame.fields)))
        elif frame.kind == "failed":
            _LOG.error("job %s failed:\n%s", self.request.job_id, frame.fields["trace"])
            self.fail(JobFailed(Text.from_dict(frame.fields["words"])))
        else:
            raise ValueError(f"a frame of an unknown kind {frame.kind!r}")

    def _result(self, fields: dict[str, Any]) -> EngineResult:
        suffix = str(fields.pop("suffix"))
        if not _SUFFIX.fullmatch(suffix):  # a worker must not choose which file people are sent
            raise ValueError(f"not the suffix of a picture: {suffix!r}")
        place = self.request.result
        raw = beside(place, RAW) if fields.pop("raw") else None
        recording = beside(place, RECORDING) if fields.pop("recording") else None
        notes = tuple(map(Text.from_dict, fields.pop("notes")))
        path = beside(place, suffix)
        device = self.worker.device if self.worker else ""
        return EngineResult(
            path=path, device=device, raw=raw, recording=recording, notes=notes, **fields
        )

    def _report(self, progress: EngineProgress) -> None:
        try:
            self._on_progress(progress)
        except Exception:
            _LOG.exception("the listener of job %s failed", self.request.job_id)


def _fields(image: EngineImage) -> dict[str, Any]:
    return {"path": str(image.path), "sha256": image.sha256, "weight": image.weight}
