"""Requests for the engines' tests: each asks for one of the acts that painters and scripts know.

Nothing else in the tests of engines knows how a request names its files.
"""

from __future__ import annotations

from pathlib import Path

from backend.engine.protocol import EngineRequest
from backend.files.local import LocalFiles
from backend.records import JobSpec, JobStyle, ResultFile
from nst.options import Options
from tests.backend.images import stored_image


def request_for(act: str, job_id: str = "job", *, timeout: float = 60) -> EngineRequest:
    """Return a request for an act."""
    return EngineRequest(
        job_id=job_id,
        spec=JobSpec(
            options=Options(size=256),
            content=stored_image("content"),
            styles=(JobStyle(image=stored_image("style", filename=act)),),
            max_result_bytes=1_000_000,
        ),
        timeout=timeout,
    )


async def files_in(folder: Path) -> LocalFiles:
    """Return a store with the pictures of the requests."""
    files = LocalFiles(folder)
    await files.prepare()
    for name in ("content", "style"):
        await files.put(stored_image(name).file, name.encode())
    return files


def act_of(request: EngineRequest) -> str:
    """Return the act that a request asks for."""
    return request.spec.style.filename


def written(folder: Path, result: ResultFile) -> str:
    """Return what is in the file of a result."""
    return (folder / result.file).read_text()
