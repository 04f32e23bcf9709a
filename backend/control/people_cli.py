"""`stylize-bot ban` and `allow`: whom the host lets use the bot."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import select

from backend.control import decisions
from backend.control.cli import command, database_of, fitting, table, tell
from backend.control.decisions import Kind
from backend.control.names import names_of
from backend.database.tables import BANS

ban_cli = typer.Typer(help="Ban people and servers from the bot.", no_args_is_help=True)
allow_cli = typer.Typer(help="Let people and servers use the bot again.", no_args_is_help=True)

Subject = Annotated[
    int,
    typer.Argument(metavar="ID", help="As Discord's “Copy ID” has it.", min=1, max=2**63 - 1),
]
Reason = Annotated[str, typer.Option(help="What they are told of why.", show_default=False)]


@ban_cli.command(name="person")
@command
async def ban_person(subject: Subject, reason: Reason = "") -> None:
    """Refuse all that a person asks for, and end their pictures that wait."""
    await tell("Banned.", *decisions.ban(Kind.PERSON, subject, fitting(reason)))


@ban_cli.command(name="server")
@command
async def ban_server(subject: Subject, reason: Reason = "") -> None:
    """Refuse all that is asked for in a server, and end its pictures that wait."""
    await tell("Banned.", *decisions.ban(Kind.SERVER, subject, fitting(reason)))


@ban_cli.command(name="list")
@command
async def list_bans() -> None:
    """List who is banned."""
    async with database_of() as database:
        rows = await database.rows(select(BANS).order_by(BANS.c.created_at))
        ids = {kind: [row["subject_id"] for row in rows if row["kind"] == kind] for kind in Kind}
        names = await names_of(database, ids[Kind.PERSON], ids[Kind.SERVER])
    lines = [
        (
            row["kind"],
            str(row["subject_id"]),
            names.get(row["subject_id"], "-"),
            _day(row["created_at"]),
            row["reason"] or "-",
        )
        for row in rows
    ]
    table(("WHAT", "ID", "NAME", "SINCE (UTC)", "REASON"), lines)


@allow_cli.command(name="person")
@command
async def allow_person(subject: Subject) -> None:
    """Take the ban of a person back."""
    await tell("Allowed.", decisions.allow(Kind.PERSON, subject))


@allow_cli.command(name="server")
@command
async def allow_server(subject: Subject) -> None:
    """Take the ban of a server back."""
    await tell("Allowed.", decisions.allow(Kind.SERVER, subject))


def _day(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"
