"""Which jobs a host may queue again."""

from __future__ import annotations

from backend.control.requests import RequestRefused
from backend.jobs.model import Job, JobState
from backend.jobs.store import JobStore


async def check_may_retry(store: JobStore, job: Job) -> None:
    """Refuse a job that cannot be tried again on its card."""
    if obstacle := await _obstacle(store, job):
        raise RequestRefused(f"Job {job.id} cannot be tried again: {obstacle}.")


async def _obstacle(store: JobStore, job: Job) -> str | None:
    if job.state not in {JobState.FAILED, JobState.CANCELLED}:
        return f"it is {job.state}"
    if not job.address.bot_is_member:
        return "the bot is not in that server, so its card cannot be changed any more"
    if (shown := await store.newest_on_card(job)).id != job.id:
        return f"its card shows job {shown.id} by now"
    if job.spec.content is None or not await store.files.exists(*job.spec.files):
        return "its pictures are not kept any more"
    return None
