"""A PostgreSQL server for tests: the one that TEST_DATABASE_URL names, or a temporary one.

A temporary one needs Debian's package `postgresql` or another that brings `initdb`; it listens on
a socket in a temporary folder only, and is gone after the tests.
"""

from __future__ import annotations

import fcntl
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
# Nothing of it needs to outlive a power cut; a crash of the server alone loses nothing.
_HASTY: Final = "-c fsync=off -c full_page_writes=off"


@contextmanager
def server(shared: Path) -> Iterator[URL | None]:
    """Yield the address of a server on which databases may be made; None where there is none.

    Args:
        shared: a folder of all processes that run tests at the same time: they use one server, and
            the last that leaves stops it.
    """
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(named).set(drivername="postgresql+psycopg")
    elif initdb := _find("initdb"):
        cluster = Cluster(shared / "postgres", initdb)
        cluster.enter()
        try:
            yield cluster.url
        finally:
            cluster.leave()
    else:
        yield None


@contextmanager
def own_server(folder: Path) -> Iterator[Cluster | None]:
    """Yield a temporary server that may be stopped and started; None where there is no initdb."""
    if initdb := _find("initdb"):
        cluster = Cluster(folder / "own", initdb)
        cluster.enter()
        try:
            yield cluster
        finally:
            cluster.leave()
    else:
        yield None


@contextmanager
def database(server: URL) -> Iterator[URL]:
    """Yield an empty database on the server, while the block runs."""
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


class Cluster:
    """A temporary server; `name` beside it is a link to its folder while it runs."""

    def __init__(self, link: Path, initdb: str) -> None:
        self._link = link
        self._initdb = initdb
        self._control = str(Path(initdb).with_name("pg_ctl"))
        self._user = _unprivileged()

    @property
    def url(self) -> URL:
        """The address of its first database."""
        return URL.create(
            "postgresql+psycopg",
            username="tests",
            database="postgres",
            query={"host": str(self._link.readlink())},
        )

    def enter(self) -> None:
        """Start it, unless another process has."""
        with self._users() as users:
            if not users.read_text():
                self._make()
            users.write_text(users.read_text() + ".")

    def leave(self) -> None:
        """Stop it, if no other process uses it any more."""
        with self._users() as users:
            users.write_text(users.read_text()[1:])
            if not users.read_text():
                self.stop(crash=True)
                shutil.rmtree(self._link.readlink(), ignore_errors=True)

    def stop(self, *, crash: bool = False) -> None:
        """Stop it, in order or as by a crash; what was stored stays."""
        how = "immediate" if crash else "fast"
        data = self._link.readlink() / "data"
        _call(self._user, self._control, "-D", data, "-m", how, "-w", "stop")

    def start(self) -> None:
        """Start it again."""
        folder = self._link.readlink()
        settings = f"{_HASTY} -c listen_addresses= -c max_connections=200 -k {folder}"
        start = ("-l", folder / "log", "-o", settings, "-w", "start")
        _call(self._user, self._control, "-D", folder / "data", *start)

    @contextmanager
    def _users(self) -> Iterator[Path]:
        """Lock the file that has a dot for each process."""
        file = self._link.with_suffix(".users")
        with file.open("a") as locked:
            fcntl.flock(locked, fcntl.LOCK_EX)
            yield file

    def _make(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(folder)
        if self._user:
            shutil.chown(folder, self._user)
        data = folder / "data"
        _call(self._user, self._initdb, "-D", data, "-U", "tests", "-A", "trust", "--no-sync")
        self.start()


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
