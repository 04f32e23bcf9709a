"""What a decoder that was taken over can do: everything that it should not is tried.

The bot's own runner starts `hostile.py` in place of `nst.tools`, shut off by the same code, by
itself and forked by a server.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backend.tools.forking import Forking
from backend.tools.process import Answer, Ended, Refused, Work, run
from backend.tools.spawning import Broken, Spawning, Starter
from nst.isolation import Isolation, landlock, missing_layers

MISSING = missing_layers()
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="Linux isolates, others do not"),
    pytest.mark.skipif("seccomp" in MISSING, reason="no seccomp here: nothing is promised"),
]
needs_landlock = pytest.mark.skipif(
    "landlock" in MISSING, reason="no Landlock here: files of the same user can be read"
)

SECRET = "SECRET"


@dataclass
class House:
    """A bot's folder, with a process whose environment and memory hold a secret."""

    folder: Path
    program: str
    start: Starter
    victim: int
    port: int

    def path(self, name: str) -> str:
        return str(self.folder / name)

    async def attack(
        self,
        attack: str,
        *arguments: Any,
        without: Sequence[str] = (),
        isolation: Isolation = Isolation.BEST,
        cpu_seconds: int = 20,
    ) -> Any:
        """Return what came of it: an error's name, or what the attacker got in brackets.

        What is `without` layers is not forked: those who are forked share them with the server.
        """
        start = Spawning(self.program) if without else self.start
        work = Work(
            verb="attack",
            reads={"photo": [self.folder / "mine.png"]},
            writes={"out": self.folder / "out"},
            options={"attack": attack, "arguments": arguments, "without": without},
            seconds=60,
            cpu_seconds=cpu_seconds,
        )
        try:
            answer: Answer = await run(work, dict, start, isolation)
        finally:
            (self.folder / "out").unlink(missing_ok=True)
        return answer["stopped"] if "stopped" in answer else [answer["did"]]


@pytest.fixture
def victim() -> Iterator[int]:
    """Yield a process that is protected as the bot is."""
    code = (
        "from nst.isolation import process; process.hide(); print(flush=True);"
        "import time; time.sleep(300)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], env={"DISCORD_TOKEN": SECRET}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.fixture(params=["spawned", "forked"])
async def house(
    request: pytest.FixtureRequest, tmp_path: Path, victim: int
) -> AsyncIterator[House]:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in (".env", "jobs.sqlite", "other.png", "mine.png"):
        (folder / name).write_text(SECRET)
    program = tmp_path / "python"
    hostile = Path(__file__).with_name("hostile.py")
    program.write_text(f'#!/bin/sh\nshift 3\nexec {sys.executable} -I {hostile} "$@"\n')
    program.chmod(0o755)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as local,
    ):
        local.bind(str(folder / "socket"))
        local.listen()
        forking = Forking(str(program))
        start = forking if request.param == "forked" else Spawning(str(program))
        yield House(folder, str(program), start, victim, server.getsockname()[1])
        await forking.close()


def contents(house: House) -> dict[str, str]:
    return {path.name: path.read_text() for path in house.folder.iterdir() if path.is_file()}


async def test_the_stand_in_works(house: House) -> None:
    assert await house.attack("nothing") == ["nothing"]
    assert await house.attack("start_threads", 4) == [4]


@needs_landlock
@pytest.mark.parametrize("name", [".env", "jobs.sqlite", "other.png", "mine.png"])
async def test_it_reads_no_file_by_name(house: House, name: str) -> None:
    assert await house.attack("read", house.path(name)) == "EACCES"


@needs_landlock
@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/proc/self/maps", __file__])
async def test_it_reads_nothing_of_the_system(house: House, path: str) -> None:
    assert await house.attack("read", path) == "EACCES"


@needs_landlock
@pytest.mark.parametrize("path", ["/", "/proc", "/tmp", "/root", "/home"])
async def test_it_sees_no_folder(house: House, path: str) -> None:
    assert await house.attack("look_into", path) in {"EACCES", "ENOENT"}
    assert await house.attack("look_into", house.path("")) == "EACCES"


