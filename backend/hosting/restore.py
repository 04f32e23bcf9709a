"""From an archive to an empty data folder and an empty database, of either kind.

Nothing is written before the whole archive was looked at. The files come first, and then all rows
in one transaction, so that what was cut off can be done again. A newer bot brings them up to its
own schema when it starts.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final, TypeVar

from sqlalchemy import URL, Connection, Table, create_engine, insert, literal, select
from sqlalchemy.exc import SQLAlchemyError

from backend.database.database import Database
from backend.database.lease import LEAD
from backend.database.location import UNFINISHED, Location, knows, upgrade
from backend.errors import ConfigurationError
from backend.files.store import FileKey, FileStore
from backend.hosting.archive import FILES, TABLES, Archive, Contents, verified
from backend.hosting.rows import VERSION_TABLE, from_lines, tables_of

T = TypeVar("T")
_ROWS_AT_A_TIME: Final = 500
_FILES_AT_A_TIME: Final = 16
_LEFT_ALONE: Final = frozenset({"lost+found"})  # of file systems


async def restore(
    source: Path,
    location: Location,
    files: FileStore,
    data_dir: Path,
    opened: IO[bytes] | None = None,
) -> Contents:
    """Bring back everything that is in an archive, which is read from `opened` if that is given.

    Where it was cut off, the same archive can be restored again to the same place.

    Raises:
        ConfigurationError: the archive is not whole, or folder, database or file store are not
            empty; nothing was changed then, though a lock, an empty file, may be left. Or it
            stopped half-way, as the words say.
    """
    with verified(source, opened) as archive:
        if not knows(archive.about.revision):
            raise ConfigurationError(
                f"The backup {source} was made by a newer version of the bot "
                f"({archive.about.version}); install that one."
            )
        mark = _mark(archive, location, files)
        is_begun = await asyncio.to_thread(_check_folder, data_dir, source, mark)
        async with location.lock(data_dir, wait=False) as database:
            with location.explained():
                await asyncio.to_thread(_check_database, location, is_begun=is_begun)
            if not is_begun:
                await _check_files(archive, files)
            unfinished = data_dir / UNFINISHED
            try:
                await asyncio.to_thread(unfinished.write_text, mark)
                await _put_files(archive, files)
                await asyncio.to_thread(_insert_rows, archive, location.address, database)
                await asyncio.to_thread(unfinished.unlink)
            except (OSError, ValueError, SQLAlchemyError) as error:
                why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
                raise ConfigurationError(
                    f"The backup {source} could not be restored: {why}. Try again with the same "
                    f"one, or empty the folder {data_dir} and the database {location} before."
                ) from error
        return archive.contents


def _mark(archive: Archive, location: Location, files: FileStore) -> str:
    """Return what tells which archive is restored where, without a secret of an address."""
    address = location.address.render_as_string(hide_password=False)
    parts = (archive.contents.fingerprint, address, files.address, str(files))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _check_folder(data_dir: Path, source: Path, mark: str) -> bool:
    """Refuse a folder with anything in it but the archive itself; return whether it is begun."""
    unfinished = data_dir / UNFINISHED
    try:
        if begun := unfinished.exists() and unfinished.read_text():
            if begun == mark:
                return True
            raise ConfigurationError(
                f"Another backup was not restored to its end into {data_dir}, or to other places: "
                "restore that one again, or empty the folder and its database."
            )
        found = sorted(path.name for path in data_dir.iterdir() if not _may_stay(path, source))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ConfigurationError(f"{data_dir} cannot be looked into: {error.strerror}.") from error
    if found:
        raise ConfigurationError(
            f"The data folder {data_dir} is not empty: {found[0]} is there. Move it out of the "
            "way, or set STYLIZE_DATA_DIR to another folder."
        )
    return False


def _may_stay(path: Path, source: Path) -> bool:
    """Tell whether a path is in nobody's way, as are locks that a refusal left: empty files."""
    if path.name in _LEFT_ALONE or (source.exists() and path.samefile(source)):
        return True
    return path.is_file() and not path.stat().st_size


def _check_database(location: Location, *, is_begun: bool) -> None:
    """Refuse one with tables in it; where a restore was cut off, one with rows."""
    engine = create_engine(location.address, hide_parameters=True)
    try:
        with engine.connect() as connection:
            for table in tables_of(connection, but={LEAD.name}):
                is_ours = is_begun and (table.name == VERSION_TABLE or _is_empty(connection, table))
                if not is_ours:
                    raise ConfigurationError(
                        f"The database {location} is not empty: it has a table {table.name}. Make "
                        "a new one."
                    )
    finally:
        engine.dispose()


def _is_empty(connection: Connection, table: Table) -> bool:
    return connection.execute(select(literal(1)).select_from(table).limit(1)).first() is None


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
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            database.prove(connection)
            for table in reversed(tables_of(connection, but={LEAD.name})):
                table.drop(connection)  # made by a restore that was cut off
        upgrade(url, None, archive.about.revision, prove=database.prove)
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
