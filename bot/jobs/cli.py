"""`stylize-bot jobs`: what the host can see of the jobs and do to them.

`list` and `show` only read, also while the bot runs. The others change what a running bot holds in
memory, so they need the database to themselves and say so while a bot has it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import wraps
from typing import Annotated, Final, NoReturn, ParamSpec

import typer

from bot.database.connect import locate
from bot.errors import ConfigurationError, DatabaseInUse, IllegalTransition, JobNotFound
from bot.jobs.model import Job, JobState, NewJob
from bot.jobs.retention import tidy
from bot.jobs.store import JobStore
from bot.settings import load_settings

P = ParamSpec("P")

_BUSY: Final = (
    "The bot is running and keeps the jobs to itself. Stop it first; or end a single job in the "
    "chat, where moderators (Manage Messages) may press Cancel on its card."
)

cli = typer.Typer(help="See the jobs, and change them while the bot is stopped.")

JobId = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]


def _command(work: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """Make a command of a coroutine function; a job that is not there is one line."""

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            asyncio.run(work(*args, **kwargs))
        except JobNotFound:
            _fail("There is no such job (any more); `stylize-bot jobs list` shows all.")
        except DatabaseInUse as error:
            raise ConfigurationError(_BUSY) from error

    return run


@cli.command(name="list")
@_command
async def list_jobs(
    state: Annotated[
        list[JobState] | None, typer.Option(help="Only jobs in this state; may be repeated.")
    ] = None,
) -> None:
    """List the jobs that are kept, oldest first."""
    async with _store(read_only=True) as store:
        jobs = await store.in_states(*(state or ()))
    typer.echo(f"{'ID':16}  {'STATE':9}  {'ASKED (UTC)':16}  {'WHAT':19}  WHO")
    for job in jobs:
        what = f"{job.spec.options.preset} {job.spec.options.size} px"
        asked = f"{job.created_at:%Y-%m-%d %H:%M}"
        typer.echo(f"{job.id:16}  {job.state:9}  {asked}  {what:19}  {job.address.requester_id}")


@cli.command()
@_command
async def show(job_id: JobId) -> None:
    """Show everything that is known of one job."""
    async with _store(read_only=True) as store:
        job = await store.get(job_id)
    for name, value in _facts(job).items():
        typer.echo(f"{name:10} {value}")


@cli.command()
@_command
async def cancel(job_id: JobId) -> None:
    """Cancel a queued or interrupted job; its card says so at the next start."""
    async with _store() as store:
        job = await store.get(job_id)
        try:
            await store.transition(job_id, JobState.CANCELLED)
        except IllegalTransition:
            _fail(f"Job {job_id} is {job.state} already.")
    typer.echo(f"Job {job_id} is cancelled; its card says so at the next start.")


@cli.command()
@_command
async def retry(job_id: JobId) -> None:
    """Queue a failed or cancelled job again, as a new job on the same card."""
    async with _store() as store:
        job = await store.get(job_id)
        if obstacle := await _obstacle(store, job):
            _fail(f"Job {job_id} cannot be tried again: {obstacle}.")
        again = await store.create(NewJob(address=job.address, spec=job.spec))
        await store.mark_delivered(job_id)  # the card is the new job's from now on
    typer.echo(f"Queued again as {again.id}; it is painted when the bot is started.")


@cli.command()
@_command
async def purge(
    days: Annotated[
        int | None,
        typer.Option(min=0, help="Keep what is younger; STYLIZE_RETENTION_DAYS if left out."),
    ] = None,
) -> None:
    """Forget old jobs whose outcome was shown, and delete their pictures."""
    keep = timedelta(days=load_settings().retention_days if days is None else days)
    async with _store() as store:
        jobs, files = await tidy(store, keep)
    typer.echo(f"Forgot {jobs} jobs and removed {files} files.")


def _facts(job: Job) -> dict[str, object]:
    """Return what the host may read: all but the interaction's token."""
    address, result = job.address, job.result
    styles = {f"style {n}".removesuffix(" 1"): s.image for n, s in enumerate(job.spec.styles, 1)}
    images = {"photo": job.spec.content, **styles, "mask": job.spec.mask}
    pictures = {
        name: f"{image.filename} ({image.width}×{image.height}), {image.file}"
        for name, image in images.items()
        if image
    }
    made = result and f"{result.width}×{result.height} in {result.seconds:.1f} s, {result.file}"
    return {
        "id": job.id,
        "state": job.state,
        "delivered": "yes" if job.delivered else "no",
        "requester": address.requester_id,
        "server": address.guild_id or "direct messages",
        "card": f"message {address.message_id} in channel {address.channel_id}",
        "options": ", ".join(
            f"{name} {value}" for name, value in job.spec.options.as_dict().items()
        ),
        **pictures,
        "asked": job.created_at,
        "started": job.started_at or "-",
        "finished": job.finished_at or "-",
        "result": made or "-",
        "device": (result and result.device) or "-",
        "notes": " ".join(map(str, result.notes)) if result and result.notes else "-",
        "goes on": job.spec.parent_id or "-",
        "error": job.error or "-",
    }


async def _obstacle(store: JobStore, job: Job) -> str | None:
    if job.state not in {JobState.FAILED, JobState.CANCELLED}:
        return f"it is {job.state}"
    if not job.address.bot_is_member:
        return "the bot is not in that server, so its card cannot be changed any more"
    if job.spec.content is None or not await store.files.exists(*job.spec.files):
        return "its pictures are not kept any more"
    return None


def _store(*, read_only: bool = False) -> JobStore:
    settings = load_settings()
    url = settings.database_url
    location = locate(settings.data_dir, url.get_secret_value() if url else None)
    return JobStore(location, settings.data_dir, read_only=read_only)


def _fail(line: str) -> NoReturn:
    typer.echo(line, err=True)
    sys.exit(1)
