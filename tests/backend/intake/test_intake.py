"""Intake with a real file server and the real tool process."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from PIL import Image

from backend.database.sqlite import SqliteFile
from backend.errors import ImageRefused
from backend.files.local import LocalFiles
from backend.files.uses import FileUses
from backend.intake import Attachment, Downloader, Intake, check_pair
from backend.jobs.store import JobStore
from backend.tools import ImageTools
from nst.images import load_image
from tests.backend.intake.fileserver import FileServer
from tests.backend.intake.support import LIMITS, PNG, attachment, file_size, files, mode, refusal
from tests.corpus.bad import bad
from tests.corpus.good import good
from tests.corpus.pictures import COLOURS, encoded, quadrants

GOOD = ("photo.jpg", "turned-6.jpg", "phone.heic", "web.avif", "layer.png", "animated.gif",
        "press.tiff", "jpeg-called.png", "picture.exe", "palette-hole.gif")  # fmt: skip
BAD = ("empty.png", "text.png", "page.jpg", "drawing.svg", "paper.pdf", "program.png", "many.zip",
       "film.mp4", "cut.jpeg", "cut.png", "promise.png", "bomb.png", "1x1.png", "16x321.png",
       "text-bomb.png", "no-rows.png")  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
async def test_good_ones_are_stored(
    intake: Intake, server: FileServer, spool: Path, name: str
) -> None:
    sample = next(sample for sample in good() if sample.name == name)
    sent = attachment(server.file(sample.data), filename=name)
    image = await intake.receive(sent, role="style picture")
    assert image.filename == name
    assert image.sha256 == hashlib.sha256(sample.data).hexdigest()
    assert (image.width, image.height) == sample.size
    suffix = PurePosixPath(image.file).suffix
    assert files(spool) == sorted([".jpg", suffix])
    stored = {".jpg": "JPEG", ".webp": "WEBP"}[suffix]
    paths = [spool.parent / key for key in image.files]
    with Image.open(paths[0]) as clean, Image.open(paths[1]) as thumbnail:
        assert (clean.format, thumbnail.format) == (stored, "JPEG")
        assert clean.size == thumbnail.size == sample.size
        assert clean.mode == ("RGB" if sample.alpha is None else "RGBA")


@pytest.mark.slow
async def test_it_is_kept_which_frame_was_taken(intake: Intake, server: FileServer) -> None:
    frames = [Image.new("RGB", (64, 48)), Image.new("RGB", (64, 48)), quadrants(size=(64, 48))]
    data = encoded(frames[0], "GIF", save_all=True, append_images=[*frames[1:], frames[0]])
    moving = await intake.receive(attachment(server.file(data), filename="a.gif"), role="photo")
    assert (moving.frame, moving.frames) == (2, 3), "the two black ones are one frame in a GIF"
    still = await intake.receive(attachment(server.file(PNG)), role="photo")
    assert (still.frame, still.frames) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD)
async def test_bad_ones_are_refused_by_name_and_leave_nothing(
    intake: Intake, server: FileServer, spool: Path, name: str
) -> None:
    sample = next(sample for sample in bad() if sample.name == name)
    words = await refusal(intake, attachment(server.file(sample.data), filename=name))
    assert words.startswith(f"Your photo “{name}” cannot be used. ")
    assert re.search(sample.words, words)
    assert "Traceback" not in words
    assert str(spool) not in words
    assert files(spool) == []


@pytest.mark.slow
async def test_a_clean_copy_may_be_larger_than_an_upload(
    intake: Intake, server: FileServer, tmp_path: Path
) -> None:
    noise = encoded(Image.effect_noise((1400, 1000), 90).convert("RGB"), "JPEG", quality=60)
    assert len(noise) < LIMITS.max_bytes
    image = await intake.receive(attachment(server.file(noise)), role="photo")
    assert file_size(tmp_path / image.file) > LIMITS.max_bytes
    assert load_image(tmp_path / image.file).image.size == (1400, 1000)


async def test_a_wrong_mime_type_does_not_matter(intake: Intake, server: FileServer) -> None:
    url = server.file(PNG, Content_Type="text/html")
    sent = Attachment(url=url, filename="x.txt", size=len(PNG), content_type="video/mp4")
    assert (await intake.receive(sent, role="photo")).width == 64


async def test_only_its_owner_may_look_inside(
    intake: Intake, server: FileServer, spool: Path
) -> None:
    image = await intake.receive(attachment(server.file(PNG)), role="photo")
    assert [mode(path) for path in (spool, *(spool.parent / key for key in image.files))] == [
        0o700,
        0o600,
        0o600,
    ]


@pytest.mark.slow
async def test_discard_removes_and_forgives(
    intake: Intake, server: FileServer, spool: Path
) -> None:
    images = [await intake.receive(attachment(server.file(PNG)), role="photo") for _ in range(2)]
    await intake.discard(images[0])
    assert len(files(spool)) == 2
    await intake.discard(*images)
    assert files(spool) == []


async def test_what_somebody_uses_by_now_stays(
    intake: Intake, server: FileServer, spool: Path, uses: FileUses
) -> None:
    image = await intake.receive(attachment(server.file(PNG)), role="photo")
    async with uses.change() as change:
        await change.take("somebody", image.files)
    await intake.discard(image)
    assert len(files(spool)) == 2
    await uses.discard("somebody", image.files)
    assert files(spool) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no room is left here"), (errno.EIO, "could not be stored. Try again")],
)
async def test_a_disk_that_fails_is_said(
    server: FileServer, spool: Path, uses: FileUses, number: int, words: str
) -> None:
    def fail(path: str, flags: int) -> int:
        raise OSError(number, os.strerror(number), path)

    downloader = Downloader(hosts={server.host}, opener=fail)
    async with Intake(uses, ImageTools(), downloader) as intake:
        told = await refusal(intake, attachment(server.file(PNG)))
    assert words in told
    assert str(spool) not in told


async def test_too_large_is_said_where_there_is_little_room(
    server: FileServer, tmp_path: Path
) -> None:
    files = LocalFiles(tmp_path, max_bytes=8 * LIMITS.max_bytes)
    downloader = Downloader(hosts={server.host}, limits=LIMITS)
    async with (
        JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path, files=files) as store,
        Intake(store.uses, ImageTools(), downloader) as intake,
    ):
        sent = attachment(server.file(PNG), size=400 * LIMITS.max_bytes)
        assert "the limit" in await refusal(intake, sent)


@pytest.mark.slow
async def test_the_same_file_twice_is_refused(intake: Intake, server: FileServer) -> None:
    other = encoded(quadrants(COLOURS[::-1]), "PNG")
    first, again, different = [
        await intake.receive(attachment(server.file(data)), role="photo")
        for data in (PNG, PNG, other)
    ]
    with pytest.raises(ImageRefused, match="are the same file"):
        check_pair(first, again)
    check_pair(first, different)


@pytest.mark.slow
def test_intake_loads_neither_torch_nor_pillow() -> None:
    code = (
        "import sys, backend.intake;"
        "print(sorted({'torch', 'PIL', 'numpy', 'discord'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
