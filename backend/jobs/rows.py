"""From a job to its row and back; a row that cannot be read fails alone."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import RowMapping

from backend.codec import Codec, Unreadable
from backend.database.tables import JOBS
from backend.jobs.model import Address, Job, JobState, NewJob
from backend.records import JobSpec, ResultFile
from nst.options import Options

SPEC: Final = Codec[JobSpec](JobSpec)
RESULT: Final = Codec[ResultFile](ResultFile)
_ADDRESS: Final = tuple(field.name for field in fields(Address))
_CODED: Final = {"state", "address", "spec", "result"}
_PLAIN: Final = tuple(field.name for field in fields(Job) if field.name not in _CODED)
"""Columns that hold a field of `Job` as it is."""


def address_columns(address: Address) -> dict[str, Any]:
    """Return the columns of an address."""
    return {name: getattr(address, name) for name in _ADDRESS}


def order_columns(new: NewJob) -> dict[str, Any]:
    """Return the columns of an order: whose it is, and what to make."""
    return address_columns(new.address) | {"spec": SPEC.encode(new.spec)}


def fresh_columns(job_id: str, state: JobState) -> dict[str, Any]:
    """Return the columns of a new row beside those of its order."""
    return {
        "id": job_id,
        "state": state.value,
        "created_at": datetime.now(UTC),
        "starts": 0,
        "delivered": False,
        "has_files": True,
    }


def state_columns(state: JobState, result: ResultFile | None, error: str | None) -> dict[str, Any]:
    """Return the columns that change with the state."""
    now = datetime.now(UTC)
    changed: dict[str, Any] = {"state": state.value}
    if state is JobState.QUEUED:
        return changed  # `started_at` stays: it puts the job before those that never ran
    if state is JobState.RUNNING:
        return changed | {"started_at": now, "starts": JOBS.c.starts + 1}
    stored = RESULT.encode(result) if result else None
    return changed | {"finished_at": now, "error": error, "result": stored}


def read_job(row: RowMapping) -> Job:
    """Return the job of a row; Unreadable if it is of another version of the bot, or damaged."""
    try:
        return Job(
            state=JobState(row["state"]),
            address=Address(**{name: row[name] for name in _ADDRESS}),
            spec=SPEC.decode(row["spec"]),
            result=RESULT.decode(row["result"]) if row["result"] else None,
            **{name: row[name] for name in _PLAIN},
        )
    except ValueError as error:
        raise Unreadable(f"job {row['id']}: {error}") from error


def what_is_left_of(spec: str) -> JobSpec:
    """Return what the card of a job needs whose spec cannot be read: how to speak to whom."""
    try:
        data = json.loads(spec)
        told = {name: data.get(name) for name in ("locale", "private", "spoiler")}
    except (ValueError, AttributeError):
        told = {}
    locale = told.get("locale")
    return JobSpec(
        options=Options(),
        max_result_bytes=0,
        locale=locale if isinstance(locale, str) else "en-US",
        private=told.get("private") is True,
        spoiler=told.get("spoiler") is True,
    )
