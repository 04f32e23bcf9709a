"""How long the event loop stands still while one picture is deleted, with many jobs in the store.

    python -m benchmarks.delete --jobs 20000

Fills a store with finished jobs, as painting 122 of them a minute does in three hours, and deletes
pictures of some of them one after the other. A task that wants to run every millisecond tells how
long nothing else could run.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from backend.database.ids import new_id
from backend.database.sqlite import SqliteFile
from backend.database.tables import FILE_USES, JOBS
from backend.engine.protocol import RAW, RECORDING, output
from backend.files.store import FileKey
from backend.files.uses import job_owner
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Address, JobState
from backend.jobs.rows import RESULT, SPEC, address_columns
from backend.jobs.store import JobStore
from backend.records import JobSpec, JobStyle, ResultFile, StoredImage
from benchmarks.stalls import watched
from nst.options import Options

LIMIT: Final = 0.05
BATCH: Final = 1000
DELETED: Final = 20
_ADDRESS: Final = Address(
    requester_id=1,
    guild_id=1,
    channel_id=1,
    message_id=1,
    bot_is_member=True,
    interaction_token="t" * 200,
    application_id=1,
)


async def measure(jobs: int) -> tuple[list[float], list[float]]:
    """Return the longest blocks and the seconds of each deletion, in a store of so many jobs."""
    blocks, seconds = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with JobStore(SqliteFile(folder / "jobs.sqlite"), folder) as store:
            ids = await _fill(store, jobs)
            finished = FinishedJobs(store)
            for job_id in ids[:: max(1, len(ids) // DELETED)][:DELETED]:
                for key in await _files_of(store, job_id):
                    await store.files.put(key, b"picture")
                async with watched() as stall:
                    began = time.perf_counter()
                    await finished.delete(job_id)
                    seconds.append(time.perf_counter() - began)
                blocks.append(stall.longest)
    return blocks, seconds


async def _files_of(store: JobStore, job_id: str) -> list[FileKey]:
    job = await store.get(job_id)
    return [*job.spec.files, *(job.result.files if job.result else ())]


async def _fill(store: JobStore, count: int) -> list[str]:
    """Store so many finished jobs, with the uses of their files; return their ids."""
    ids: list[str] = []
    while len(ids) < count:
        some = [_job() for _ in range(min(BATCH, count - len(ids)))]
        uses = [use for _, uses in some for use in uses]
        async with store.database.write() as connection:
            await connection.execute(insert(JOBS), [row for row, _ in some])
            await connection.execute(insert(FILE_USES), uses)
        ids += [row["id"] for row, _ in some]
    return ids


def _job() -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Return the row of a finished job, and those of its uses."""
    job_id = new_id()
    content, style = (_image(f"{job_id}-{name}") for name in ("photo", "style"))
    spec = JobSpec(
        options=Options(),
        content=content,
        styles=(JobStyle(image=style),),
        max_result_bytes=10_000_000,
    )
    result = ResultFile(
        file=output(job_id, ".png"),
        raw=output(job_id, RAW),
        recording=output(job_id, RECORDING),
        width=512,
        height=384,
        seconds=12.0,
        steps=100,
        stopped_early=False,
    )
    now = datetime.now(UTC)
    row = address_columns(_ADDRESS) | {
        "id": job_id,
        "state": JobState.DONE.value,
        "spec": SPEC.encode(spec),
        "result": RESULT.encode(result),
        "created_at": now,
        "started_at": now,
        "finished_at": now,
        "starts": 1,
        "delivered": True,
        "has_files": True,
    }
    keys = (*spec.files, *result.files)
    return row, [{"key": key, "owner": job_owner(job_id)} for key in keys]


def _image(name: str) -> StoredImage:
    return StoredImage(
        file=FileKey(f"spool/{name}.png"),
        thumbnail=FileKey(f"spool/{name}.jpg"),
        filename="photo.jpg",
        sha256="0" * 64,
        width=512,
        height=384,
        fingerprint="0" * 16,
    )


def main() -> int:
    """Measure, print, and judge; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=20_000)
    jobs = parser.parse_args().jobs
    blocks, seconds = asyncio.run(measure(jobs))
    print(f"{jobs} jobs in the store, {len(blocks)} pictures deleted")
    print(f"  longest block of the loop  {max(blocks) * 1000:6.1f} ms  (limit {LIMIT * 1000:.0f})")
    print(f"  of a deletion, median      {statistics.median(blocks) * 1000:6.1f} ms")
    print(f"  a deletion takes, median   {statistics.median(seconds) * 1000:6.1f} ms")
    return int(max(blocks) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
