"""The result of a job once more, in the process that the bot starts for it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from backend.errors import JobNotFound, ToolFailed
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from backend.jobs.model import Address, Job, JobState
from backend.records import JobSpec, JobStyle, ResultFile, StoredImage
from backend.tools import ImageTools
from bot.cards.recolouring import Recolouring
from nst import read_recipe, save_image
from nst.options import Colours, Options
from tests.corpus.pictures import quadrants

SIZE = (64, 48)


def key(path: Path) -> FileKey:
    return FileKey(path.name)


def stored(path: Path) -> StoredImage:
    return StoredImage(
        file=key(path),
        thumbnail=key(path),
        filename=path.name,
        sha256="0" * 64,
        width=64,
        height=48,
    )


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a red painting of a colourful photo."""
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
            content=stored(photo),
            styles=(JobStyle(image=stored(photo)),),
            max_result_bytes=10**6,
        ),
        created_at=datetime.now(UTC),
        result=ResultFile(
            file=key(result),
            width=SIZE[0],
            height=SIZE[1],
            seconds=1,
            steps=3,
            stopped_early=False,
            raw=key(raw),
        ),
    )


@pytest.fixture
def recolouring(tmp_path: Path) -> Recolouring:
    return Recolouring(ImageTools(), LocalFiles(tmp_path))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


@pytest.mark.slow
async def test_the_photos_colours_and_back(
    job: Job, recolouring: Recolouring, tmp_path: Path
) -> None:
    assert job.result is not None
    assert job.result.raw is not None
    before = names(tmp_path)
    photo = await recolouring.recolour(job, Colours.PHOTO)
    assert pixels(photo.data) != pixels((tmp_path / job.result.file).read_bytes())
    assert (photo.width, photo.height, photo.suffix) == (*SIZE, ".png")
    made = tmp_path / "made.png"
    made.write_bytes(photo.data)
    assert read_recipe(made)["options"]["colours"] == "photo"
    recoloured = replace(job, result=replace(job.result, file=key(made)))
    style = await recolouring.recolour(recoloured, Colours.STYLE)
    assert pixels(style.data) == pixels((tmp_path / job.result.raw).read_bytes())
    assert names(tmp_path) == before | {"made.png"}


async def test_outside_a_mask_the_photo_stays(
    job: Job, recolouring: Recolouring, tmp_path: Path
) -> None:
    mask = Image.new("L", SIZE, 0)
    mask.paste(255, (0, 0, 32, 48))
    path = tmp_path / "mask.png"
    mask.save(path)
    masked = replace(job, spec=replace(job.spec, mask=stored(path)))
    result = await recolouring.recolour(masked, Colours.STYLE)
    with (
        Image.open(io.BytesIO(result.data)) as made,
        Image.open(tmp_path / job.spec.photo.file) as photo,
    ):
        right = (32, 0, 64, 48)
        assert made.crop(right).tobytes() == photo.convert("RGB").crop(right).tobytes()
        assert made.getpixel((5, 5)) == (180, 30, 30)


@pytest.mark.slow
async def test_a_smaller_file(job: Job, recolouring: Recolouring, tmp_path: Path) -> None:
    assert job.result is not None
    noise = save_image(
        Image.effect_noise(SIZE, 90).convert("RGB"), tmp_path / "noise.png", recipe=None
    )
    large = replace(job, result=replace(job.result, raw=key(noise)))
    small = await recolouring.shrink(large, 4000)
    assert small.suffix == ".jpg"
    assert len(small.data) <= 4000
    before = names(tmp_path)
    with pytest.raises(ToolFailed, match="does not fit"):
        await recolouring.shrink(large, 100)
    assert names(tmp_path) == before


async def test_what_is_missing_is_said(job: Job, recolouring: Recolouring, tmp_path: Path) -> None:
    assert job.result is not None
    bare = replace(job, result=replace(job.result, raw=None))
    with pytest.raises(ToolFailed, match="final colours only"):
        await recolouring.recolour(bare, Colours.PHOTO)
    with pytest.raises(ToolFailed, match="no picture yet"):
        await recolouring.recolour(replace(job, result=None), Colours.PHOTO)
    (tmp_path / job.spec.photo.file).unlink()
    with pytest.raises(JobNotFound, match="not kept any more"):
        await recolouring.recolour(job, Colours.PHOTO)
