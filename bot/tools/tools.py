"""What can be asked of the tools, as plain files and numbers, and how their failures are told."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

from bot.errors import FILES_GONE, ImageRefused, JobNotFound, ToolFailed
from bot.tools.answers import CheckedImage, RenderedFile, Rendering
from bot.tools.process import Answer, Broken, Ended, Refused, Work, run
from bot.tools.turns import Turns
from nst.isolation import Isolation
from nst.limits import Limits
from nst.options import Colours
from nst.text import Text

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

_PARALLEL: Final = 2  # unpacking is bounded at 2 GiB each, and the painting needs the CPU
_SECONDS: Final = 60.0
_CPU_SECONDS: Final = 60
CHECK_CPU_SECONDS: Final = 10  # an ordinary photo takes a second
_SUFFIXES: Final = frozenset({".png", ".jpg", ".webp", ".mp4"})
_TOO_HARD: Final = Text(
    "Unpacking this picture failed or took more than the {seconds} seconds or the memory "
    "allowed for it. Make it smaller, or save it as JPEG."
)
_NOT_CHECKED: Final = Text(
    "It could not be checked because of a fault on our side. Try again later."
)
_TOO_LONG: Final = Text("This took too long. Please try again later.")
_FAULT: Final = Text("This could not be made because of a fault on our side.")


class ImageTools:
    """All work on picture files, each piece in a throw-away process, two processes at a time.

    Args:
        program: a Python that has nst.
        isolation: how much of it is asked of the kernel.
        check_cpu_seconds: how much processor time a stranger's file may take.
    """

    def __init__(
        self,
        program: str = sys.executable,
        *,
        isolation: Isolation = Isolation.BEST,
        check_cpu_seconds: int = CHECK_CPU_SECONDS,
    ) -> None:
        self._program = program
        self._check_cpu_seconds = check_cpu_seconds
        self._isolation = isolation
        self._turns = Turns(_PARALLEL)

    async def check(
        self,
        source: Path,
        clean: Path,
        thumbnail: Path,
        *,
        limits: Limits,
        seconds: float = _SECONDS,
    ) -> CheckedImage:
        """Unpack a stranger's file; write a clean copy and a small JPEG.

        Raises:
            ImageRefused: the picture cannot be used, or unpacking it failed or was ended.
            OSError: a file cannot be opened or made.
        """
        work = Work(
            verb="check",
            reads={"source": [source]},
            writes={"clean": clean, "thumbnail": thumbnail},
            options=asdict(limits),
            seconds=seconds,
            cpu_seconds=self._check_cpu_seconds,
        )
        try:
            return await self._run(work, _checked)
        except Refused as error:
            raise ImageRefused(error.text) from error
        except Ended as error:
            raise ImageRefused(_TOO_HARD, seconds=error.seconds) from error
        except Broken as error:
            raise ImageRefused(_NOT_CHECKED) from error

    async def recolour(
        self,
        raw: Path,
        photo: Path,
        mask: Path | None,
        *,
        colours: Colours,
        like: Path,
        out: Path,
        max_bytes: int,
    ) -> Rendering:
        """Write a painting in the style's or the photo's colours.

        Args:
            raw: the painting in the style's colours.
            photo: what it was painted from.
            mask: black keeps the photo.
            colours: whose.
            like: a picture with the recipe.
            out: where to write; its suffix is to be that of the answer.
            max_bytes: size of the file at most.

        Raises:
            ToolFailed: it cannot be done; the text says why.
            JobNotFound: files that are needed are gone.
        """
        reads = {"raw": [raw], "photo": [photo], "mask": [mask] if mask else [], "like": [like]}
        return await self._on_result(
            "finish", _rendering, reads, {"out": out}, colours=colours.value, max_bytes=max_bytes
        )

    async def compare(
        self, photo: Path, styles: Sequence[Path], result: Path, *, max_bytes: int
    ) -> RenderedFile:
        """Show photo + styles = result, in pictures alone.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`.
        """
        reads = {"photo": [photo], "styles": styles, "result": [result]}
        return await self._render("compare", reads, max_bytes=max_bytes)

    async def film(self, recording: Path, *, max_bytes: int) -> RenderedFile:
        """Show how a picture came about, as a film that chats play.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`.
        """
        return await self._render(
            "film", {"recording": [recording]}, kind="mp4", max_bytes=max_bytes
        )

    async def curve(self, recording: Path, title: str, labels: Mapping[str, str]) -> RenderedFile:
        """Plot the losses over the steps.

        Args:
            recording: of the run.
            title: over the plot, in English.
            labels: other words for it and for what else stands on the plot, as in
                `nst.report.loss_curves`.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`.
        """
        return await self._render(
            "curve", {"recording": [recording]}, title=title, labels=dict(labels)
        )

    async def recipe(self, result: Path) -> dict[str, Any]:
        """Return what a result's file says of how it was made; nothing where it says nothing.

        Raises:
            JobNotFound: the file is gone.
        """
        try:
            return await self._on_result("recipe", _recipe, {"result": [result]})
        except ToolFailed:
            return {}

    async def white_share(self, mask: Path) -> float:
        """Return how much of a mask is white, 0 to 1; greys count in part.

        Raises:
            ToolFailed, JobNotFound: as in `recolour`.
        """
        return await self._on_result("white", _share, {"mask": [mask]})

    async def _render(
        self, verb: str, reads: Mapping[str, Sequence[Path]], **options: Any
    ) -> RenderedFile:
        with await asyncio.to_thread(tempfile.TemporaryFile) as out:
            suffix = await self._on_result(verb, _suffix, reads, {"out": out}, **options)
            return RenderedFile(suffix, await asyncio.to_thread(_contents, out))

    async def _on_result(
        self,
        verb: str,
        build: Callable[[Answer], T],
        reads: Mapping[str, Sequence[Path]],
        writes: Mapping[str, Path | BinaryIO] | None = None,
        **options: Any,
    ) -> T:
        work = Work(
            verb=verb,
            reads=reads,
            writes=writes or {},
            options=options,
            seconds=_SECONDS,
            cpu_seconds=_CPU_SECONDS,
        )
        try:
            return await self._run(work, build)
        except FileNotFoundError as error:
            raise JobNotFound(FILES_GONE) from error
        except Refused as error:
            raise ToolFailed(error.text) from error
        except Ended as error:
            raise ToolFailed(_TOO_LONG) from error
        except (Broken, OSError) as error:
            _LOG.exception("Tool %s failed.", verb)
            raise ToolFailed(_FAULT) from error

    async def _run(self, work: Work, build: Callable[[Answer], T]) -> T:
        async with self._turns.turn(work.verb):
            return await run(work, build, self._program, self._isolation)


def _checked(answer: Answer) -> CheckedImage:
    look = answer["fingerprint"]
    return CheckedImage(
        suffix=_suffix(answer),
        width=int(answer["width"]),
        height=int(answer["height"]),
        sha256=str(answer["sha256"]),
        fingerprint=None if look is None else str(look),
        frame=int(answer["frame"]),
        frames=int(answer["frames"]),
        blank=bool(answer["blank"]),
    )


def _rendering(answer: Answer) -> Rendering:
    return Rendering(_suffix(answer), int(answer["width"]), int(answer["height"]))


def _suffix(answer: Answer) -> str:
    if answer["suffix"] not in _SUFFIXES:
        raise ValueError("an unknown suffix")
    return str(answer["suffix"])


def _recipe(answer: Answer) -> dict[str, Any]:
    return dict(answer["recipe"])


def _share(answer: Answer) -> float:
    return float(answer["share"])


def _contents(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
