"""Films by a painter that is quick: what becomes of one whose time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sized
from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.engine.film import paint_film
from backend.engine.protocol import EngineProgress, EngineRequest
from backend.engine.workspace import workspace
from nst import FilmFrame, FilmProgress, PaintedFrame, open_film
from nst.film import Origin
from tests.backend.engine.films import stored_film
from tests.contracts.requests import files_in, request_for
from tests.nst.runs import step


def quick(source: Iterable[FilmFrame], **how: Any) -> Iterator[PaintedFrame]:
    """Paint each frame as it is, until there is no more time."""
    for index, frame in enumerate(source):
        if how["should_stop"]():
            return
        raw = frame.image.colour
        yield PaintedFrame(
            index=index,
            image=raw,
            raw=raw,
            alpha=None,
            seconds=frame.seconds,
            origin=Origin.MOVED,
            steps=1,
        )


def request_in(folder: Path, timeout: float) -> EngineRequest:
    request = request_for("film", timeout=timeout)
    content = replace(request.spec.photo, film=stored_film(folder))
    return replace(request, spec=replace(request.spec, content=content))


async def test_a_film_whose_time_is_up_is_kept_as_far_as_it_is(tmp_path: Path) -> None:
    files = await files_in(tmp_path)
    request = request_in(tmp_path, timeout=0)

    def paint() -> None:
        with workspace(files, request, tmp_path / "scratch") as place:
            result = paint_film(request, place, lambda _: None, lambda: False, quick)
            assert (result.frames, result.stopped_early) == (1, True)
            [note] = result.notes
            assert "it ends early" in str(note)
            assert len(list(open_film(place.path(result.file)))) == 1
            assert not place.path(request.checkpoint).exists()

    await asyncio.to_thread(paint)


def telling(source: Iterable[FilmFrame], **how: Any) -> Iterator[PaintedFrame]:
    """Paint as `quick` does, and say of each frame what is left."""
    frames = len(list(source))
    assert isinstance(source, Sized)
    assert len(source) == frames
    for frame in quick(source, **how):
        how["on_progress"](
            FilmProgress(
                index=frame.index,
                frames=frames,
                fraction=None,
                seconds=100.0,
                seconds_left=2.0 * (frames - frame.index),
                step=step(1, 2),
            )
        )
        yield frame


async def test_the_time_left_is_what_the_painting_says(tmp_path: Path) -> None:
    files = await files_in(tmp_path)
    request = request_in(tmp_path, timeout=60)
    told: list[EngineProgress] = []

    def paint() -> None:
        with workspace(files, request, tmp_path / "scratch") as place:
            paint_film(request, place, told.append, lambda: False, telling)

    await asyncio.to_thread(paint)
    assert {each.seconds_left for each in told if each.frame == 1} == {6.0}
    assert {each.seconds_left for each in told if each.frame == 3} == {2.0}
    assert [each.fraction for each in told] == sorted(each.fraction for each in told)
