"""What a worker that was taken over can still do."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.engine.pool import PoolEngine
from backend.files.local import LocalFiles
from nst.isolation import Isolation, missing_layers
from nst.isolation.painter import Confinement

REPOSITORY = Path(__file__).parents[3]
MISSING = missing_layers()
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="Linux isolates, others do not"),
    pytest.mark.skipif("seccomp" in MISSING, reason="no seccomp here: nothing is promised"),
]
needs_landlock = pytest.mark.skipif("landlock" in MISSING, reason="no Landlock here")

Attack = Callable[..., Any]
PROGRAM = """
import json, sys
from pathlib import Path
from nst.isolation.painter import Confinement, confine
from nst.isolation import Isolation
confine("cpu", Confinement(Isolation(sys.argv[2]), [Path(path) for path in sys.argv[3:]]))
from tests.backend.tools.hostile import outcome
print(json.dumps(outcome(*json.loads(sys.argv[1]))))
"""


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "data" / "spool"


@pytest.fixture
def attack(tmp_path: Path, spool: Path) -> Attack:
    """Try something in a process that is shut off as workers are."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.sqlite").write_text("rows")

    def attack(name: str, *arguments: Any, isolation: Isolation = Isolation.BEST) -> Any:
        confinement = Confinement(isolation, writes=[spool])
        tried = json.dumps([name, *arguments])
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, tried, *confinement.arguments],
            env={
                "PYTHONPATH": str(REPOSITORY),
                "TMPDIR": str(tmp_path / "tmp"),
                "HOME": str(tmp_path),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout)
        return answer["stopped"] if "stopped" in answer else [answer["did"]]

    return attack


@needs_landlock
@pytest.mark.parametrize("name", ["write_over", "append", "delete", "rename", "truncate"])
def test_it_changes_nothing_but_results(attack: Attack, tmp_path: Path, name: str) -> None:
    assert attack(name, str(tmp_path / "data" / "jobs.sqlite")) in {"EACCES", "EXDEV"}
    assert (tmp_path / "data" / "jobs.sqlite").read_text() == "rows"


@pytest.mark.slow
@needs_landlock
def test_it_makes_files_where_it_should(attack: Attack, tmp_path: Path, spool: Path) -> None:
    for folder in (spool, tmp_path / "tmp"):
        assert attack("write_over", str(folder / "new")) == [4]
        assert attack("rename", str(folder / "new")) == [None]
    assert attack("write_over", str(tmp_path / "new")) == "EACCES"
    assert attack("write_over", "/dev/null") == [4]


def test_it_connects_to_no_network(attack: Attack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert attack("connect_inet", port) == "EPERM"
        assert attack("listen") == "EPERM"
        assert attack("connect_inet", port, isolation=Isolation.OFF) == ["connected"]


def test_it_may_speak_to_services_of_the_driver(attack: Attack, spool: Path) -> None:
    """They listen on UNIX sockets."""
    spool.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(str(spool / "socket"))
        local.listen()
        assert attack("connect_unix", str(spool / "socket")) == ["connected"]


@pytest.mark.parametrize("name", ["copy_memory", "trace", "take_descriptor"])
def test_it_cannot_look_into_the_bot(attack: Attack, name: str) -> None:
    assert attack(name, os.getpid()) == "EPERM"


@needs_landlock
@pytest.mark.parametrize("name", ["environ", "mem"])
def test_it_cannot_read_the_bots_secrets(attack: Attack, name: str) -> None:
    assert attack("read", f"/proc/{os.getpid()}/{name}") == "EACCES"


def test_what_is_left_open(attack: Attack, tmp_path: Path) -> None:
    """Programs and threads, and reading: CUDA and torch may need them."""
    assert attack("read", str(tmp_path / "data" / "jobs.sqlite")) == ["rows"]
    assert attack("start_program") == [0]
    assert attack("start_threads", 3) == [3]


@needs_landlock
async def test_a_real_worker_is_confined(tmp_path: Path) -> None:
    confinement = Confinement(Isolation.REQUIRED, writes=[tmp_path])
    painter = "tests.contracts.painters:load"
    files = LocalFiles(tmp_path)
    async with PoolEngine(["cpu"], files, painter=painter, confinement=confinement):
        status: dict[str, str] = {}
        while status.get("Seccomp") != "2":  # it is on its way
            await asyncio.sleep(0.05)
            status = worker_status()
    assert status["NoNewPrivs"] == "1"


def worker_status() -> dict[str, str]:
    """`/proc/…/status` of the worker that this process has started; empty if there is none."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if b"backend.engine.worker" not in (path / "cmdline").read_bytes():
                continue
            lines = (path / "status").read_text().splitlines()
        except OSError:
            continue
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if int(status["PPid"]) == os.getpid():
            return {name: value.strip() for name, value in status.items()}
    return {}
