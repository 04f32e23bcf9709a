"""The real painter in a real worker process, on very small pictures."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.engine.pool import PoolEngine
from bot.engine.protocol import EngineImage, EngineProgress, EngineRequest
from bot.errors import JobCancelled, JobFailed
from nst import Options, Preset, Recording, read_recipe


@pytest.fixture
async def engine() -> AsyncIterator[PoolEngine]:
    async with PoolEngine(["cpu"]) as engine:
        yield engine


@pytest.fixture
def request_(tmp_path: Path) -> EngineRequest:
    Image.linear_gradient("L").resize((96, 64)).convert("RGB").save(tmp_path / "content.png")
    Image.effect_noise((80, 80), 90).convert("RGB").save(tmp_path / "style.png")
    return EngineRequest(
        job_id="job",
        content=EngineImage(path=tmp_path / "content.png", sha256="c" * 64),
        styles=(EngineImage(path=tmp_path / "style.png"),),
        result=tmp_path / "job-result",
        options=Options(preset=Preset.DRAFT, size=64, seed=7),
        max_bytes=1_000_000,
        timeout=200,
    )


async def test_a_picture_is_painted(engine: PoolEngine, request_: EngineRequest) -> None:
    seen: list[EngineProgress] = []
    result = await engine.run(request_, seen.append)
    with Image.open(result.path) as picture:
        assert picture.size == (result.width, result.height) == (64, 43)
    assert result.path.name.startswith("job-result.")
    assert not result.stopped_early
    assert result.steps > 0
    previews = [progress.preview for progress in seen if progress.preview]
    with Image.open(io.BytesIO(previews[0])) as preview:
        assert preview.format == "JPEG"
        assert max(preview.size) <= 384
    recipe = read_recipe(result.path)
    assert recipe["options"]["seed"] == 7
    assert "c" * 64 in str(recipe)


async def test_a_stopped_picture_is_kept(engine: PoolEngine, request_: EngineRequest) -> None:
    result = await engine.run(request_, lambda progress: engine.stop("job"))
    assert result.stopped_early
    with Image.open(result.path) as picture:
        picture.load()


async def test_a_damaged_file_is_said_to_be_damaged(
    engine: PoolEngine, request_: EngineRequest
) -> None:
    data = request_.content.path.read_bytes()
    request_.content.path.write_bytes(data[: len(data) // 2])
    with pytest.raises(JobFailed) as caught:
        await engine.run(request_, lambda progress: None)
    assert "host's log" not in str(caught.value), "nst says it in its own words"


async def test_what_belongs_to_a_picture_is_kept_beside_it(
    engine: PoolEngine, request_: EngineRequest
) -> None:
    result = await engine.run(request_, lambda progress: None)
    assert result.raw == request_.raw
    assert result.recording == request_.recording
    with Image.open(request_.raw) as raw:
        assert raw.size == (result.width, result.height)
    assert len(Recording.load(request_.recording).history) == result.steps
    assert not request_.checkpoint.exists()


@pytest.mark.slow
async def test_a_killed_worker_is_no_reason_to_begin_anew(
    engine: PoolEngine, request_: EngineRequest
) -> None:
    """The next run goes on from the checkpoint."""
    # Checkpoints come every few seconds: the painting must take longer, however fast the machine.
    request_ = replace(request_, options=replace(request_.options, preset=Preset.REFERENCE))
    before: list[int] = []
    after: list[int] = []

    def until_a_checkpoint(progress: EngineProgress) -> None:
        before.append(progress.step)
        if request_.checkpoint.exists():
            engine.kill("job")

    def once(progress: EngineProgress) -> None:
        after.append(progress.step)
        engine.kill("job")

    with pytest.raises(JobCancelled):
        await engine.run(request_, until_a_checkpoint)
    with pytest.raises(JobCancelled):
        await engine.run(request_, once)
    assert after[0] > before[-1] / 2 > 0


async def test_masks_weights_and_earlier_pictures_reach_the_painter(
    engine: PoolEngine, request_: EngineRequest, tmp_path: Path
) -> None:
    first = await engine.run(request_, lambda progress: None)
    assert first.raw
    start = first.raw.rename(tmp_path / "start.png")
    Image.linear_gradient("L").save(tmp_path / "mask.png")
    second = EngineImage(path=tmp_path / "content.png", weight=3.0)
    result = await engine.run(
        replace(
            request_,
            job_id="more",
            styles=(*request_.styles, second),
            mask=tmp_path / "mask.png",
            start_from=start,
            result=tmp_path / "more-result",
        ),
        lambda progress: None,
    )
    assert result.steps < first.steps, "it goes on from the first picture"
    recipe = read_recipe(result.path)
    assert "mask" in str(recipe)
    assert "3.0" in str(recipe)


async def test_a_sheet_of_strengths(engine: PoolEngine, request_: EngineRequest) -> None:
    seen: list[EngineProgress] = []
    result = await engine.run(replace(request_, strengths=(25, 50, 75)), seen.append)
    assert (result.raw, result.recording) == (None, None)
    with Image.open(result.path) as sheet:
        assert sheet.width == result.width > 2 * 64
        assert sheet.height > 2 * 48  # two rows
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)


async def test_a_style_is_looked_at_once_in_a_worker(
    engine: PoolEngine, request_: EngineRequest
) -> None:
    """Its targets are kept by the digest of what was sent, so other pixels go unnoticed."""
    path = request_.styles[0].path
    known = replace(request_, styles=(EngineImage(path=path, sha256="5" * 64),))
    await engine.run(known, lambda progress: None)
    first = known.raw.read_bytes()
    Image.new("RGB", (80, 80), "orange").save(path)
    await engine.run(known, lambda progress: None)
    assert known.raw.read_bytes() == first
    await engine.run(request_, lambda progress: None)
    assert known.raw.read_bytes() != first
