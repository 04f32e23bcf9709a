"""Processes of the tools that a server forks: they answer, fail and end as spawned ones do."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from backend.errors import ImageRefused, ImageUnavailable
from backend.tools import CheckedImage, ImageTools, quick_starter
from backend.tools.forking import Forking
from nst.isolation import Isolation
from nst.limits import Limits
from tests.corpus.bad import scan_bomb
from tests.corpus.pictures import encoded, quadrants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")
PATIENCE = 30.0


@pytest.fixture
async def tools() -> AsyncIterator[ImageTools]:
    async with quick_starter() as start:
        assert isinstance(start, Forking)
        yield ImageTools(start)


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """Return a picture that takes the processor for as long as it may."""
    path = tmp_path / "bomb.jpg"
    path.write_bytes(scan_bomb())
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(quadrants(size=(64, 48)), "PNG"))
    return path


async def check(tools: ImageTools, path: Path, *, seconds: float = PATIENCE) -> CheckedImage:
    clean, small = (path.with_name(f"{name}-{time.monotonic_ns()}") for name in ("clean", "small"))
    return await tools.check(path, clean, small, limits=Limits(), seconds=seconds)


def processes(parent: int) -> set[int]:
    """Return the children of a process that are alive."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, its_parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(its_parent) == parent and state != "Z":
            found.add(int(folder.name))
    return found


def servers() -> set[int]:
    return {
        each
        for each in processes(os.getpid())
        if b"serve" in Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")
    }


def environments() -> list[bytes]:
    return [Path(f"/proc/{each}/environ").read_bytes() for each in servers()]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nobody announces what other processes do
            await asyncio.sleep(0.01)


async def test_answers_are_those_of_a_spawned_process(tools: ImageTools, photo: Path) -> None:
    assert await check(tools, photo) == await check(ImageTools(), photo)


async def test_refusals_are_those_of_a_spawned_process(tools: ImageTools, photo: Path) -> None:
    photo.write_bytes(b"no picture")  # noqa: ASYNC240
    for each in (tools, ImageTools()):
        with pytest.raises(ImageRefused, match="not a picture"):
            await check(each, photo)


async def test_each_piece_has_a_process_of_its_own(tools: ImageTools, photo: Path) -> None:
    before = servers()
    checked = await asyncio.gather(*(check(tools, photo) for _ in range(5)))
    assert len({each.sha256 for each in checked}) == 1
    (server,) = servers() - before
    assert processes(server) == set()


async def test_no_descriptor_is_left_open(tools: ImageTools, photo: Path) -> None:
    await check(tools, photo)
    (server,) = servers()
    folders = [Path(f"/proc/{each}/fd") for each in (os.getpid(), server)]
    before = [len(list(folder.iterdir())) for folder in folders]
    await asyncio.gather(*(check(tools, photo) for _ in range(5)))
    assert [len(list(folder.iterdir())) for folder in folders] == before


async def test_time_is_limited(tools: ImageTools, bomb: Path) -> None:
    with pytest.raises(ImageRefused, match="took more than the"):
        await check(tools, bomb, seconds=0.5)
    (server,) = servers()
    assert processes(server) == set(), "it has not gone on"


@pytest.mark.slow
async def test_processor_time_is_limited(bomb: Path) -> None:
    async with quick_starter() as start:
        tools = ImageTools(start, check_cpu_seconds=1)
        with pytest.raises(ImageRefused, match="took more than the 1 seconds"):
            await check(tools, bomb)


async def test_whoever_leaves_ends_it(tools: ImageTools, bomb: Path, photo: Path) -> None:
    checking = asyncio.create_task(check(tools, bomb))
    await until(lambda: any(processes(each) for each in servers()))
    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking
    (server,) = servers()
    assert processes(server) == set()
    await check(tools, photo)


async def test_a_server_that_was_killed_is_started_again(
    tools: ImageTools, bomb: Path, photo: Path
) -> None:
    checking = asyncio.create_task(check(tools, bomb))
    await until(lambda: any(processes(each) for each in servers()))
    (server,) = servers()
    (child,) = processes(server)
    os.kill(server, signal.SIGKILL)
    with pytest.raises(ImageUnavailable, match="fault on our side"):
        await checking
    await until(lambda: not Path(f"/proc/{child}").exists())
    assert (await check(tools, photo)).width == 64
    assert servers() != {server}


async def test_after_a_crash_the_layout_of_memory_is_another(
    tools: ImageTools, bomb: Path, photo: Path
) -> None:
    """And who was at work goes on."""
    checking = [asyncio.create_task(check(tools, bomb, seconds=2)) for _ in range(2)]
    await until(lambda: sum(len(processes(each)) for each in servers()) == 2)
    (server,) = servers()
    crashed, _ = processes(server)
    os.kill(crashed, signal.SIGSEGV)
    await until(lambda: any(each.done() for each in checking))
    assert (await check(tools, photo)).width == 64
    assert len(servers()) == 2
    assert processes(server), "it is not ended with the server's use"
    for each in checking:
        with pytest.raises(ImageRefused):
            await each
    assert server not in servers()
    assert (await check(tools, photo)).width == 64


async def test_a_server_that_stands_still_is_ended(tools: ImageTools, photo: Path) -> None:
    await check(tools, photo)
    (server,) = servers()
    os.kill(server, signal.SIGSTOP)
    with pytest.raises(ImageRefused, match="took more than the"):
        await check(tools, photo, seconds=0.2)
    assert (await check(tools, photo)).width == 64
    assert server not in servers()


async def test_leaving_ends_the_server(photo: Path) -> None:
    async with quick_starter() as start:
        await check(ImageTools(start), photo)
        assert servers()
    assert not servers()


async def test_all_end_with_the_bot(bomb: Path) -> None:
    """Not by a clean-up, which a bot that is killed never does."""
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from backend.tools import ImageTools, quick_starter\n"
        "from nst.limits import Limits\n"
        "async def main(path):\n"
        "    async with quick_starter() as start:\n"
        "        await ImageTools(start).check(\n"
        "            path, path.with_name('c'), path.with_name('t'), limits=Limits())\n"
        "asyncio.run(main(Path(sys.argv[1])))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(bomb)]) as parent:  # noqa: ASYNC220
        await until(lambda: any(processes(each) for each in processes(parent.pid)))
        (server,) = processes(parent.pid)
        (child,) = processes(server)
        parent.kill()
    await until(lambda: not Path(f"/proc/{server}").exists())
    await until(lambda: not Path(f"/proc/{child}").exists())


@pytest.mark.parametrize("isolation", list(Isolation))
async def test_nothing_of_the_environment_is_in_the_server(
    photo: Path, monkeypatch: pytest.MonkeyPatch, isolation: Isolation
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    async with quick_starter() as start:
        await check(ImageTools(start, isolation=isolation), photo)
        (environment,) = environments()
    assert b"secret" not in environment
