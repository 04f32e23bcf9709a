"""The result of a job once more: in other colours, or in fewer bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from backend.errors import ToolFailed
from backend.files.store import FileStore, open_kept
from backend.jobs.model import Job
from backend.records import EncodedImage, ResultFile
from backend.tools import ImageTools
from nst.options import Colours


@dataclass(frozen=True, slots=True)
class Recolouring:
    """Makes results anew; stores nothing."""

    tools: ImageTools
    files: FileStore

    async def recolour(self, job: Job, colours: Colours) -> EncodedImage:
        """Make the result of a job in the style's or the photo's colours.

        Raises:
            ToolFailed: it cannot be done; the text says why.
            JobNotFound: files that are needed are gone.
        """
        result, spec = result_of(job), job.spec
        if result.raw is None:
            raise ToolFailed(
                "This picture was kept in its final colours only; they cannot be changed."
            )
        masks = [spec.mask.file] if spec.mask else []
        if result.frames:
            kind, most = PurePosixPath(result.file).suffix, spec.max_result_bytes
            return await refilm(
                self.tools, self.files, job, suffixes=[kind], max_bytes=most, colours=colours
            )
        async with open_kept(
            self.files, [result.raw, spec.photo.file, *masks, result.file]
        ) as paths:
            return await self.tools.recolour(
                paths[result.raw],
                paths[spec.photo.file],
                paths[spec.mask.file] if spec.mask else None,
                colours=colours,
                like=paths[result.file],
                max_bytes=spec.max_result_bytes,
            )

    async def shrink(self, job: Job, max_bytes: int) -> EncodedImage:
        """Make the result of a job once more, in so many bytes at most."""
        smaller = replace(job, spec=replace(job.spec, max_result_bytes=max_bytes))
        return await self.recolour(smaller, job.spec.options.colours)


async def refilm(
    tools: ImageTools,
    files: FileStore,
    job: Job,
    *,
    suffixes: Sequence[str],
    max_bytes: int,
    colours: Colours | None = None,
    beside: bool = False,
    side: int | None = None,
) -> EncodedImage:
    """Make the film of a job once more (`ImageTools.refilm`), `beside` what it was made of.

    Raises:
        ToolFailed: it cannot be done; the text says why.
        JobNotFound: files that are needed are gone.
    """
    spec, raw = job.spec, result_of(job).raw
    if raw is None or spec.film is None:
        raise ToolFailed("The frames of this film were not kept.")
    masks = [spec.mask.file] if spec.mask else []
    styles = [style.image.file for style in spec.styles] if beside else []
    async with open_kept(files, [spec.film.file, raw, *masks, *styles]) as paths:
        return await tools.refilm(
            paths[spec.film.file],
            paths[raw],
            next((paths[mask] for mask in masks), None),
            [paths[style] for style in styles],
            colours=colours or spec.options.colours,
            suffixes=suffixes,
            max_bytes=max_bytes,
            side=side,
        )


def result_of(job: Job) -> ResultFile:
    """Return the result of a job; raises ToolFailed where there is none."""
    if job.result is None:
        raise ToolFailed("There is no picture yet.")
    return job.result
