"""Quick work on finished pictures, in the processes that the bot starts for it."""

from __future__ import annotations

import asyncio
import io
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from backend.errors import ImageRefused, JobNotFound, ToolFailed
from backend.tools import ImageTools, Spawning
from backend.tools.tools import CHECK_CPU_SECONDS
from localchat.stickers import check_emoji, check_sticker
from nst import save_image
from nst.film import FrameArchive
from nst.limits import Limits
from nst.options import Colours, Options
from nst.progress import Progress
from nst.recording import Recording
from tests.corpus.bad import scan_bomb
from tests.corpus.pictures import quadrants

SIZE = (64, 48)
RECIPE = {"nst": "1", "options": Options().as_dict()}


@pytest.fixture
def tools() -> ImageTools:
    return ImageTools()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save_image(quadrants(size=SIZE), tmp_path / "photo.png", recipe=None)


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return save_image(Image.new("RGB", SIZE, "red"), tmp_path / "result.png", recipe=RECIPE)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    kept = Recording(frames=3, frame_size=64)
    for step in (1, 2, 3):
        progress = Progress(
            step=step,
            steps=3,
            evaluations=step,
            fraction=step / 3,
            total_loss=1 / step,
            losses={"content": 0.5 / step, "style": 0.5 / step},
            seconds=float(step),
            seconds_left=None,
            width=64,
            height=48,
            style_layer_losses={"relu1_1": 0.5 / step},
        )
        kept.note(progress, lambda _: Image.new("RGB", SIZE, (200, 20, 20)))
    kept.save(tmp_path / "recording.zip")
    return tmp_path / "recording.zip"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
async def test_exports(
    tools: ImageTools, photo: Path, result: Path, recording: Path, tmp_path: Path
) -> None:
    before = names(tmp_path)
    sheet, film, curve, recipe = await asyncio.gather(
        tools.compare(photo, [photo], result, max_bytes=10**6),
        tools.film(recording, max_bytes=10**6),
        tools.curve(recording, "standard", {"standard": "Standard"}),
        tools.recipe(result),
    )
    with Image.open(io.BytesIO(sheet.data)) as image:
        assert image.width > 2 * image.height
    assert (sheet.suffix, film.suffix, curve.suffix) == (".png", ".mp4", ".png")
    assert film.data[4:8] == b"ftyp"
    assert film.data.index(b"moov") < film.data.index(b"mdat")  # it plays before all of it is here
    assert curve.data.startswith(b"\x89PNG")
    assert recipe["nst"] == "1"
    assert names(tmp_path) == before


async def test_screenshots_become_a_moving_picture(tools: ImageTools, tmp_path: Path) -> None:
    frames = [tmp_path / f"{at}.png" for at in range(3)]
    for at, path in enumerate(frames):
        screen = Image.new("RGB", (300, 400), "ivory")
        screen.paste("teal", (50, 40, 90 + 50 * at, 80))
        screen.save(path)

    made = await tools.animate(frames, [100, 100, 900], max_bytes=10**5)

    assert made.suffix == ".webp"
    with Image.open(io.BytesIO(made.data)) as film:
        assert film.size == (50 + 90 + 2 * 16, 40 + 2 * 16)
        assert len(list(ImageSequence.Iterator(film))) == 3


@pytest.mark.slow
async def test_all_styles_are_compared(
    tools: ImageTools, photo: Path, result: Path, tmp_path: Path
) -> None:
    one = await tools.compare(photo, [photo], result, max_bytes=10**6)
    two = await tools.compare(photo, [photo, photo], result, max_bytes=10**6)
    with Image.open(io.BytesIO(one.data)) as less, Image.open(io.BytesIO(two.data)) as more:
        assert more.width > less.width
    with pytest.raises(JobNotFound, match="not kept any more"):
        await tools.compare(photo, [photo, tmp_path / "lost.png"], result, max_bytes=10**6)


@pytest.mark.parametrize(("colour", "share"), [(0, 0.0), (255, 1.0)])
async def test_how_white_a_mask_is(
    tools: ImageTools, tmp_path: Path, colour: int, share: float
) -> None:
    Image.new("L", SIZE, colour).save(tmp_path / "mask.png")
    assert await tools.white_share(tmp_path / "mask.png") == share


@pytest.mark.slow
async def test_damaged_files(tools: ImageTools, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"neither a zip nor a picture")
    with pytest.raises(ToolFailed, match="not a recording"):
        await tools.film(tmp_path / "file", max_bytes=10**6)
    assert await tools.recipe(tmp_path / "file") == {}


@pytest.mark.slow
async def test_a_processor_bomb_is_ended_with_words(tmp_path: Path) -> None:
    assert CHECK_CPU_SECONDS <= 10
    tools = ImageTools(check_cpu_seconds=1)
    (tmp_path / "bomb.jpg").write_bytes(scan_bomb())
    clean, thumbnail = tmp_path / "clean.png", tmp_path / "small.jpg"
    with pytest.raises(ImageRefused, match="took more than the 1 seconds"):
        await tools.check(tmp_path / "bomb.jpg", clean, thumbnail, limits=Limits())
    assert names(tmp_path) == {"bomb.jpg"}


async def test_what_a_process_left_running_holds_nobody_up(tmp_path: Path, photo: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nsleep 30 &\n")
    program.chmod(0o700)
    tools = ImageTools(Spawning(str(program)))
    async with asyncio.timeout(10):
        for _ in range(3):  # more than there are at a time
            with pytest.raises(ImageRefused, match=r"took more than the 0\.2 seconds"):
                await tools.check(
                    photo, tmp_path / "clean", tmp_path / "small", limits=Limits(), seconds=0.2
                )


async def test_a_file_that_is_there_is_not_written_over(
    tools: ImageTools, photo: Path, tmp_path: Path
) -> None:
    taken = tmp_path / "small.jpg"
    taken.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        await tools.check(photo, tmp_path / "clean.png", taken, limits=Limits())
    assert taken.read_bytes() == b"mine"
    assert not (tmp_path / "clean.png").exists()


async def test_a_suffix_that_leads_elsewhere_is_not_believed(tmp_path: Path, photo: Path) -> None:
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\necho \'{"ok": true, "suffix": "/../../x"}\'\n')
    program.chmod(0o755)
    with pytest.raises(ToolFailed, match="fault on our side"):
        await ImageTools(Spawning(str(program))).compare(photo, [photo], photo, max_bytes=10**6)


@pytest.mark.slow
@pytest.mark.parametrize(("frames", "seconds"), [(16, Fraction(1, 5)), (3, Fraction(9))])
async def test_any_film_makes_a_sticker_that_is_taken(
    tools: ImageTools, tmp_path: Path, frames: int, seconds: Fraction
) -> None:
    """Noise, which no GIF makes smaller, however long it takes."""
    path = tmp_path / "film"
    with path.open("wb") as file:
        archive = FrameArchive(file)
        archive.begin(0)
        for _ in range(frames):
            picture = io.BytesIO()
            Image.effect_noise((96, 72), 90).save(picture, "PNG")
            archive.add(picture.getvalue(), seconds)
    for side, most in ((320, 512_000), (128, 256_000)):
        made = await tools.refilm(
            path, path, colours=Colours.STYLE, suffixes=[".gif"], max_bytes=most, side=side
        )
        assert (made.width, made.height) == (side, side)
        check_emoji(made.data) if side == 128 else check_sticker("cat", made.data)
