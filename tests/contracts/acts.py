"""What the in-memory engine does for each act that the engine contract asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from backend.engine.protocol import EngineRequest
from backend.errors import JobFailed, WorkerDied
from tests.backend.jobs.support import Script
from tests.contracts.painters import STEPS, progress
from tests.contracts.requests import act_of


async def play(script: Script, request: EngineRequest) -> None:
    """Do what the request asks for."""
    await ACTS[act_of(request)](script, request.job_id)


async def instant(script: Script, job_id: str) -> None:
    script.report(job_id, progress(STEPS, preview=b"last"))
    script.finish(job_id, steps=STEPS)


async def steady(script: Script, job_id: str) -> None:
    for step in range(1, STEPS + 1):
        script.report(job_id, progress(step, preview=f"preview {step}".encode()))
        await asyncio.sleep(0)
    script.finish(job_id, steps=STEPS)


async def patient(script: Script, job_id: str) -> None:
    """Report until the run is stopped or killed."""
    while True:
        script.report(job_id, progress(1))
        await asyncio.sleep(0.02)


async def exits(script: Script, job_id: str) -> None:
    script.fail(job_id, WorkerDied("The process ended unexpectedly."))


async def bad_image(script: Script, job_id: str) -> None:
    script.fail(job_id, JobFailed("The photo is not a photo; please send another."))


ACTS: dict[str, Callable[[Script, str], Awaitable[None]]] = {
    "instant": instant,
    "steady": steady,
    "patient": patient,
    "deaf": patient,
    "exits": exits,
    "bad_image": bad_image,
}
