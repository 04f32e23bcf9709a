"""What the host's commands have in common."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import wraps
from typing import Any, Final, NoReturn, ParamSpec

import typer
from sqlalchemy import Executable

from backend.control.decisions import decide
from backend.control.requests import (
    RELOAD,
    NobodyAnswers,
    RequestRefused,
    answer_to,
    leave,
)
from backend.database.connect import locate_database
from backend.database.database import Database
from backend.errors import JobNotFound
from backend.files.connect import locate_files
from backend.jobs.store import JobStore
from backend.settings import load_settings

P = ParamSpec("P")
_MOST_SIGNS: Final = 300  # a card has 4000 for everything


def command(work: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """Make a command of a coroutine function; what cannot be done is one line."""

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            asyncio.run(work(*args, **kwargs))
        except JobNotFound:
            fail("There is no such job (any more); `stylize-bot jobs list` shows them.")
        except (RequestRefused, NobodyAnswers) as error:
            fail(str(error))

    return run


def fitting(text: str) -> str:
    """Return what the host tells people as one line of plain text; refuse what is too long."""
    text = " ".join(text.encode(errors="replace").decode().split())
    if len(text) > _MOST_SIGNS:
        fail(f"This text has {len(text)} signs; {_MOST_SIGNS} are the most that fits.")
    return text


def fail(line: str) -> NoReturn:
    """End the command with a complaint."""
    typer.echo(line, err=True)
    sys.exit(1)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print lines below each other; the last column may be as wide as it likes."""
    lines = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def store_of(*, read_only: bool = False) -> JobStore:
    """Return the jobs, not opened yet; without `read_only` for this process alone."""
    settings = load_settings()
    return JobStore(
        locate_database(settings),
        settings.data_dir,
        files=locate_files(settings),
        read_only=read_only,
        existing=True,
    )


def database_of() -> AbstractAsyncContextManager[Database]:
    """Open the database beside a running bot."""
    return locate_database(load_settings()).beside(writable=True)


async def tell(said: str, *changes: Executable, **decisions: Any) -> None:
    """Write what the host decides, have a running bot follow it, and say so."""
    async with database_of() as database:
        await follow(database, said, *changes, **decisions)


async def follow(database: Database, said: str, *changes: Executable, **decisions: Any) -> None:
    """Do the same in a database that is open."""
    async with database.write() as connection:
        for change in changes:
            await connection.execute(change)
        if decisions:
            await decide(connection, **decisions)
        request_id = await leave(connection, RELOAD)
    try:
        await answer_to(database, request_id, stays=True)
    except NobodyAnswers:
        said += " (No running bot has answered; it follows this when it does, or starts.)"
    typer.echo(said)
