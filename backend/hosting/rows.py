"""Rows of any table, in any schema, to lines of JSON and back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, Connection, DateTime, MetaData, Select, Table, Text, cast, select

from backend.database.lease import LEAD

VERSION_TABLE: Final = "alembic_version"
Row = dict[str, Any]


_NO_CONTENT: Final = frozenset({VERSION_TABLE, LEAD.name})


def tables_of(connection: Connection, but: Collection[str] = _NO_CONTENT) -> list[Table]:
    """Return the tables as they are in a database, those first that others refer to.

    Some are left out: unless `but` has other names, its version, and who leads.
    """
    schema = MetaData()
    schema.reflect(connection)
    return [table for table in schema.sorted_tables if table.name not in but]


def all_rows(table: Table) -> Select[Any]:
    """Return the query for a table's rows; JSON as it is stored, for it may be damaged."""
    columns = [
        cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column
        for column in table.c
    ]
    return select(*columns)


def to_line(row: Row) -> bytes:
    """Return a row as a line of JSON."""
    return json.dumps(row, default=datetime.isoformat).encode() + b"\n"


def from_lines(table: Table, lines: Iterable[bytes]) -> Iterator[Row]:
    """Yield rows as a table takes them; ValueError where one has other columns."""
    names = set(table.c.keys())
    for line in lines:
        row = json.loads(line)
        if not isinstance(row, dict) or row.keys() != names:
            raise ValueError(f"a row of the table {table.name} has other columns")
        yield {column.name: _value(column.type, row[column.name]) for column in table.c}


def _value(kind: Any, stored: Any) -> Any:
    if stored is not None and isinstance(kind, DateTime):
        return datetime.fromisoformat(stored)
    if stored is not None and isinstance(kind, JSON):
        return _json(stored)
    return stored


def _json(stored: str) -> Any:
    """Return what JSON says; of what is damaged nothing, which is as good as the defaults."""
    try:
        return json.loads(stored)
    except ValueError:
        return {}
