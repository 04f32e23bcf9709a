"""What can be asked of the tools, and the process that does it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bot.errors import FILES_GONE, JobNotFound, ToolFailed
from bot.jobs.model import Job, ResultFile, SpooledImage
from nst.options import Colours
from nst.text import Text

_LOG = logging.getLogger(__name__)

_KEPT_ENVIRONMENT: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT", "HOME", "MPLCONFIGDIR")
_PARALLEL: Final = 2
_SECONDS: Final = 60.0
_MAX_NOISE: Final = 4000
_TOO_LONG: Final = Text("This took too long. Please try again later.")
_FAULT: Final = Text("This could not be made because of a fault on our side.")
_UNRECORDED: Final = Text("The painting of this picture was not recorded.")
_NO_RAW: Final = Text("This picture was kept in its final colours only; they cannot be changed.")


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """Something made for one answer.

    Attributes:
        name: what the file is called in the chat.
        data: its bytes.
    """

    name: str
    data: bytes


class ImageTools:
    """Runs `nst.tools`, two processes at a time.

    Args:
        spool: where the files of jobs are; finished colours are written there.
    """

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._processes = asyncio.Semaphore(_PARALLEL)

    async def recolour(self, job: Job, colours: Colours) -> ResultFile:
        """The result of a job in the style's or the photo's colours, in a new file.

        Raises:
            ToolFailed: it cannot be done; the text says why.
            JobNotFound: files that are needed are gone.
        """
        result = _result(job)
        if result.raw is None:
            raise ToolFailed(_NO_RAW)
        answer = await self._run(
            work="finish",
            raw=result.raw,
            photo=job.spec.photo.path,
            mask=job.spec.mask and job.spec.mask.path,
            colours=colours.value,
            like=result.path,
            out=self._spool / f"{job.id}-{uuid.uuid4().hex[:8]}",
            max_bytes=job.spec.max_result_bytes,
        )
        return replace(
            result, path=Path(answer["path"]), width=answer["width"], height=answer["height"]
        )

    async def shrink(self, job: Job, max_bytes: int) -> ResultFile:
        """The result of a job once more, in a new file of so many bytes at most.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`.
        """
        return await self.recolour(
            replace(job, spec=replace(job.spec, max_result_bytes=max_bytes)),
            job.spec.options.colours,
        )

    async def compare(self, job: Job) -> RenderedFile:
        """Photo + styles = result, in pictures alone.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`.
        """
        return await self._print(
            f"compare-{job.id}",
            work="compare",
            photo=job.spec.photo.path,
            styles=[style.image.path for style in job.spec.styles],
            result=_result(job).path,
            max_bytes=job.spec.max_result_bytes,
        )

    async def film(self, job: Job) -> RenderedFile:
        """How the picture came about, as a film that chats play.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`; also where nothing was recorded.
        """
        return await self._print(
            f"timelapse-{job.id}",
            work="film",
            recording=_recording(job),
            kind="mp4",
            max_bytes=job.spec.max_result_bytes,
        )

    async def curve(self, job: Job, title: str, labels: Mapping[str, str]) -> RenderedFile:
        """The losses over the steps as a plot.

        Args:
            job: done.
            title: over the plot, in English.
            labels: other words for it and for what else stands on the plot, as in
                `nst.report.loss_curves`.

        Raises:
            ToolFailed, JobNotFound: as in `film`.
        """
        return await self._print(
            f"losses-{job.id}",
            work="curve",
            recording=_recording(job),
            title=title,
            labels=dict(labels),
        )

    async def recipe(self, job: Job) -> dict[str, Any]:
        """What the result's file says of how it was made; empty where it says nothing.

        Raises:
            JobNotFound: the file is gone.
        """
        try:
            answer = await self._run(work="recipe", result=_result(job).path)
        except ToolFailed:
            return {}
        return dict(answer["recipe"])

    async def white_share(self, mask: SpooledImage) -> float:
        """How much of a mask is white, 0 to 1; greys count in part.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`.
        """
        return float((await self._run(work="white", mask=mask.path))["share"])

    async def _print(self, name: str, **request: Any) -> RenderedFile:
        out = self._spool / f"{uuid.uuid4().hex}-print"
        answer = await self._run(out=out, **request)
        path = Path(answer["path"])
        try:
            data = await asyncio.to_thread(path.read_bytes)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return RenderedFile(name + path.suffix, data)

    async def _run(self, **request: Any) -> dict[str, Any]:
        await asyncio.to_thread(_check_there, request)
        text = json.dumps(request, default=str)
        async with self._processes:
            try:
                # -I: neither the environment nor the working directory adds to what it imports.
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", "-m", "nst.tools", text),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    env={
                        name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ
                    },
                )
            except OSError as error:
                _LOG.exception("The tools cannot be started.")
                raise ToolFailed(_FAULT) from error
            try:
                async with asyncio.timeout(_SECONDS):
                    output, trace = await process.communicate()
            except TimeoutError:
                _LOG.warning("ImageTools: %s took more than %g s.", request["work"], _SECONDS)
                raise ToolFailed(_TOO_LONG) from None
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        return _answer(request["work"], output, trace, process.returncode)


def _answer(work: str, output: bytes, trace: bytes, status: int | None) -> dict[str, Any]:
    if trace:
        _LOG.info("ImageTools: %s said:\n%s", work, trace[-_MAX_NOISE:].decode(errors="replace"))
    try:
        answer: dict[str, Any] = json.loads(output)
        if answer["ok"]:
            return answer
        text = Text.from_dict(answer["error"])
    except (ValueError, KeyError, TypeError) as error:
        _LOG.error("ImageTools: %s ended with status %s and no answer.", work, status)
        raise ToolFailed(_FAULT) from error
    raise ToolFailed(text)


def _check_there(request: dict[str, Any]) -> None:
    """Whether what is worked from is still on the disk."""
    inputs = [value for name, value in request.items() if name != "out"]
    inputs += request.get("styles", [])
    if not all(path.exists() for path in inputs if isinstance(path, Path)):
        raise JobNotFound(FILES_GONE)


def _result(job: Job) -> ResultFile:
    if job.result is None:
        raise ToolFailed(Text("There is no picture yet."))
    return job.result


def _recording(job: Job) -> Path:
    if (recording := _result(job).recording) is None:
        raise ToolFailed(_UNRECORDED)
    return recording
