"""The real painter in a real worker process, on very small pictures.

Loading torch and the network takes longer than painting them, so tests share the process.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageChops, ImageStat

from backend.engine.pool import PoolEngine
from backend.engine.protocol import EngineProgress, EngineRequest
from backend.errors import JobCancelled, JobFailed
from backend.files.local import LocalFiles
from backend.records import JobSpec, JobStyle, StoredImage
from nst import Options, Preset, Recording, open_film, read_recipe
from tests.backend.engine.films import stored_film
from tests.backend.images import stored_image

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def files(tmp_path_factory: pytest.TempPathFactory) -> LocalFiles:
    files = LocalFiles(tmp_path_factory.mktemp("painted"))
    await files.prepare()
    return files


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(files: LocalFiles) -> AsyncIterator[PoolEngine]:
    async with PoolEngine(["cpu"], files) as engine:
        yield engine


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def together(files: LocalFiles) -> AsyncIterator[PoolEngine]:
    """Yield an engine that paints versions as on a GPU: all at once."""
    async with PoolEngine(["cpu"], files, painter="tests.backend.engine.together:load") as engine:
        yield engine


@pytest.fixture
def tmp_path(files: LocalFiles) -> Path:
    """Return the folder of the engines' files, without those of the tests before."""
    shutil.rmtree(files.folder / "spool")
    (files.folder / "spool").mkdir()
    return files.folder


def stored(folder: Path, name: str, picture: Image.Image, sha256: str = "") -> StoredImage:
    """Return a picture after intake."""
    image = replace(stored_image(name), sha256=sha256)
    picture.save(folder / image.file)
    return image


@pytest.fixture
def request_(tmp_path: Path) -> EngineRequest:
    content = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    style = Image.effect_noise((80, 80), 90).convert("RGB")
    return EngineRequest(
        job_id="job",
        spec=JobSpec(
            options=Options(preset=Preset.DRAFT, size=64, seed=7),
            content=stored(tmp_path, "content", content, "c" * 64),
            styles=(JobStyle(image=stored(tmp_path, "style", style)),),
            max_result_bytes=1_000_000,
        ),
        timeout=200,
    )


def with_spec(request: EngineRequest, **changes: Any) -> EngineRequest:
    return replace(request, spec=replace(request.spec, **changes))


