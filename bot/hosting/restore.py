"""From an archive to an empty data folder and an empty database, of either kind.

Nothing is written before the whole archive was looked at. The files come first, and then all rows
in one transaction; a newer bot brings them up to its own schema when it starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import URL, Connection, create_engine, insert, inspect
from sqlalchemy.exc import SQLAlchemyError

from bot.database.database import Database
from bot.database.lease import LEAD
from bot.database.location import UNFINISHED, Location, knows, upgrade
from bot.errors import ConfigurationError
from bot.files.store import FileKey, FileStore
from bot.hosting.archive import FILES, TABLES, Archive, Contents, verified
from bot.hosting.rows import from_lines, tables_of

T = TypeVar("T")
_ROWS_AT_A_TIME: Final = 500
_FILES_AT_A_TIME: Final = 16
_LEFT_ALONE: Final = frozenset({"lost+found"})  # of file systems


async def restore(source: Path, location: Location, files: FileStore, data_dir: Path) -> Contents:
    """Bring back everything that is in an archive.

    Raises:
        ConfigurationError: the archive is not whole, or folder, database or file store are not
            empty; nothing was changed then. Or it stopped half-way, as the words say.
    """
    with verified(source) as archive:
        if not knows(archive.about.revision):
            raise ConfigurationError(
                f"The backup {source} was made by a newer version of the bot "
                f"({archive.about.version}); install that one."
            )
        await asyncio.to_thread(_check_folder, data_dir, source)
        async with location.lock(data_dir, wait=False) as database:
            url = location.address
            with location.explained():
                await asyncio.to_thread(_check_database, url, location)
            await _check_files(archive, files)
            unfinished = data_dir / UNFINISHED
            try:
                await asyncio.to_thread(unfinished.touch)
                await _put_files(archive, files)
                await asyncio.to_thread(_insert_rows, archive, url, database)
                await asyncio.to_thread(unfinished.unlink)
            except (OSError, ValueError, SQLAlchemyError) as error:
                why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
                raise ConfigurationError(
                    f"The backup {source} could not be restored: {why}. Empty the folder "
                    f"{data_dir} and the database {location} before you try again."
                ) from error
        return archive.contents


def _check_folder(data_dir: Path, source: Path) -> None:
    """Refuse a folder with anything in it but the archive itself."""
    try:
        others = (path for path in data_dir.iterdir() if path.name not in _LEFT_ALONE)
        found = sorted(path.name for path in others if not path.samefile(source))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigurationError(f"{data_dir} cannot be looked into: {error.strerror}.") from error
    if found:
        raise ConfigurationError(
            f"The data folder {data_dir} is not empty: {found[0]} is there. Move it out of the "
            "way, or set STYLIZE_DATA_DIR to another folder."
        )


def _check_database(url: URL, location: Location) -> None:
    engine = create_engine(url, hide_parameters=True)
    try:
        if tables := [name for name in inspect(engine).get_table_names() if name != LEAD.name]:
            raise ConfigurationError(
                f"The database {location} is not empty: it has a table {tables[0]}. Make a new one."
            )
    finally:
        engine.dispose()


async def _check_files(archive: Archive, files: FileStore) -> None:
    for keys in _batched(map(FileKey, archive.contents.names(FILES)), _FILES_AT_A_TIME):
        for key, is_there in zip(keys, await asyncio.gather(*map(files.exists, keys)), strict=True):
            if is_there:
                raise ConfigurationError(f"The file store has a file {key} already.")


async def _put_files(archive: Archive, files: FileStore) -> None:
    await files.prepare()
    async with files.scratch() as folder:
        for keys in _batched(map(FileKey, archive.contents.names(FILES)), _FILES_AT_A_TIME):
            paths = {key: folder / str(number) for number, key in enumerate(keys)}
            for key, path in paths.items():
                await asyncio.to_thread(archive.extract, key, path)
            await asyncio.gather(*(files.put(key, path) for key, path in paths.items()))


def _insert_rows(archive: Archive, url: URL, database: Database) -> None:
    upgrade(url, None, archive.about.revision, prove=database.prove)
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            database.prove(connection)
            _fill_tables(archive, connection)
    finally:
        engine.dispose()


def _fill_tables(archive: Archive, connection: Connection) -> None:
    tables = tables_of(connection)
    if {table.name for table in tables} != set(archive.contents.names(TABLES)):
        raise ValueError("it has other tables than its schema")
    for table in tables:
        for rows in _batched(from_lines(table, archive.lines(table.name)), _ROWS_AT_A_TIME):
            connection.execute(insert(table), rows)


def _batched(all_of_them: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(all_of_them)
    while batch := list(islice(left, size)):
        yield batch