@needs_landlock
@pytest.mark.parametrize("name", ["environ", "mem", "maps", "cmdline", "status"])
async def test_it_sees_nothing_of_its_parent(house: House, name: str) -> None:
    for process in (os.getpid(), house.victim):
        assert await house.attack("read", f"/proc/{process}/{name}") == "EACCES"


@pytest.mark.parametrize("attack", ["copy_memory", "trace", "take_descriptor", "send_signal",
                                    "lower_the_limits_of"])  # fmt: skip
async def test_it_cannot_get_at_another_process(house: House, attack: str) -> None:
    for process in (os.getpid(), house.victim, 0):
        assert await house.attack("at", process, attack) == "EPERM"


@pytest.mark.parametrize(
    "attack", ["write_over", "append", "delete", "rename", "truncate", "change_mode"]
)
async def test_it_changes_no_file(house: House, attack: str) -> None:
    before = contents(house)
    assert await house.attack(attack, house.path("jobs.sqlite")) in {"EACCES", "EPERM"}
    assert contents(house) == before


@pytest.mark.parametrize("attack", ["write_over", "make_folder"])
async def test_it_makes_no_file(house: House, attack: str) -> None:
    for folder in (house.folder, Path("/tmp"), Path("/dev/shm")):
        assert await house.attack(attack, str(folder / "new")) in {"EACCES", "EPERM"}
    assert not (house.folder / "new").exists()


async def test_it_connects_to_nothing(house: House) -> None:
    assert await house.attack("connect_inet", house.port) == "EPERM"
    assert await house.attack("connect_unix", house.path("socket")) == "EPERM"
    assert await house.attack("listen") == "EPERM"


@pytest.mark.parametrize("attack", ["run_program", "start_program"])
async def test_it_starts_no_program(house: House, attack: str) -> None:
    assert await house.attack(attack) in {"EACCES", "EPERM"}


async def test_it_starts_no_process(house: House) -> None:
    assert await house.attack("fork_many", 1000) == "EPERM"


async def test_it_cannot_take_all_memory(house: House) -> None:
    assert await house.attack("allocate", 4096) == "ENOMEM"


@pytest.mark.slow
async def test_it_cannot_spin_forever(house: House) -> None:
    started = time.monotonic()
    with pytest.raises(Ended):
        await house.attack("spin", cpu_seconds=1)
    assert time.monotonic() - started < 50  # far from the sixty seconds of the clock


async def test_it_writes_to_no_descriptor_of_the_bot(house: House) -> None:
    """Its own output is open, nothing else of what this process has open."""
    with (house.folder / "jobs.sqlite").open("r+") as database:
        os.set_inheritable(database.fileno(), True)  # as a careless library would
        (written,) = await house.attack("write_to_descriptors")
    assert len(written) == 1
    assert contents(house)["jobs.sqlite"] == SECRET


async def test_what_it_may_write_has_a_bound(house: House) -> None:
    (numbers,) = await house.attack("write_to_descriptors")
    assert await house.attack("fill_the_disk", numbers[0]) == "EFBIG"


@pytest.mark.parametrize(
    "attack", ["outlive_the_bot", "be_looked_into", "raise_a_limit", "new_namespace"]
)
async def test_it_cannot_undo_what_holds_it(house: House, attack: str) -> None:
    assert await house.attack(attack) == "EPERM"


async def test_what_the_kernel_says_of_it(house: House) -> None:
    spinning = asyncio.create_task(house.attack("spin", cpu_seconds=60))
    status: dict[str, str] = {}
    while status.get("Seccomp") != "2":
        assert not spinning.done()
        await asyncio.sleep(0.05)
        status = child_status()
    spinning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spinning
    assert status["NoNewPrivs"] == "1"
    assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")} <= {
        "0" * 16,
        status["CapBnd"],  # who is not root keeps a bound on what nobody has
    }
    assert child_status() == {}


