"""Several versions of a picture, painted by a painter that is quick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.engine.protocol import EngineProgress, EngineRequest, outputs
from bot.engine.versions import paint_versions
from bot.engine.worker import Report, ShouldStop
from bot.engine.workspace import Workspace, workspace
from bot.files.local import LocalFiles
from bot.files.store import FileKey
from bot.records import JobSpec, JobStyle, ResultFile
from nst import Options
from tests.bot.images import stored_image

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
        paint_versions(REQUEST, place, report, lambda: False, painter)
    with run(files, tmp_path) as place:
        result = paint_versions(REQUEST, place, report, lambda: False, painter)
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
        paint_versions(REQUEST, place, lambda _: None, lambda: False, painter)
    (tmp_path / replace(REQUEST, job_id="job-2").raw).unlink()
    with run(files, tmp_path) as place:
        paint_versions(REQUEST, place, lambda _: None, lambda: False, painter)
    assert painter.seeds == [5, 6, 7, 6, 7]
