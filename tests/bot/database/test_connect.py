"""Where the jobs are kept, and what is said when that does not work."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.database.connect import locate
from bot.database.location import Location
from bot.database.postgres import PostgresServer
from bot.database.sqlite import SqliteFile
from bot.errors import ConfigurationError, DatabaseInUse
from bot.jobs.model import JobState
from bot.jobs.store import JobStore
from tests.bot.jobs.support import NewJobs


def test_a_file_in_the_data_folder_unless_the_host_names_a_database(tmp_path: Path) -> None:
    assert locate(tmp_path, None) == SqliteFile(tmp_path / "jobs.sqlite")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_addresses_of_databases(tmp_path: Path, scheme: str) -> None:
    location = locate(tmp_path, f"{scheme}://ada:s3cret@db:5433/stylize")
    assert isinstance(location, PostgresServer)
    url = location.url
    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.database) == ("db", 5433, "stylize")


@pytest.mark.parametrize("url", ["mysql://db/stylize", "s3cret", "sqlite:///jobs", ""])
def test_other_addresses_are_one_clear_line_without_secrets(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="must look like postgresql") as caught:
        locate(tmp_path, url)
    assert "s3cret" not in str(caught.value)


async def test_a_database_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    location = locate(tmp_path, f"postgresql://ada:s3cret@/stylize?host={tmp_path}")
    with pytest.raises(ConfigurationError, match="cannot be used") as caught:
        async with JobStore(location, tmp_path):
            pass
    assert "s3cret" not in str(caught.value)


async def test_looking_works_beside_a_bot(
    store: JobStore, location: Location, tmp_path: Path, new_job: NewJobs
) -> None:
    job = await store.create(new_job())
    async with JobStore(location, tmp_path, read_only=True) as reader:
        assert await reader.in_states() == [job]
        with pytest.raises(Exception, match=r"read-?only|readonly"):
            await reader.transition(job.id, JobState.RUNNING)
    assert await store.get(job.id) == job


async def test_two_bots_do_not_share_a_spool(
    store: JobStore, location: Location, tmp_path: Path
) -> None:
    if not isinstance(location, PostgresServer):
        return  # there, the file is the lock
    another = PostgresServer(location.url.set(database="another"))
    with pytest.raises(DatabaseInUse, match="using the folder"):
        async with JobStore(another, tmp_path):
            pass
