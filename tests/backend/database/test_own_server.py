"""The server that tests and benchmarks restart: a crash of it loses nothing that was stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import own_server


@pytest.mark.slow
def test_what_was_stored_outlives_a_crash(tmp_path: Path) -> None:
    """Else a command could be noted, shown, and forgotten with nobody at fault."""
    with own_server(tmp_path) as server:
        if server is None:
            pytest.skip("no PostgreSQL: there is no initdb")
        for statement in ("CREATE TABLE noted (n int)", "INSERT INTO noted VALUES (1)"):
            engine = create_engine(server.url)
            with engine.begin() as connection:
                connection.execute(text(statement))
            engine.dispose()
            server.stop(crash=True)
            server.start()
        engine = create_engine(server.url)
        with engine.begin() as connection:
            assert connection.execute(text("SELECT n FROM noted")).scalars().all() == [1]
        engine.dispose()
