"""The result of a job once more, in the process that the bot starts for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from bot.cards.recolouring import Recolouring
from bot.errors import JobNotFound, ToolFailed
from bot.jobs.model import Address, Job, JobSpec, JobState, JobStyle, ResultFile, SpooledImage
from bot.tools import ImageTools
from nst import read_recipe, save_image
from nst.options import Colours, Options
from tests.corpus.pictures import quadrants

SIZE = (64, 48)


def spooled(path: Path) -> SpooledImage:
    return SpooledImage(
        path=path, thumbnail=path, filename=path.name, sha256="0" * 64, width=64, height=48
    )


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
        ),
    )


@pytest.fixture
def recolouring(tmp_path: Path) -> Recolouring:
    return Recolouring(ImageTools(), tmp_path)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def pixels(path: Path) -> bytes:
    with Image.open(path) as image:
        return image.convert("RGB").tobytes()


async def test_the_photos_colours_and_back(job: Job, recolouring: Recolouring) -> None:
    assert job.result is not None
    assert job.result.raw is not None
    photo = await recolouring.recolour(job, Colours.PHOTO)
    assert pixels(photo.path) != pixels(job.result.path)
    assert (photo.width, photo.height) == SIZE
    assert read_recipe(photo.path)["options"]["colours"] == "photo"
    style = await recolouring.recolour(replace(job, result=photo), Colours.STYLE)
    assert pixels(style.path) == pixels(job.result.raw)
    assert len({photo.path, style.path, job.result.path}) == 3
    assert photo.path.suffix == ".png"


async def test_outside_a_mask_the_photo_stays(
    job: Job, recolouring: Recolouring, tmp_path: Path
) -> None:
    mask = Image.new("L", SIZE, 0)
    mask.paste(255, (0, 0, 32, 48))
    path = tmp_path / "mask.png"
    mask.save(path)
    masked = replace(job, spec=replace(job.spec, mask=spooled(path)))
    result = await recolouring.recolour(masked, Colours.STYLE)
    with Image.open(result.path) as made, Image.open(job.spec.photo.path) as photo:
        right = (32, 0, 64, 48)
        assert made.crop(right).tobytes() == photo.convert("RGB").crop(right).tobytes()
        assert made.getpixel((5, 5)) == (180, 30, 30)


async def test_a_smaller_file(job: Job, recolouring: Recolouring, tmp_path: Path) -> None:
    assert job.result is not None
    noise = save_image(
        Image.effect_noise(SIZE, 90).convert("RGB"), tmp_path / "noise.png", recipe=None
    )
    large = replace(job, result=replace(job.result, raw=noise))
    small = await recolouring.shrink(large, 4000)
    assert small.path.suffix == ".jpg"
    assert len(small.path.read_bytes()) <= 4000
    before = names(tmp_path)
    with pytest.raises(ToolFailed, match="does not fit"):
        await recolouring.shrink(large, 100)
    assert names(tmp_path) == before


async def test_what_is_missing_is_said(job: Job, recolouring: Recolouring) -> None:
    assert job.result is not None
    bare = replace(job, result=replace(job.result, raw=None))
    with pytest.raises(ToolFailed, match="final colours only"):
        await recolouring.recolour(bare, Colours.PHOTO)
    with pytest.raises(ToolFailed, match="no picture yet"):
        await recolouring.recolour(replace(job, result=None), Colours.PHOTO)
    job.spec.photo.path.unlink()
    with pytest.raises(JobNotFound, match="not kept any more"):
        await recolouring.recolour(job, Colours.PHOTO)
