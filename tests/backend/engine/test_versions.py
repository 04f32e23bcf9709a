"""Several versions of a picture, painted by a painter that is quick."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.engine.protocol import EngineProgress, EngineRequest, outputs
from backend.engine.versions import Tell, paint_versions
from backend.engine.worker import Report, ShouldStop
from backend.engine.workspace import Workspace, workspace
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from backend.records import JobSpec, JobStyle, ResultFile
from nst import Options
from tests.backend.images import stored_image
from tests.versions import one_by_one

REQUEST = EngineRequest(
    job_id="job",
    spec=JobSpec(
        options=Options(size=64, seed=5),
        content=stored_image("content"),
        styles=(JobStyle(image=stored_image("style")),),
        max_result_bytes=1_000_000,
        takes=(5, 6, 7),
    ),
    timeout=10,
)


class Painter:
    """Notes the seeds that it paints; its worker is killed at one of them, once."""

    def __init__(self, killed_at: int = -1) -> None:
        self.seeds: list[int] = []
        self.killed_at = killed_at

    def __call__(
        self, request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        seed = request.spec.options.seed
        self.seeds.append(seed)
        if seed == self.killed_at:
            self.killed_at = -1
            raise KeyboardInterrupt
        picture = Image.new("RGB", (64, 48), (30 * seed, 90, 140))
        file = FileKey(f"{request.result}.png")
        picture.save(place.path(file))
        picture.save(place.path(request.raw))
        progress = EngineProgress(
            step=1, steps=2, fraction=0.5, seconds=1, seconds_left=1, total_loss=1
        )
        report(progress)
        return ResultFile(
            file=file,
            width=64,
            height=48,
            seconds=10,
            steps=2,
            stopped_early=False,
            raw=request.raw,
        )


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    files = LocalFiles(tmp_path)
    for name in ("spool", "scratch"):
        (tmp_path / name).mkdir()
    for image in REQUEST.spec.images:
        (tmp_path / image.file).parent.mkdir(exist_ok=True)
        (tmp_path / image.file).write_bytes(b"x")
    return files


@contextmanager
def run(files: LocalFiles, tmp_path: Path) -> Iterator[Workspace]:
    with workspace(files, REQUEST, tmp_path / "scratch") as place:
        yield place


def test_finished_versions_outlive_their_worker(files: LocalFiles, tmp_path: Path) -> None:
    painter, seen = Painter(killed_at=7), list[EngineProgress]()
    report = seen.append

    with pytest.raises(KeyboardInterrupt), run(files, tmp_path) as place:
        paint_versions(REQUEST, place, report, lambda: False, one_by_one(painter))
    with run(files, tmp_path) as place:
        result = paint_versions(REQUEST, place, report, lambda: False, one_by_one(painter))
        result = place.store(result)
    assert painter.seeds == [5, 6, 7, 7]
    assert [each.fraction for each in seen] == [pytest.approx(share / 6) for share in (1, 3, 5)]
    assert seen[0].seconds_left == 1 + 2 + 2  # as long as the one in work, for the others
    assert result.seconds > 20
    assert len(result.parts) == 3
    assert {*result.files} < {*outputs("job", 3)}
    kept = {f"spool/{path.name}" for path in (tmp_path / "spool").iterdir()}
    assert kept - {image.file for image in REQUEST.spec.images} == {*result.files}


def test_a_version_whose_files_are_gone_is_painted_again(files: LocalFiles, tmp_path: Path) -> None:
    painter = Painter(killed_at=7)
    with pytest.raises(KeyboardInterrupt), run(files, tmp_path) as place:
        paint_versions(REQUEST, place, lambda _: None, lambda: False, one_by_one(painter))
    (tmp_path / replace(REQUEST, job_id="job-2").raw).unlink()
    with run(files, tmp_path) as place:
        paint_versions(REQUEST, place, lambda _: None, lambda: False, one_by_one(painter))
    assert painter.seeds == [5, 6, 7, 6, 7]


def at(step: int, shade: int | None = None) -> EngineProgress:
    """Return the progress of a version, with a preview of a shade of grey."""
    preview = io.BytesIO()
    if shade is not None:
        Image.new("RGB", (64, 48), (shade,) * 3).save(preview, "JPEG")
    return EngineProgress(
        step=step,
        steps=10,
        fraction=step / 10,
        seconds=step,
        seconds_left=10 - step,
        total_loss=1,
        preview=preview.getvalue() or None,
    )


def shades(preview: bytes | None) -> list[int]:
    """Return the shades in the middle of the cells of a preview of three versions."""
    assert preview is not None
    with Image.open(io.BytesIO(preview)) as sheet:
        grey = np.asarray(sheet.convert("L"))
    above, below = grey.shape[0] // 3, 5 * grey.shape[0] // 6
    left, right = grey.shape[1] // 4, 3 * grey.shape[1] // 4
    return [int(grey[at]) for at in ((above, left), (above, right), (below, left))]


def test_versions_that_are_painted_together(files: LocalFiles, tmp_path: Path) -> None:
    """All cells become pictures; the time left is that of all in work, and of those that wait."""
    seen = list[EngineProgress]()

    def paint(
        requests: Sequence[EngineRequest], place: Workspace, tell: Tell, should_stop: ShouldStop
    ) -> Iterator[ResultFile]:
        tell({0: at(2, 50), 1: at(2, 100)})
        tell({0: at(4), 1: at(4)})
        tell({0: at(10, 60), 1: at(10)})
        painter = Painter()
        for request in requests[:2]:
            yield painter(request, place, lambda _: None, should_stop)
        tell({2: at(5, 150)})
        yield painter(requests[2], place, lambda _: None, should_stop)

    with run(files, tmp_path) as place:
        result = paint_versions(REQUEST, place, seen.append, lambda: False, paint)
    assert len(result.parts) == 3
    together, onwards, painted, third = seen
    assert (together.step, together.steps) == (4, 30)
    assert together.fraction == pytest.approx(0.4 / 3)
    assert together.seconds_left == pytest.approx(8 + 10 / 2)
    assert shades(together.preview) == [
        *(pytest.approx(50, abs=3), pytest.approx(100, abs=3)),
        pytest.approx(236, abs=3),
    ]
    assert onwards.preview is None
    assert onwards.seconds_left == pytest.approx(6 + 10 / 2)
    assert shades(painted.preview)[:2] == [pytest.approx(60, abs=3), pytest.approx(100, abs=3)]
    assert third.step == 25
    assert third.seconds_left == pytest.approx(5)
    assert shades(third.preview)[2] == pytest.approx(150, abs=3)


def test_groups_that_memory_makes_smaller_count_what_is_done(
    files: LocalFiles, tmp_path: Path
) -> None:
    seen = list[EngineProgress]()

    def paint(
        requests: Sequence[EngineRequest], place: Workspace, tell: Tell, should_stop: ShouldStop
    ) -> Iterator[ResultFile]:
        tell({0: at(4), 1: at(4), 2: at(4)})
        tell({0: at(5)})
        tell({1: at(5), 2: at(5)})
        return (Painter()(each, place, lambda _: None, should_stop) for each in requests)

    with run(files, tmp_path) as place:
        paint_versions(REQUEST, place, seen.append, lambda: False, paint)
    assert [each.step for each in seen] == [12, 13, 15]
    assert [each.fraction for each in seen] == [pytest.approx(f / 30) for f in (12, 13, 15)]
    assert seen[1].seconds_left == pytest.approx(5 + 10 * 1.2)