async def test_a_picture_is_painted(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    seen: list[EngineProgress] = []
    result = await engine.run(request_, seen.append)
    with Image.open(tmp_path / result.file) as picture:
        assert picture.size == (result.width, result.height) == (64, 43)
    assert result.file.startswith("spool/job-result.")
    assert not result.stopped_early
    assert result.steps > 0
    previews = [progress.preview for progress in seen if progress.preview]
    with Image.open(io.BytesIO(previews[0])) as preview:
        assert preview.format == "JPEG"
        assert max(preview.size) <= 384
    recipe = read_recipe(tmp_path / result.file)
    assert recipe["options"]["seed"] == 7
    assert "c" * 64 in str(recipe)


async def test_a_stopped_picture_is_kept(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    result = await engine.run(request_, lambda progress: engine.stop("job"))
    assert result.stopped_early
    with Image.open(tmp_path / result.file) as picture:
        picture.load()


async def test_a_damaged_file_is_said_to_be_damaged(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    photo = tmp_path / request_.spec.photo.file
    photo.write_bytes(photo.read_bytes()[:100])
    with pytest.raises(JobFailed) as caught:
        await engine.run(request_, lambda progress: None)
    assert "host's log" not in str(caught.value), "nst says it in its own words"


async def test_what_belongs_to_a_picture_is_kept_beside_it(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    result = await engine.run(request_, lambda progress: None)
    assert result.raw == request_.raw
    assert result.recording == request_.recording
    with Image.open(tmp_path / request_.raw) as raw:
        assert raw.size == (result.width, result.height)
    assert len(Recording.load(tmp_path / request_.recording).history) == result.steps
    assert not (tmp_path / request_.checkpoint).exists()


@pytest.mark.slow
async def test_a_killed_worker_is_no_reason_to_begin_anew(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    """The next run goes on from the checkpoint."""
    # Checkpoints come every few seconds: the painting must take longer, however fast the machine.
    slow = replace(request_.spec.options, preset=Preset.REFERENCE)
    request_ = with_spec(request_, options=slow)
    before: list[int] = []
    after: list[int] = []

    def until_a_checkpoint(progress: EngineProgress) -> None:
        before.append(progress.step)
        if (tmp_path / request_.checkpoint).exists():
            engine.kill("job")

    def once(progress: EngineProgress) -> None:
        after.append(progress.step)
        engine.kill("job")

    with pytest.raises(JobCancelled):
        await engine.run(request_, until_a_checkpoint)
    with pytest.raises(JobCancelled):
        await engine.run(request_, once)
    assert after[0] > before[-1] / 2 > 0


@pytest.mark.slow
async def test_masks_weights_and_earlier_pictures_reach_the_painter(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    first = await engine.run(request_, lambda progress: None)
    assert first.raw
    mask = stored(tmp_path, "mask", Image.linear_gradient("L"))
    second = JobStyle(image=request_.spec.photo, weight=3.0)
    more = with_spec(
        request_, styles=(*request_.spec.styles, second), mask=mask, start_from=first.raw
    )
    result = await engine.run(
        replace(more, job_id="more"),
        lambda progress: None,
    )
    assert result.steps < first.steps, "it goes on from the first picture"
    recipe = read_recipe(tmp_path / result.file)
    assert "mask" in str(recipe)
    assert "3.0" in str(recipe)


@pytest.mark.slow
async def test_a_sheet_of_strengths(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    seen: list[EngineProgress] = []
    result = await engine.run(with_spec(request_, strengths=(25, 50, 75)), seen.append)
    assert (result.raw, result.recording) == (None, None)
    with Image.open(tmp_path / result.file) as sheet:
        assert sheet.width == result.width > 2 * 64
        assert sheet.height > 2 * 48  # two rows
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)


@pytest.mark.slow
async def test_takes_are_pictures_like_others(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    """Each is what is painted alone with its seed; a stop keeps those that are there."""
    seen: list[EngineProgress] = []
    result = await engine.run(with_spec(request_, takes=(7, 8)), seen.append)
    first, second = result.parts
    options = [read_recipe(tmp_path / part.file)["options"] for part in (first, second)]
    assert [each["seed"] for each in options] == [7, 8]
    assert options[1]["init"] == "noise"
    assert first.raw
    assert second.raw
    assert (tmp_path / first.raw).read_bytes() != (tmp_path / second.raw).read_bytes()
    alone = await engine.run(replace(request_, job_id="alone"), lambda progress: None)
    assert alone.raw
    assert (tmp_path / alone.raw).read_bytes() == (tmp_path / first.raw).read_bytes()
    assert first.device == "cpu"
    assert set(result.files) == {
        *(result.file, first.file, first.raw, first.recording),
        *(second.file, second.raw, second.recording),
    }
    assert all((tmp_path / key).exists() for key in result.files)
    assert seen[0].preview
    with Image.open(io.BytesIO(seen[0].preview)) as preview:
        assert preview.width > 1.5 * preview.height  # two side by side

    styles = (*request_.spec.styles, JobStyle(image=request_.spec.photo))
    several = with_spec(request_, styles=styles, apart=True)
    stopped = await engine.run(several, lambda progress: engine.stop("job"))
    assert stopped.stopped_early
    assert len(stopped.parts) == 1


@pytest.mark.slow
async def test_takes_are_painted_together(
    together: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    """All of them grow at once, are kept, and can be stopped and cancelled."""
    request_, seen = with_spec(request_, takes=(7, 8, 9, 10)), list[EngineProgress]()
    result = await together.run(request_, seen.append)
    assert len(result.parts) == 4
    assert not result.stopped_early
    assert all((tmp_path / key).exists() for key in result.files)
    recipes = [read_recipe(tmp_path / part.file) for part in result.parts]
    assert [recipe["options"]["seed"] for recipe in recipes] == [7, 8, 9, 10]
    assert {part.steps for part in result.parts} == {recipes[0]["planned_steps"]}
    for part in result.parts:
        assert part.recording
        assert len(Recording.load(tmp_path / part.recording).history) == part.steps
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert seen[0].preview
    with Image.open(io.BytesIO(seen[0].preview)) as preview:
        width, height = preview.size
        corners = [(x, y) for y in (0, height // 2) for x in (0, width // 2)]
        parts = [(x, y, x + width // 2, y + height // 2) for x, y in corners]
        cells = {preview.crop(part).tobytes() for part in parts}
    assert len(cells) == 4, "each cell is a picture from the start"
    first = replace(request_, job_id="alone", spec=request_.parts[0].spec)
    alone = await together.run(first, nothing)
    raws = [tmp_path / str(part.raw) for part in (alone, *result.parts)]
    gap, between = apart(raws[0], raws[1]), apart(raws[1], raws[2])
    assert gap < between / 3, "steps amplify roundings, but not to another picture"

    stopped = await together.run(request_, lambda progress: together.stop("job"))
    assert stopped.stopped_early
    assert [part.stopped_early for part in stopped.parts] == [True] * 4
    with pytest.raises(JobCancelled):
        await together.run(request_, lambda progress: together.kill("job"))
    sheet = await together.run(with_spec(request_, takes=(), strengths=(25, 75)), nothing)
    assert len(sheet.parts) == 2


@pytest.mark.slow
async def test_takes_that_are_painted_together_outlive_their_worker(
    together: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    slow = replace(request_.spec.options, preset=Preset.REFERENCE)
    request_ = with_spec(request_, options=slow, takes=(7, 8))
    before, after = list[int](), list[int]()

    def until_checkpoints(progress: EngineProgress) -> None:
        before.append(progress.step)
        if all((tmp_path / part.checkpoint).exists() for part in request_.parts):
            together.kill("job")

    def once(progress: EngineProgress) -> None:
        after.append(progress.step)
        together.stop("job")

    with pytest.raises(JobCancelled):
        await together.run(request_, until_checkpoints)
    result = await together.run(request_, once)
    assert after[0] > before[-1] / 2 > 0
    assert len(result.parts) == 2
    assert not any((tmp_path / key).exists() for key in request_.checkpoints)


def nothing(progress: EngineProgress) -> None:
    """Listen without caring."""


def apart(one: Path, other: Path) -> float:
    """Return the mean difference of two pictures, levels."""
    with Image.open(one) as first, Image.open(other) as second:
        return float(ImageStat.Stat(ImageChops.difference(first, second).convert("L")).mean[0])


@pytest.mark.slow
async def test_a_style_is_looked_at_once_in_a_worker(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    """Its targets are kept by the digest of what was sent, so other pixels go unnoticed.

    Version 1 of the method looks at the style image for nothing else, its colours included.
    """
    request_ = with_spec(request_, options=replace(request_.spec.options, method_version=1))
    style = replace(request_.spec.style, sha256="5" * 64)
    known = with_spec(request_, styles=(JobStyle(image=style),))
    raw = tmp_path / known.raw
    await engine.run(known, lambda progress: None)
    first = raw.read_bytes()
    other = Image.new("RGB", (80, 80), "orange")
    other.paste("navy", (0, 0, 40, 80))
    other.save(tmp_path / style.file)
    await engine.run(known, lambda progress: None)
    assert raw.read_bytes() == first
    await engine.run(request_, lambda progress: None)
    assert raw.read_bytes() != first


@pytest.mark.parametrize("missing", ["raw", "recording"])
async def test_a_picture_is_kept_also_if_nothing_else_can_be(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path, missing: str
) -> None:
    """As when the disk is full: here, something else stands in the way."""
    (tmp_path / getattr(request_, missing) / "something").mkdir(parents=True)
    result = await engine.run(request_, lambda progress: None)
    kept = {"raw": result.raw, "recording": result.recording}
    assert kept.pop(missing) is None
    assert list(kept.values()) != [None]
    with Image.open(tmp_path / result.file) as picture:
        assert picture.size == (64, 43)


@pytest.mark.slow
async def test_a_film_is_painted_stopped_and_taken_up_again(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    """Frames that a run was killed over are those that the next one goes on after."""
    content = replace(request_.spec.photo, film=stored_film(tmp_path))
    request_ = with_spec(request_, content=content)
    seen: list[EngineProgress] = []

    def until_the_second(progress: EngineProgress) -> None:
        seen.append(progress)
        if progress.frame == 2:
            engine.kill("job")

    with pytest.raises(JobCancelled):
        await engine.run(request_, until_the_second)
    previews = [progress.preview for progress in seen if progress.preview]
    assert previews[0].startswith(b"\xff\xd8\xff"), "of the first frame while it is painted"
    seen.clear()
    result = await engine.run(request_, seen.append)
    assert seen[0].frame == 2
    assert (result.frames, result.stopped_early) == (3, False)
    assert result.raw == request_.raw
    assert [frame.seconds for frame in open_film(tmp_path / result.file)] == [Fraction(1, 10)] * 3
    assert not (tmp_path / request_.checkpoint).exists()
    stopped = replace(request_, job_id="other")
    result = await engine.run(stopped, lambda progress: engine.stop("other"))
    assert (result.frames, result.stopped_early) == (1, True)