def test_it_ends_with_the_bot(house: House) -> None:
    """Not with a clean-up, which a bot that is killed never does."""
    code = (
        "import subprocess, sys;"
        "child = subprocess.Popen(sys.argv[1:]); print(child.pid, flush=True); child.wait()"
    )
    request = '{"options": {"attack": "spin"}, "limits": {"cpu_seconds": 60}}'
    tool = [house.program, "-I", "-m", "nst.tools", "attack", request]
    with subprocess.Popen(
        [sys.executable, "-c", code, *tool], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / parent.stdout.readline().strip()
        while "Seccomp:\t2" not in (child / "status").read_text():
            time.sleep(0.05)
        parent.kill()
    while child.exists() and "State:\tZ" not in (child / "status").read_text():
        time.sleep(0.05)


class TestWithoutLandlock:
    """What is left on a kernel without Landlock: reading what the bot's user may read."""

    async def test_files_of_the_same_user_can_be_read(self, house: House) -> None:
        assert await house.attack("read", house.path(".env"), without=["landlock"]) == [SECRET]

    async def test_nothing_can_be_changed(self, house: House) -> None:
        for attack in ("write_over", "append", "delete", "rename", "truncate", "change_mode"):
            did = await house.attack(attack, house.path("other.png"), without=["landlock"])
            assert did == "EPERM"

    @pytest.mark.parametrize("name", ["environ", "mem"])
    async def test_the_token_is_safe(self, house: House, name: str) -> None:
        """The bot lets nobody look into it, and a tool has no privileges, root's included."""
        path = f"/proc/{house.victim}/{name}"
        assert await house.attack("read", path, without=["landlock"]) in {"EACCES", "EPERM"}

    async def test_where_all_is_required_nothing_is_read(self, house: House) -> None:
        with pytest.raises(Refused, match="fault on our side"):
            await house.attack("nothing", without=["landlock"], isolation=Isolation.REQUIRED)


class TestWithoutSeccomp:
    """What is left on a kernel without seccomp, or where libseccomp is not installed."""

    @needs_landlock
    async def test_files_are_safe(self, house: House) -> None:
        path = house.path("other.png")
        for attack in ("read", "write_over", "append", "delete", "rename", "truncate"):
            assert await house.attack(attack, path, without=["seccomp"]) == "EACCES"

    @needs_landlock
    async def test_the_parent_is_safe(self, house: House) -> None:
        for attack in ("copy_memory", "trace"):
            assert await house.attack(attack, house.victim, without=["seccomp"]) == "EPERM"

    @needs_landlock
    async def test_programs_are_not_started(self, house: House) -> None:
        assert await house.attack("run_program", without=["seccomp"]) == "EACCES"

    @pytest.mark.skipif(
        not landlock.refuses_tcp(), reason="this kernel's Landlock does not know TCP"
    )
    async def test_tcp_is_refused(self, house: House) -> None:
        assert await house.attack("connect_inet", house.port, without=["seccomp"]) == "EACCES"


async def test_threads_that_loading_left_behind_are_no_way_out(house: House) -> None:
    with pytest.raises(Refused, match="fault on our side"):
        await house.attack("nothing", without=["one thread"], isolation=Isolation.REQUIRED)


async def test_switched_off_only_limits_are_left(house: House) -> None:
    read = await house.attack("read", house.path(".env"), isolation=Isolation.OFF)
    assert read == [SECRET]
    assert await house.attack("allocate", 4096, isolation=Isolation.OFF) == "ENOMEM"


async def test_a_program_that_is_none(house: House) -> None:
    for start in (
        Spawning("/bin/false"),
        Spawning("/none"),
        Forking("/bin/false"),
        Forking("/none"),
    ):
        house.start = start
        with pytest.raises(Broken):
            await house.attack("nothing")


def child_status() -> dict[str, str]:
    """`/proc/…/status` of the attacker that this process or a server of its started; or nothing."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if b"hostile.py" not in (path / "cmdline").read_bytes():
                continue
            lines = (path / "status").read_text().splitlines()
        except OSError:
            continue
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        found[status["Pid"]] = {name: value.strip() for name, value in status.items()}
    mine = {str(os.getpid())} | {
        number for number, status in found.items() if status["PPid"] == str(os.getpid())
    }
    shut_off = [each for each in found.values() if each["PPid"] in mine and each["Seccomp"] == "2"]
    return shut_off[0] if shut_off else {}
