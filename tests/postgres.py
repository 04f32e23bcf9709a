"""A PostgreSQL server for tests: the one that TEST_DATABASE_URL names, or a temporary one.

A temporary one needs Debian's package `postgresql` or another that brings `initdb`; it listens on
a socket in a temporary folder only, and is gone after the tests.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, create_engine, make_url, text

_DEBIAN: Final = "/usr/lib/postgresql"
# Nothing of it needs to outlive a power cut.
_HASTY: Final = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"


@contextmanager
def server() -> Iterator[URL | None]:
    """The address of a server on which databases may be made; None where there is none."""
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(named).set(drivername="postgresql+psycopg")
    elif initdb := _find("initdb"):
        with _temporary(initdb) as url:
            yield url
    else:
        yield None


@contextmanager
def database(server: URL) -> Iterator[URL]:
    """An empty database on the server, while the block runs."""
    name = f"test_{uuid.uuid4().hex}"
    _on(server, f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name)
    finally:
        _on(server, f"DROP DATABASE {name} WITH (FORCE)")


def _on(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@contextmanager
def _temporary(initdb: str) -> Iterator[URL]:
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    control = str(Path(initdb).with_name("pg_ctl"))
    data, user = folder / "data", _unprivileged()
    if user:
        shutil.chown(folder, user)
    try:
        _call(user, initdb, "-D", data, "-U", "tests", "-A", "trust", "--no-sync")
        settings = f"{_HASTY} -c listen_addresses= -c max_connections=50 -k {folder}"
        _call(user, control, "-D", data, "-l", folder / "log", "-o", settings, "-w", "start")
        try:
            yield URL.create(
                "postgresql+psycopg",
                username="tests",
                database="postgres",
                query={"host": str(folder)},
            )
        finally:
            _call(user, control, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _call(user: str | None, *command: str | Path) -> None:
    as_user: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run(
        list(map(str, command)), check=False, capture_output=True, text=True, cwd="/", **as_user
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _unprivileged() -> str | None:
    """PostgreSQL does not run as root."""
    if os.geteuid():
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _find(program: str) -> str | None:
    if found := shutil.which(program):
        return str(Path(found).resolve())
    versions = sorted(Path(_DEBIAN).glob(f"*/bin/{program}"))
    return str(versions[-1]) if versions else None
