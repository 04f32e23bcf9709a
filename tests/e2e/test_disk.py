"""A disk that is full, nearly full or gone: said in words, and nothing is lost that can be kept."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Expected
from tests.e2e.support import PHOTO, STYLE, Card, Stage, gallery
from tests.e2e.test_films import at_the_third

READY = "Your picture is ready"
FAILED = "This picture could not be painted"


async def refusal(stage: Stage, who: str = "Ada") -> str | None:
    """Give a command; return what that person alone is told instead of a card."""
    asked = await stage.chat.person(who).run("stylize", {"content": PHOTO, "style": STYLE})
    answer = stage.chat.message(asked.response_message_id or 0)
    return None if answer.visible_to is None else answer.content


async def accepted(stage: Stage) -> Card:
    """Give commands until one is taken: the bot looks at the disk every few seconds."""
    for _ in range(600):
        card = await stage.stylize("Bob")
        if stage.chat.message(card.id).visible_to is None:
            return card
    raise AssertionError("there is still no room")


async def test_the_hosts_limit(stage: Stage) -> None:
    stage.settings = stage.settings.model_copy(update={"max_disk_gb": 1})
    folder = stage.settings.data_dir
    folder.mkdir(parents=True)
    with (folder / "many pictures").open("wb") as file:
        file.truncate(990_000_000)
    async with stage.bot():
        said = await refusal(stage)
        assert said
        assert "no room left for more pictures on the disk of the bot's host" in said
        (folder / "many pictures").unlink()
        card = await accepted(stage)
        await card.until(READY)
        await stage.until_idle()


@pytest.fixture
def small_disk(stage: Stage) -> Iterator[Path]:
    """Give the data folder a disk of its own."""
    folder = stage.settings.data_dir
    folder.mkdir(parents=True)
    size = "size=200m"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room on a disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 2**12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return filler


async def test_a_full_disk_takes_no_orders(
    small_disk: Path, stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("Cannot store")  # what was taken before the bot looked again
    filler = small_disk / "filler"
    async with stage.bot():
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 170 * 2**20)
        said = ""
        while "There is no room left" not in said:
            said = await refusal(stage) or ""
        filler.unlink()
        card = await accepted(stage)
        await card.until(READY)
        await stage.until_idle()


async def test_a_disk_that_is_full_in_the_middle(
    small_disk: Path, stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("failed", "cannot be stored", "is not stored", "Cannot store", "be removed")
    async with stage.bot():
        done = await stage.stylize("Cleo")
        await done.until(READY)
        await stage.until_delivered(done.job_id)
        stage.hold()
        cards = [await stage.stylize("Ada"), await stage.stylize("Bob")]
        await cards[0].until_still()
        await cards[1].until("Waiting")
        filler = fill(small_disk)
        stage.release()
        for card in cards:
            await card.until(FAILED)
            assert "try again later" in card.text
        filler.unlink()
        await (await accepted(stage)).until(READY)
        await stage.until_idle()
    async with stage.bot():  # nobody could note that they failed
        for card in cards:
            await card.until(READY)
    jobs = await stage.jobs(done.job_id, *(card.job_id for card in cards))
    assert [job.state for job in jobs] == ["done"] * 3
    assert len(gallery(done.now)) == 3


async def test_a_disk_that_is_gone_in_the_middle(stage: Stage, expect_errors: Expected) -> None:
    expect_errors("failed", "cannot be removed")
    spool = stage.settings.data_dir / "spool"
    async with stage.bot():
        stage.hold()
        card = await stage.stylize("Ada")
        await card.until_still()
        spool.rename(spool.with_name("elsewhere"))
        spool.write_text("no folder")
        stage.release()
        await card.until(FAILED)
        spool.unlink()
        spool.with_name("elsewhere").rename(spool)
        await (await stage.stylize("Bob")).until(READY)
        await stage.until_idle()


async def test_a_disk_that_is_full_while_a_film_is_painted(
    small_disk: Path, stage: Stage, expect_errors: Expected
) -> None:
    """The frames before that are not painted again."""
    expect_errors("failed", "cannot be stored", "is not stored", "be removed")
    async with stage.bot():
        card = await at_the_third(stage)
        filler = fill(small_disk)
        stage.release()
        await card.until(FAILED)
        assert "try again later" in card.text
        filler.unlink()
    async with stage.bot():  # nobody could note that it failed
        await card.until("Your film is ready")
    (resumed,) = stage.resumed
    assert resumed.partition(" ")[0] == card.job_id
