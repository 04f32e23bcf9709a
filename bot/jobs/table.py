"""The way from a job to its row and back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import RowMapping

from bot.jobs.model import (
    Address,
    Job,
    JobSpec,
    JobState,
    JobStyle,
    NewJob,
    ResultFile,
    SpooledImage,
)
from nst.options import Options

ADDRESS: Final = (
    "requester_id", "guild_id", "channel_id", "message_id", "bot_is_member", "interaction_token",
    "application_id",
)  # fmt: skip


# Columns of a job's row that hold a field of `JobSpec` as it is.
_PLAIN: Final = ("parent_id", "locale", "private", "spoiler")


class Rows:
    """Translates jobs; paths inside `spool` are kept relative to it, so that it can be moved."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool

    def from_new(self, job_id: str, new: NewJob, now: datetime) -> dict[str, Any]:
        """The row of a job that was just asked for."""
        address, spec = {name: getattr(new.address, name) for name in ADDRESS}, new.spec
        return address | {
            "id": job_id,
            "state": JobState.QUEUED.value,
            "options": spec.options.as_dict(),
            "content": self._from_image(spec.photo),
            "styles": [
                {
                    "image": self._from_image(style.image),
                    "weight": style.weight,
                    "credit": style.credit,
                }
                for style in spec.styles
            ],
            "mask": spec.mask and self._from_image(spec.mask),
            "max_result_bytes": spec.max_result_bytes,
            "start_from": spec.start_from and self._from_path(spec.start_from),
            "strengths": list(spec.strengths),
            **{name: getattr(spec, name) for name in _PLAIN},
            "created_at": now,
            "starts": 0,
            "delivered": False,
        }

    def to_job(self, row: RowMapping) -> Job:
        """The job of a row."""
        return Job(
            id=row["id"],
            state=JobState(row["state"]),
            address=Address(**{name: row[name] for name in ADDRESS}),
            spec=JobSpec(
                options=Options(**row["options"]),
                content=self._to_image(row["content"]),
                styles=tuple(
                    JobStyle(
                        image=self._to_image(style["image"]),
                        weight=style["weight"],
                        credit=style.get("credit", ""),
                    )
                    for style in row["styles"]
                ),
                mask=self._to_image(row["mask"]) if row["mask"] else None,
                max_result_bytes=row["max_result_bytes"],
                start_from=self._to_path(row["start_from"]),
                strengths=tuple(row["strengths"]),
                **{name: row[name] for name in _PLAIN},
            ),
            created_at=row["created_at"],
            started_at=row["started_at"],
            finished_at=row["finished_at"],
            result=self._to_result(row["result"]),
            error=row["error"],
            delivered=row["delivered"],
            alt=row["alt"],
            token_at=row["token_at"],
            told_id=row["told_id"],
        )

    def from_result(self, result: ResultFile) -> dict[str, Any]:
        """The JSON of a result."""
        return {
            "path": self._from_path(result.path),
            "width": result.width,
            "height": result.height,
            "seconds": result.seconds,
            "steps": result.steps,
            "stopped_early": result.stopped_early,
            "device": result.device,
            "raw": result.raw and self._from_path(result.raw),
            "recording": result.recording and self._from_path(result.recording),
            "notes": list(result.notes),
        }

    def _to_result(self, data: dict[str, Any] | None) -> ResultFile | None:
        if data is None:
            return None
        files = {
            "path": self._spool / data["path"],
            "raw": self._to_path(data.get("raw")),
            "recording": self._to_path(data.get("recording")),
        }
        return ResultFile(**{**data, **files, "notes": tuple(data.get("notes", ()))})

    def _from_image(self, image: SpooledImage) -> dict[str, Any]:
        return {
            "path": self._from_path(image.path),
            "thumbnail": self._from_path(image.thumbnail),
            "filename": image.filename,
            "sha256": image.sha256,
            "width": image.width,
            "height": image.height,
            "fingerprint": image.fingerprint,
        }

    def _to_image(self, data: dict[str, Any]) -> SpooledImage:
        paths = {name: self._spool / data[name] for name in ("path", "thumbnail")}
        return SpooledImage(**{**data, **paths})

    def _to_path(self, stored: str | None) -> Path | None:
        return self._spool / stored if stored else None

    def _from_path(self, path: Path) -> str:
        inside = path.is_relative_to(self._spool)
        return str(path.relative_to(self._spool) if inside else path.absolute())
