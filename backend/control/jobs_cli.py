"""`stylize-bot jobs`: what the host can see of the jobs and do to them.

A running bot has the jobs in memory, so it is asked to change them. Where none runs they are
changed in the database, which is taken for that moment.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer
from sqlalchemy import func, select

from backend.control.cli import command, database_of, fail, store_of, table, tell
from backend.control.decisions import load_decisions
from backend.control.names import names_of
from backend.control.nodes_cli import slots_of
from backend.control.requests import CANCEL, PURGE, RETRY, NobodyAnswers, RequestRefused, ask
from backend.control.retry import check_may_retry
from backend.database.database import Database
from backend.database.tables import JOBS
from backend.errors import DatabaseInUse, IllegalTransition
from backend.jobs.model import Job, JobState, NewJob
from backend.jobs.retention import tidy
from backend.settings import load_settings
from nst.text import lasting

_COLUMNS: Final = ("ID", "STATE", "ASKED (UTC)", "WHAT", "DEVICE", "TOOK", "SERVER", "WHO")
_UNFINISHED: Final = tuple(state for state in JobState if not state.is_final)
_MOST_LISTED: Final = 10_000
_LOOK_SECONDS: Final = 1.0
_LONG: Final = 60.0

cli = typer.Typer(help="See the jobs, and change them.")

JobId = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]


@cli.command(name="list")
@command
async def list_jobs(
    state: Annotated[
        list[JobState] | None, typer.Option(help="Only jobs in this state; may be repeated.")
    ] = None,
    last: Annotated[
        int, typer.Option(min=1, max=_MOST_LISTED, help="Only as many of them, the newest.")
    ] = 100,
) -> None:
    """List the jobs that are kept, oldest first; names are asked of a running bot."""
    async with store_of(read_only=True) as store:
        jobs, count = await store.latest(last, *(state or ()))
        decisions = await load_decisions(store.database)
    async with database_of() as database:
        names, devices = await _names(database, jobs), await _devices(database, jobs)
    table(_COLUMNS, [_line(job, names, devices) for job in jobs])
    if count > last:
        older = f"Older ones that are not shown: {count - last}."
        typer.echo(f"{older} `--last {min(count, _MOST_LISTED)}` shows more.", err=True)
    if decisions.paused:
        typer.echo("Painting is paused: `stylize-bot jobs resume` goes on.", err=True)
    if decisions.draining:
        typer.echo("No order is taken: `stylize-bot jobs resume` opens again.", err=True)


@cli.command()
@command
async def show(job_id: JobId) -> None:
    """Show everything that is known of one job."""
    async with store_of(read_only=True) as store:
        job = await store.get(job_id)
    for name, value in _facts(job).items():
        typer.echo(f"{name:10} {value}")


@cli.command()
@command
async def cancel(job_id: JobId) -> None:
    """Cancel a job that waits or is being painted; its card says so."""
    try:
        async with store_of() as store:
            before = (await store.get(job_id)).state
            if not before.is_final:
                await store.transition(job_id, JobState.CANCELLED)
        when = " at the next start"
    except IllegalTransition:
        fail(f"Job {job_id} is over by now.")
    except DatabaseInUse:
        before, when = JobState(await _ask(CANCEL, job_id)), ""
    if before.is_final:
        fail(f"Job {job_id} is {before} already.")
    typer.echo(f"Job {job_id} is cancelled; its card says so{when}.")


@cli.command()
@command
async def retry(job_id: JobId) -> None:
    """Queue a failed or cancelled job again, as a new job on the same card."""
    try:
        async with store_of() as store:
            job = await store.get(job_id)
            await check_may_retry(store, job)
            again = await store.create(NewJob(address=job.address, spec=job.spec))
            await store.mark_delivered(job_id)  # the card is the new job's from now on
        new_id, when = again.id, "it is painted when the bot is started"
    except DatabaseInUse:
        new_id, when = await _ask(RETRY, job_id), "it is painted when its turn comes"
    typer.echo(f"Queued again as {new_id}; {when}.")


@cli.command()
@command
async def purge(
    days: Annotated[
        int | None,
        typer.Option(min=0, help="Keep what is younger; STYLIZE_RETENTION_DAYS if left out."),
    ] = None,
) -> None:
    """Forget old jobs whose outcome was shown, and delete their pictures."""
    days = load_settings().retention_days if days is None else days
    try:
        async with store_of() as store:
            jobs, files = await tidy(store, timedelta(days=days))
    except DatabaseInUse:
        jobs, files = await _ask(PURGE, days)
    typer.echo(f"Forgot {jobs} jobs and removed {files} files.")


@cli.command()
@command
async def pause() -> None:
    """Begin no picture any more, until `resume`; what is being painted goes on."""
    await tell("Painting is paused. `stylize-bot jobs resume` goes on.", paused=True)


@cli.command()
@command
async def drain(
    wait: Annotated[bool, typer.Option("--wait", help="Return when nothing is left.")] = False,
) -> None:
    """Take no order any more, until `resume`, and finish what there is: before an upgrade."""
    await tell("No order is taken any more. `stylize-bot jobs resume` opens again.", draining=True)
    async with database_of() as database:
        while left := await _count_unfinished(database):
            typer.echo(f"Pictures that are not finished yet: {left}.")
            if not wait:
                return
            await asyncio.sleep(_LOOK_SECONDS)
    typer.echo("Nothing is left.")


@cli.command()
@command
async def resume() -> None:
    """Take `pause` and `drain` back."""
    await tell("The bot takes orders and paints.", paused=False, draining=False)


async def _names(database: Database, jobs: list[Job]) -> dict[int, str]:
    newest = [job.address for job in reversed(jobs)]
    people, servers = [each.requester_id for each in newest], [each.guild_id for each in newest]
    return await names_of(database, people, filter(None, servers))


async def _devices(database: Database, jobs: list[Job]) -> dict[str, str]:
    """Return on what the jobs were painted, or are being painted now, as a running bot says."""
    devices = {job.id: job.result.device for job in jobs if job.result}
    if any(job.state is JobState.RUNNING for job in jobs):
        with suppress(NobodyAnswers, RequestRefused):
            devices |= {
                each.job_id: each.device for each in await slots_of(database) if each.job_id
            }
    return devices


async def _count_unfinished(database: Database) -> int:
    found = select(func.count().label("jobs")).where(JOBS.c.state.in_(_UNFINISHED))
    return int((await database.rows(found))[0]["jobs"])


async def _ask(what: str, about: Any) -> Any:
    """Ask the bot that has the database."""
    async with database_of() as database:
        return await ask(database, what, about, patience=_LONG)


def _line(job: Job, names: dict[int, str], devices: dict[str, str]) -> tuple[str, ...]:
    address, options = job.address, job.spec.options
    server, person = address.guild_id, address.requester_id
    return (
        job.id,
        job.state,
        f"{job.created_at:%Y-%m-%d %H:%M}",
        f"{options.preset} {options.size} px",
        devices.get(job.id) or "-",
        _took(job),
        names.get(server, str(server)) if server else "direct messages",
        names.get(person, str(person)),
    )


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


def _took(job: Job) -> str:
    """Say how long the painting took, or has taken so far."""
    if job.result:
        seconds = job.result.seconds
    elif job.state is JobState.RUNNING and job.started_at:
        seconds = (datetime.now(UTC) - job.started_at).total_seconds()
    else:
        return "-"
    return str(lasting(seconds))
