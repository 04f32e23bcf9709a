"""The result of a job once more: in other colours, or in fewer bytes."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.errors import ToolFailed
from bot.jobs.model import Job, ResultFile
from bot.tools import ImageTools
from nst.options import Colours
from nst.text import Text

_NO_RESULT: Final = Text("There is no picture yet.")
_NO_RAW: Final = Text("This picture was kept in its final colours only; they cannot be changed.")


class Recolouring:
    """Makes new files of results; the old ones stay.

    Args:
        tools: do the work.
        spool: where the files of jobs are.
    """

    def __init__(self, tools: ImageTools, spool: Path) -> None:
        self._tools = tools
        self._spool = spool

    async def recolour(self, job: Job, colours: Colours) -> ResultFile:
        """Make the result of a job in the style's or the photo's colours.

        Raises:
            ToolFailed: it cannot be done; the text says why.
            JobNotFound: files that are needed are gone.
        """
        result, spec = result_of(job), job.spec
        if result.raw is None:
            raise ToolFailed(_NO_RAW)
        out = self._spool / f"{job.id}-{uuid.uuid4().hex[:8]}"
        made = await self._tools.recolour(
            result.raw,
            spec.photo.path,
            spec.mask.path if spec.mask else None,
            colours=colours,
            like=result.path,
            out=out,
            max_bytes=spec.max_result_bytes,
        )
        path = await asyncio.to_thread(out.rename, out.with_suffix(made.suffix))
        return replace(result, path=path, width=made.width, height=made.height)

    async def shrink(self, job: Job, max_bytes: int) -> ResultFile:
        """Make the result of a job once more, in so many bytes at most.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`.
        """
        smaller = replace(job, spec=replace(job.spec, max_result_bytes=max_bytes))
        return await self.recolour(smaller, job.spec.options.colours)


def result_of(job: Job) -> ResultFile:
    """Return the result of a job.

    Raises:
        ToolFailed: there is none.
    """
    if job.result is None:
        raise ToolFailed(_NO_RESULT)
    return job.result
