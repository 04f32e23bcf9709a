"""A disk that is full, nearly full or gone: said in words, and nothing is lost that can be kept."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import Expected
from tests.e2e.playing import READY, act
from tests.e2e.support import PHOTO, REFUSED, STYLE, Card, Stage, gallery
from tests.e2e.test_films import at_the_third

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
    mount("-t", "tmpfs", "-o", "size=200m", "tmpfs", folder)
    yield folder
    unmount(folder)


@pytest.fixture
def read_only(stage: Stage) -> AbstractContextManager[None]:
    """Return a block in which nothing in the data folder can be opened to be written.

    Not by root either, unlike after `chmod`. What is open by then, as the database is, stays so.
    """
    folder = stage.settings.data_dir
    folder.mkdir(parents=True)

    @contextmanager
    def mounted() -> Iterator[None]:
        mount("--bind", folder, folder)
        mount("-o", "remount,bind,ro", folder)
        yield
        unmount(folder)

    with mounted():
        pass  # or the test skips itself before it begins
    return mounted()


def mount(*arguments: str | Path) -> None:
    """Mount something, or skip the test."""
    command = ["mount", *map(str, arguments)]
    if not shutil.which("mount") or subprocess.run(command, check=False).returncode:
        pytest.skip("no disk can be mounted here")


def unmount(folder: Path) -> None:
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


async def one_done_one_painted_one_waiting(stage: Stage) -> list[Card]:
    """Return three cards; while the second is painted, the third waits."""
    done = await stage.stylize("Cleo")
    await done.until(READY)
    await stage.until_delivered(done.job_id)
    stage.hold()
    painted, waiting = [await stage.stylize("Ada"), await stage.stylize("Bob")]
    await painted.until_still()
    await waiting.until("Waiting")
    return [done, painted, waiting]


async def until_failed(stage: Stage, cards: list[Card]) -> None:
    """Wait until cards say that the disk does not work, and so does a new one."""
    for card in cards:
        await card.until(FAILED)
        assert "the bot's file store does not work now" in card.text
        assert "try again later" in card.text
    new = await stage.stylize("Dan")
    await new.until(REFUSED)
    assert "Try again later" in new.text


async def until_all_is_well(stage: Stage, done: Card, failed: Card) -> None:
    """Check that pictures are painted again, and that finished ones are still there."""
    await (await accepted(stage)).until(READY)
    again = await act(stage, failed, "Try again", "Ada")
    await again.until(READY)
    await stage.until_idle()
    restyled = await act(stage, done, "Another version", "Cleo")
    await restyled.until(READY)
    await stage.until_idle()


async def test_a_disk_that_becomes_read_only_in_the_middle(
    read_only: AbstractContextManager[None],
    stage: Stage,
    caplog: pytest.LogCaptureFixture,
    expect_errors: Expected,
) -> None:
    expect_errors("failed", "cannot be read or kept", "cannot be removed", "Cannot store")
    async with stage.bot():
        done, *cards = await one_done_one_painted_one_waiting(stage)
        stage.release()
        with read_only:
            await until_failed(stage, cards)
        assert "Read-only file system" in caplog.text
        await until_all_is_well(stage, done, cards[0])


async def test_a_data_folder_that_vanishes_in_the_middle(
    stage: Stage, caplog: pytest.LogCaptureFixture, expect_errors: Expected
) -> None:
    """Nothing is stored in its place: the disk would hide it when it comes back."""
    expect_errors("failed", "cannot be", "Cannot store")
    folder = stage.settings.data_dir
    elsewhere = folder.with_name("elsewhere")
    async with stage.bot():
        done, *cards = await one_done_one_painted_one_waiting(stage)
        folder.rename(elsewhere)
        folder.mkdir()  # where the disk was mounted
        await until_failed(stage, cards)
        assert "FileNotFoundError" in caplog.text
        assert not (folder / "spool").exists()
        assert not (folder / "jobs.sqlite").exists()
        shutil.rmtree(folder)
        elsewhere.rename(folder)
        stage.release()
        await until_all_is_well(stage, done, cards[0])


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
