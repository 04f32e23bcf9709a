"""Everything that the bot keeps into one archive, as it was at one moment, while it goes on.

The rows are read in one transaction, which sees the database as it was when it began, however long
it lasts. Then the files are copied that somebody used at that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.database.database import Database
from backend.database.location import Location
from backend.database.tables import FILE_USES, JOBS
from backend.engine.protocol import made_by
from backend.errors import ConfigurationError
from backend.files.store import FileKey, FileStore
from backend.files.uses import DOOMED, UPLOADS
from backend.hosting.archive import (
    FORMAT,
    About,
    ArchiveWriter,
    Contents,
    is_key,
    streamed,
    written,
)
from backend.hosting.rows import VERSION_TABLE, all_rows, tables_of, to_line
from backend.jobs.model import FINAL

_BATCH: Final = 500


async def back_up(
    location: Location, files: FileStore, target: Path, output: IO[bytes] | None = None
) -> Contents:
    """Write an archive of the database and its files, also while a bot uses them.

    It becomes the new file `target`; with an `output` it goes there at once, and `target` is a
    folder with room for one file. Files that are gone when their turn comes are named in the
    contents as missing.

    Raises:
        ConfigurationError: the database cannot be read, or the archive cannot be written.
    """
    try:
        async with location.beside() as database, _snapshot(database) as snapshot:
            connection, tables, about = snapshot
            with streamed(output, target, about) if output else written(target, about) as archive:
                for table in tables:
                    await _add_rows(archive, connection, table)
                keys, optional = await _keys(connection)
                await connection.rollback()  # the copying may take long
                for key in keys:
                    if not await _add_file(archive, files, key) and key not in optional:
                        archive.contents.missing.append(key)
    except OSError as error:
        name = "" if output else f" {target}"
        why = error.strerror or error
        raise ConfigurationError(f"The backup{name} could not be made: {why}.") from error
    return archive.contents


@asynccontextmanager
async def _snapshot(
    database: Database,
) -> AsyncIterator[tuple[AsyncConnection, list[Table], About]]:
    """Yield the database as it is at this moment, and of which schema it is."""
    async with database.read() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            await connection.exec_driver_sql("BEGIN")
        tables = await connection.run_sync(tables_of)
        version = select(text("version_num")).select_from(text(VERSION_TABLE))
        revision = (await connection.execute(version)).scalar_one()
        yield connection, tables, About(FORMAT, revision, metadata.version("stylize-bot"))


async def _add_rows(archive: ArchiveWriter, connection: AsyncConnection, table: Table) -> None:
    path = archive.folder / "rows"
    found = await connection.stream(all_rows(table))
    with path.open("wb") as lines:
        async for part in found.mappings().partitions(_BATCH):
            lines.writelines(to_line(dict(row)) for row in part)
    await asyncio.to_thread(archive.add_table, table.name, path)


async def _keys(connection: AsyncConnection) -> tuple[list[FileKey], set[FileKey]]:
    """Return the files that somebody uses, and which of them there may be, or not yet."""
    used = select(FILE_USES.c.key).where(FILE_USES.c.owner.not_in([DOOMED, UPLOADS])).distinct()
    keys = [FileKey(key) for key in (await connection.scalars(used.order_by(FILE_USES.c.key)))]
    unfinished = select(JOBS.c.id).where(JOBS.c.state.not_in(FINAL))
    jobs = set(await connection.scalars(unfinished))
    return keys, {key for key in keys if made_by(key) in jobs}


async def _add_file(archive: ArchiveWriter, files: FileStore, key: FileKey) -> bool:
    """Add a file; return whether it was there."""
    if not is_key(key):
        return False
    try:
        async with files.open_local(key) as path:
            await asyncio.to_thread(archive.add_file, key, path)
    except FileNotFoundError:
        return False
    return True
