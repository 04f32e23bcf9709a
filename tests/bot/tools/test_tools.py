"""Quick work on finished pictures, in the processes that the bot starts for it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import JobNotFound, ToolFailed
from bot.jobs.model import Address, Job, JobSpec, JobState, JobStyle, ResultFile, SpooledImage
from bot.tools import ImageTools
from nst import read_recipe, save_image
from nst.options import Colours, Options
from nst.progress import Progress
from nst.recording import Recording
from tests.corpus.pictures import quadrants

SIZE = (64, 48)


def spooled(path: Path) -> SpooledImage:
    return SpooledImage(
        path=path, thumbnail=path, filename=path.name, sha256="0" * 64, width=64, height=48
    )


def recording(path: Path) -> Path:
    kept = Recording(frames=3, frame_size=64)
    for step in (1, 2, 3):
        progress = Progress(
            step=step,
            steps=3,
            evaluations=step,
            fraction=step / 3,
            total_loss=1 / step,
            content_loss=0.5 / step,
            style_loss=0.5 / step,
            tv_loss=0.0,
            seconds=float(step),
            seconds_left=None,
            width=64,
            height=48,
            style_layer_losses={"relu1_1": 0.5 / step},
        )
        kept.note(progress, lambda _: Image.new("RGB", SIZE, (200, 20, 20)))
    kept.save(path)
    return path


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A red painting of a colourful photo."""
    photo = save_image(quadrants(size=SIZE), tmp_path / "photo.png", recipe=None)
    painting = Image.new("RGB", SIZE, (180, 30, 30))
    raw = save_image(painting, tmp_path / "raw.png", recipe=None)
    recipe = {"nst": "1", "options": Options().as_dict()}
    result = save_image(painting, tmp_path / "result.png", recipe=recipe)
    return Job(
        id="abc",
        state=JobState.DONE,
        address=Address(
            requester_id=1,
            guild_id=2,
            channel_id=3,
            message_id=4,
            bot_is_member=True,
            interaction_token="x",
            application_id=5,
        ),
        spec=JobSpec(
            options=Options(),
            content=spooled(photo),
            styles=(JobStyle(image=spooled(photo)),),
            max_result_bytes=10**6,
        ),
        created_at=datetime.now(UTC),
        result=ResultFile(
            path=result,
            width=SIZE[0],
            height=SIZE[1],
            seconds=1,
            steps=3,
            stopped_early=False,
            raw=raw,
            recording=recording(tmp_path / "recording.zip"),
        ),
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def pixels(path: Path) -> bytes:
    with Image.open(path) as image:
        return image.convert("RGB").tobytes()


async def test_the_photos_colours_and_back(job: Job, tmp_path: Path) -> None:
    assert job.result is not None
    assert job.result.raw is not None
    tools = ImageTools(tmp_path)
    photo = await tools.recolour(job, Colours.PHOTO)
    assert pixels(photo.path) != pixels(job.result.path)
    assert (photo.width, photo.height) == SIZE
    assert read_recipe(photo.path)["options"]["colours"] == "photo"
    style = await tools.recolour(replace(job, result=photo), Colours.STYLE)
    assert pixels(style.path) == pixels(job.result.raw)
    assert len({photo.path, style.path, job.result.path}) == 3


async def test_outside_a_mask_the_photo_stays(job: Job, tmp_path: Path) -> None:
    mask = Image.new("L", SIZE, 0)
    mask.paste(255, (0, 0, 32, 48))
    path = tmp_path / "mask.png"
    mask.save(path)
    masked = replace(job, spec=replace(job.spec, mask=spooled(path)))
    result = await ImageTools(tmp_path).recolour(masked, Colours.STYLE)
    with Image.open(result.path) as made, Image.open(job.spec.photo.path) as photo:
        right = (32, 0, 64, 48)
        assert made.crop(right).tobytes() == photo.convert("RGB").crop(right).tobytes()
        assert made.getpixel((5, 5)) == (180, 30, 30)


async def test_exports(job: Job, tmp_path: Path) -> None:
    tools = ImageTools(tmp_path)
    before = names(tmp_path)
    sheet = await tools.compare(job)
    film = await tools.film(job)
    curve = await tools.curve(job, "standard", {"standard": "Standard"})
    with Image.open(io.BytesIO(sheet.data)) as image:
        assert image.width > 2 * image.height
    assert (sheet.name, film.name) == ("compare-abc.png", "timelapse-abc.mp4")
    assert film.data[4:8] == b"ftyp"
    assert curve.data.startswith(b"\x89PNG")
    assert names(tmp_path) == before
    assert (await tools.recipe(job))["nst"] == "1"


async def test_all_styles_are_compared(job: Job, tmp_path: Path) -> None:
    tools = ImageTools(tmp_path)
    both = replace(job, spec=replace(job.spec, styles=job.spec.styles * 2))
    with (
        Image.open(io.BytesIO((await tools.compare(job)).data)) as one,
        Image.open(io.BytesIO((await tools.compare(both)).data)) as two,
    ):
        assert two.width > one.width
    lost = JobStyle(image=spooled(tmp_path / "lost.png"))
    with pytest.raises(JobNotFound):
        await tools.compare(replace(job, spec=replace(job.spec, styles=(*job.spec.styles, lost))))


@pytest.mark.parametrize(("colour", "share"), [(0, 0.0), (255, 1.0)])
async def test_how_white_a_mask_is(tmp_path: Path, colour: int, share: float) -> None:
    path = tmp_path / "mask.png"
    Image.new("L", SIZE, colour).save(path)
    assert await ImageTools(tmp_path).white_share(spooled(path)) == share


async def test_what_is_missing_is_said(job: Job, tmp_path: Path) -> None:
    tools = ImageTools(tmp_path)
    assert job.result is not None
    bare = replace(job, result=replace(job.result, raw=None, recording=None))
    with pytest.raises(ToolFailed, match="final colours only"):
        await tools.recolour(bare, Colours.PHOTO)
    with pytest.raises(ToolFailed, match="not recorded"):
        await tools.film(bare)
    job.spec.photo.path.unlink()
    with pytest.raises(JobNotFound, match="not kept any more"):
        await tools.compare(job)


async def test_damaged_files(job: Job, tmp_path: Path) -> None:
    assert job.result is not None
    assert job.result.recording is not None
    job.result.recording.write_bytes(b"no zip")
    with pytest.raises(ToolFailed, match="not a recording"):
        await ImageTools(tmp_path).film(job)
    job.result.path.write_bytes(b"no picture")
    assert await ImageTools(tmp_path).recipe(job) == {}
