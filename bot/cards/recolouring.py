"""The result of a job once more: in other colours, or in fewer bytes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from bot.errors import ToolFailed
from bot.files.store import FileStore, open_kept
from bot.jobs.model import Job
from bot.records import EncodedImage, ResultFile
from bot.tools import ImageTools
from nst.options import Colours
from nst.text import Text

_NO_RESULT: Final = Text("There is no picture yet.")
_NO_RAW: Final = Text("This picture was kept in its final colours only; they cannot be changed.")


class Recolouring:
    """Makes results anew; stores nothing.

    Args:
        tools: do the work.
        files: where the files of jobs are.
    """

    def __init__(self, tools: ImageTools, files: FileStore) -> None:
        self._tools = tools
        self._files = files

    async def recolour(self, job: Job, colours: Colours) -> EncodedImage:
        """Make the result of a job in the style's or the photo's colours.

        Raises:
            ToolFailed: it cannot be done; the text says why.
            JobNotFound: files that are needed are gone.
        """
        result, spec = result_of(job), job.spec
        if result.raw is None:
            raise ToolFailed(_NO_RAW)
        masks = [spec.mask.file] if spec.mask else []
        keys = [result.raw, spec.photo.file, *masks, result.file]
        async with open_kept(self._files, keys) as paths, self._files.scratch() as folder:
            made = await self._tools.recolour(
                paths[result.raw],
                paths[spec.photo.file],
                paths[spec.mask.file] if spec.mask else None,
                colours=colours,
                like=paths[result.file],
                out=folder / "picture",
                max_bytes=spec.max_result_bytes,
            )
            data = await asyncio.to_thread((folder / "picture").read_bytes)
        return EncodedImage(data=data, suffix=made.suffix, width=made.width, height=made.height)

    async def shrink(self, job: Job, max_bytes: int) -> EncodedImage:
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
