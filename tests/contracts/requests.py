"""Requests for the engines' tests: each asks for one of the acts that painters and scripts know.

Nothing else in the tests of engines knows how a request names its files.
"""

from __future__ import annotations

from pathlib import Path

from bot.engine.protocol import EngineImage, EngineRequest, EngineResult
from nst.options import Options


def request_for(
    folder: Path, act: str, job_id: str = "job", *, timeout: float = 60
) -> EngineRequest:
    """Return a request for an act; the folder takes what comes of it."""
    return EngineRequest(
        job_id=job_id,
        content=EngineImage(path=folder / "content.png"),
        styles=(EngineImage(path=folder / act),),
        result=folder / f"result-{job_id}",
        options=Options(size=256),
        max_bytes=1_000_000,
        timeout=timeout,
    )


def act_of(request: EngineRequest) -> str:
    """Return the act that a request asks for."""
    return request.styles[0].path.name


def written(result: EngineResult) -> str:
    """Return what is in the file of a result."""
    return result.path.read_text()
