"""Fixtures of jobs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backend.jobs.model import Job, JobState
from tests.backend.jobs.support import MakeJob, NewJobs


@pytest.fixture
def make_job(new_job: NewJobs) -> MakeJob:
    """Return what makes a job of a number, a person and a server."""

    def make(number: int, person: int, server: int | None) -> Job:
        new = new_job(person=person, server=server)
        return Job(
            id=str(number),
            state=JobState.QUEUED,
            address=new.address,
            spec=new.spec,
            created_at=datetime.now(UTC),
        )

    return make
