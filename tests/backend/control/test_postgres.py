"""The host's commands beside a bot whose jobs are in PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from backend.control.control import HostControl
from backend.control.requests import CANCEL, NAMES, RELOAD, attended
from backend.database.postgres import PostgresServer
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from bot.__main__ import cli
from tests.backend.jobs.support import NewJobs, Script, hold
from tests.postgres import database


async def host(*arguments: str) -> str:
    done = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


async def test_beside_a_bot_on_postgresql(
    postgres: URL | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_job: NewJobs
) -> None:
    if postgres is None:
        pytest.skip("no PostgreSQL: there is no initdb, and TEST_DATABASE_URL names no server")
    monkeypatch.chdir(tmp_path)
    with database(postgres) as url:
        monkeypatch.setenv("STYLIZE_DATABASE_URL", url.render_as_string(hide_password=False))
        async with (
            JobStore(PostgresServer(url), tmp_path) as store,
            HostControl(store.database) as control,
            JobQueue(store, Script()) as queue,
        ):
            await hold(store)
            job = await queue.submit(new_job(person=7, server=8))

            async def name(_about: object) -> dict[str, str]:
                return {"7": "Ada", "8": "Art café"}

            async def cancel(job_id: str) -> str:
                before = (await queue.get(job_id)).state
                await queue.cancel(job_id)
                return before

            handlers = {NAMES: name, CANCEL: cancel, RELOAD: lambda _: control.load()}
            async with attended(store.database, handlers, 0.02):
                await host("ban", "person", "7", "--reason", "Flooding.")
                assert list(control.bans.values()) == ["Flooding."]
                assert "Art café  Ada" in await host("jobs", "list")
                assert "is cancelled; its card says so." in await host("jobs", "cancel", job.id)
                assert "Ada" in await host("usage")
                await host("allow", "person", "7")
                assert control.bans == {}
