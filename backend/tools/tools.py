"""What can be asked of the tools, as plain files and numbers, and how their failures are told."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import KW_ONLY, asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

from pydantic import TypeAdapter

from backend.errors import FILES_GONE, ImageRefused, ImageUnavailable, JobNotFound, ToolFailed
from backend.records import EncodedImage
from backend.tools.answers import CheckedFilm, CheckedImage, RenderedFile, Suffix
from backend.tools.forking import quick_starter
from backend.tools.process import Answer, Ended, Refused, Work, run
from backend.tools.spawning import Broken, Spawning, Starter
from backend.tools.turns import Turns
from nst.isolation import Isolation
from nst.limits import Limits
from nst.options import Colours

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

_PARALLEL: Final = 2  # unpacking is bounded at 2 GiB each, and the painting needs the CPU
_SECONDS: Final = 60.0
_CPU_SECONDS: Final = 60
CHECK_CPU_SECONDS: Final = 10  # an ordinary photo takes a second
_FILM_SECONDS: Final = 60
_LONGER: Final = {"refilm": 180}  # all frames are encoded, several times where bytes are few
_FILM: Final = TypeAdapter(CheckedFilm)
_CHECKED: Final = TypeAdapter(CheckedImage)
_SUFFIX: Final[TypeAdapter[Suffix]] = TypeAdapter(Suffix)


@dataclass(frozen=True, slots=True)
class ImageTools:
    """All work on picture files, each piece in a throw-away process, two processes at a time.

    What is made of results raises ToolFailed with the reason, or JobNotFound where files are gone.
    """

    start: Starter = Spawning()  # noqa: RUF009 - nobody can change it
    _: KW_ONLY
    isolation: Isolation = Isolation.BEST
    check_cpu_seconds: int = CHECK_CPU_SECONDS  # for a stranger's file
    _turns: Turns = field(init=False, default_factory=partial(Turns, _PARALLEL))

    async def check(
        self,
        source: Path,
        clean: Path,
        thumbnail: Path,
        *,
        limits: Limits,
        seconds: float = _SECONDS,
        person: int | None = None,
        most: bool = False,
    ) -> CheckedImage:
        """Unpack a stranger's file; write a clean copy and a small JPEG.

        Checks take turns over people: many of one keep another waiting for one of them at most.
        Of a video the first frame that shows something is taken, or the one that shows `most`.

        Raises:
            ImageRefused: the picture cannot be used, or unpacking it failed or was ended.
            OSError: a file cannot be opened or made.
        """
        work = Work(
            verb="check",
            reads={"source": [source]},
            writes={"clean": clean, "thumbnail": thumbnail},
            options={**asdict(limits), "most": most},
            seconds=seconds,
            cpu_seconds=self.check_cpu_seconds,
        )
        return await self._on_upload(work, _CHECKED.validate_python, person)

    async def frames(
        self,
        source: Path,
        film: Path,
        sheet: Path,
        *,
        limits: Limits,
        max_frames: int,
        person: int | None = None,
    ) -> CheckedFilm:
        """Unpack a stranger's film; write its frames anew, and a JPEG that shows some of them.

        Raises as `check` does.
        """
        work = Work(
            verb="frames",
            reads={"source": [source]},
            writes={"film": film, "sheet": sheet},
            options={**asdict(limits), "max_frames": max_frames},
            seconds=_FILM_SECONDS,
            cpu_seconds=_FILM_SECONDS,
        )
        return await self._on_upload(work, _FILM.validate_python, person)

    async def _on_upload(self, work: Work, build: Callable[[Answer], T], person: int | None) -> T:
        try:
            return await self._run(work, build, ("check", person))
        except Refused as error:
            raise ImageRefused(error.text) from error
        except Ended as error:
            raise ImageRefused(
                "Unpacking this picture failed or took more than the {seconds} seconds or the "
                "memory allowed for it. Make it smaller, or save it as JPEG.",
                seconds=error.seconds,
            ) from error
        except Broken as error:
            raise ImageUnavailable(
                "It could not be checked because of a fault on our side. Try again later."
            ) from error

    async def recolour(
        self,
        raw: Path,
        photo: Path,
        mask: Path | None,
        *,
        colours: Colours,
        like: Path,
        max_bytes: int,
    ) -> EncodedImage:
        """Return a painting (`raw`, of a photo) in other colours, with the recipe of `like`."""
        reads = {"raw": [raw], "photo": [photo], "mask": [mask] if mask else [], "like": [like]}
        return await self._render(
            "finish", _encoded, reads, colours=colours.value, max_bytes=max_bytes
        )

    async def refilm(
        self,
        source: Path,
        painted: Path,
        mask: Path | None = None,
        styles: Sequence[Path] = (),
        *,
        colours: Colours,
        suffixes: Sequence[str],
        max_bytes: int,
        side: int | None = None,
    ) -> EncodedImage:
        """Return the painted frames of a film in other colours, beside `styles`, or as a sticker.

        Args:
            source: the frames before.
            suffixes: of the kinds of file that it may be, best first.
            side: of a sticker, which is square.
        """
        masks = [mask] if mask else []
        reads = {"source": [source], "painted": [painted], "mask": masks, "styles": styles}
        return await self._render(
            "refilm",
            _encoded,
            reads,
            colours=colours.value,
            suffixes=list(suffixes),
            max_bytes=max_bytes,
            side=side,
        )

    async def sticker(self, result: Path, *, side: int, max_bytes: int) -> EncodedImage:
        """Return a picture as a square of so many pixels."""
        reads = {"result": [result]}
        return await self._render("sticker", _encoded, reads, side=side, max_bytes=max_bytes)

    async def compare(
        self, photo: Path, styles: Sequence[Path], result: Path, *, max_bytes: int
    ) -> RenderedFile:
        """Show photo + styles = result, in pictures alone."""
        reads = {"photo": [photo], "styles": styles, "result": [result]}
        return await self._render("compare", _rendered, reads, max_bytes=max_bytes)

    async def film(self, recording: Path, *, max_bytes: int) -> RenderedFile:
        """Show how a picture came about, as a film that chats play."""
        reads = {"recording": [recording]}
        return await self._render("film", _rendered, reads, kind="mp4", max_bytes=max_bytes)

    async def curve(self, recording: Path, title: str, labels: Mapping[str, str]) -> RenderedFile:
        """Plot the losses over the steps; title and labels as for `nst.report.loss_curves`."""
        reads = {"recording": [recording]}
        return await self._render("curve", _rendered, reads, title=title, labels=dict(labels))

    async def animate(
        self, frames: Sequence[Path], milliseconds: Sequence[int], *, max_bytes: int
    ) -> RenderedFile:
        """Show pictures of one size one after the other, each for so long."""
        options = {"milliseconds": list(milliseconds), "max_bytes": max_bytes}
        return await self._render("animate", _rendered, {"frames": frames}, **options)

    async def thumbnails(self, pictures: Sequence[Path]) -> list[bytes]:
        """Return a small JPEG of each picture; nothing for one of which none can be made."""
        outs = [await asyncio.to_thread(tempfile.TemporaryFile) for _ in pictures]
        try:
            writes = {str(at): out for at, out in enumerate(outs)}
            await self._on_result("thumbnails", dict, {"pictures": pictures}, writes)
            return [await asyncio.to_thread(_contents, out) for out in outs]
        finally:
            for out in outs:
                out.close()

    async def recipe(self, result: Path) -> dict[str, Any]:
        """Return what a result's file says of how it was made; nothing where it says nothing."""
        try:
            return await self._on_result(
                "recipe", lambda answer: dict(answer["recipe"]), {"result": [result]}
            )
        except ToolFailed:
            return {}

    async def white_share(self, mask: Path) -> float:
        """Return how much of a mask is white, 0 to 1; greys count in part."""
        return await self._on_result(
            "white", lambda answer: float(answer["share"]), {"mask": [mask]}
        )

    async def _render(
        self,
        verb: str,
        build: Callable[[Answer], Callable[..., T]],
        reads: Mapping[str, Sequence[Path]],
        **options: Any,
    ) -> T:
        with await asyncio.to_thread(tempfile.TemporaryFile) as out:
            made = await self._on_result(verb, build, reads, {"out": out}, **options)
            return made(data=await asyncio.to_thread(_contents, out))

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
            seconds=_LONGER.get(verb, _SECONDS),
            cpu_seconds=_LONGER.get(verb, _CPU_SECONDS),
        )
        try:
            return await self._run(work, build, verb)
        except FileNotFoundError as error:
            raise JobNotFound(FILES_GONE) from error
        except Refused as error:
            raise ToolFailed(error.text) from error
        except Ended as error:
            raise ToolFailed("This took too long. Please try again later.") from error
        except (Broken, OSError) as error:
            _LOG.exception("Tool %s failed.", verb)
            raise ToolFailed("This could not be made because of a fault on our side.") from error

    async def _run(self, work: Work, build: Callable[[Answer], T], line: Hashable) -> T:
        async with self._turns.turn(line):
            return await run(work, build, self.start, self.isolation)


@asynccontextmanager
async def image_tools(isolation: Isolation) -> AsyncIterator[ImageTools]:
    """Yield the tools, with the quickest way to start their processes that there is here."""
    async with quick_starter() as start:
        yield ImageTools(start, isolation=isolation)


def _encoded(answer: Answer) -> Callable[..., EncodedImage]:
    return partial(
        EncodedImage,
        suffix=_SUFFIX.validate_python(answer["suffix"]),
        width=int(answer["width"]),
        height=int(answer["height"]),
    )


def _rendered(answer: Answer) -> Callable[..., RenderedFile]:
    return partial(RenderedFile, _SUFFIX.validate_python(answer["suffix"]))


def _contents(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
