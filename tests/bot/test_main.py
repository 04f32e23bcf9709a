"""The command `stylize-bot`, as a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from bot.__main__ import main
from bot.local_chat import local_chat

REPOSITORY = Path(__file__).parents[2]
BOT = [sys.executable, "-m", "bot"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return what the command sees: a data folder of its own, the CPU, any free port."""
    return {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "STYLIZE_DATA_DIR": str(tmp_path / "data"),
        "STYLIZE_DEVICES": "cpu",
        "STYLIZE_LOCAL_CHAT_PORT": "0",
        "STYLIZE_DEFAULT_SIZE": "256",  # or the speed is measured first
    }


def call(
    *arguments: str, env: dict[str, str], cwd: Path, command: list[str] = BOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def call_here(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Call:
    """Return what runs the command in this process, which loads everything only once."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
            patch.chdir(tmp_path)
            patch.setattr(sys, "argv", ["stylize-bot", *arguments])
            patch.setattr(logging, "basicConfig", Mock())  # the tests have a log of their own
            for name, value in (environment | variables).items():
                patch.setenv(name, value)
            main()
        code = end.value.code
        return subprocess.CompletedProcess(arguments, int(code or 0), *capsys.readouterr())

    return run


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("STYLIZE_MAX_SIZE", "big", "STYLIZE_MAX_SIZE is wrong"),
        ("STYLIZE_COLOUR", "red", "There is no setting STYLIZE_COLOUR"),
    ],
)
def test_wrong_settings_are_one_line(
    call_here: Call, variable: str, value: str, words: str
) -> None:
    done = call_here("run", "--local-chat", "off", **{variable: value})
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"stylize-bot: {words}")


@pytest.mark.slow
def test_a_missing_token_is_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    environment |= {"DISCORD_TOKEN": ""}
    done = call("run", "--local-chat", "off", env=environment, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("stylize-bot: DISCORD_TOKEN is missing: set it in .env")


@pytest.mark.slow
def test_a_port_in_use(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = call(
            *("run", "--local-chat", "on"),
            env=environment | {"STYLIZE_LOCAL_CHAT_PORT": port},
            cwd=tmp_path,
        )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        f"stylize-bot: The local chat cannot listen on port {port} (Address already in use): "
    )


@pytest.mark.parametrize(
    ("arguments", "begin"),
    [
        (("run", "--local-chat", "on"), "STYLIZE_DATA_DIR: {file}"),
        (("demo", "--out", "file"), "file"),
        (("demo", "--out", "file/out"), "file/out"),
    ],
)
def test_a_folder_that_cannot_be_used_is_named(
    call_here: Call, tmp_path: Path, arguments: tuple[str, ...], begin: str
) -> None:
    file = tmp_path / "file"
    file.touch()
    done = call_here(*arguments, STYLIZE_DATA_DIR=str(file))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"stylize-bot: {begin.format(file=file)}")


@pytest.mark.slow
async def test_a_refused_token(environment: dict[str, str], tmp_path: Path) -> None:
    async with local_chat(port=0) as (chat, _):
        code = (
            "from discord.http import Route; from bot.__main__ import main; "
            f"Route.BASE = {chat.api_url!r}; main()"
        )
        done = await asyncio.to_thread(
            call,
            "run",
            env=environment | {"DISCORD_TOKEN": "wrong.token"},
            cwd=tmp_path,
            command=[sys.executable, "-c", code],
        )
    assert done.returncode == 3
    last = done.stderr.splitlines()[-1]
    assert last.startswith("stylize-bot: Discord refused the token")
    assert "Traceback" not in done.stderr
    assert "wrong.token" not in done.stderr


def test_help_names_the_commands(call_here: Call) -> None:
    done = call_here("--help")
    assert done.returncode == 0
    for name in ("run", "demo", "health"):
        assert re.search(rf"\b{name}\b", done.stdout)


@pytest.fixture
def running(
    environment: dict[str, str], tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`run` with the local chat, and the address of its page."""
    process = subprocess.Popen(
        [*BOT, "run", "--local-chat", "auto"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"The local chat is open: (\S+)", line):
            yield process, found[1]
            break
    else:
        pytest.fail("".join(lines))
    process.kill()
    process.wait()
    process.stdout.close()


def _assert_it_stops(process: subprocess.Popen[str], number: signal.Signals) -> None:
    began = time.monotonic()
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert time.monotonic() - began < 10


def test_it_serves_until_it_is_told_to_stop(
    running: tuple[subprocess.Popen[str], str], environment: dict[str, str], tmp_path: Path
) -> None:
    process, page = running
    with urllib.request.urlopen(page) as answer:
        assert answer.status == 200
    assert call("health", env=environment, cwd=tmp_path).returncode == 0
    _assert_it_stops(process, signal.SIGTERM)


@pytest.mark.slow
def test_a_second_bot_with_the_same_data_folder_is_refused(
    running: tuple[subprocess.Popen[str], str], environment: dict[str, str], tmp_path: Path
) -> None:
    """The first one serves on, until it is interrupted."""
    process, page = running
    done = call("run", "--local-chat", "on", env=environment, cwd=tmp_path)
    assert done.returncode == 2
    assert "stylize-bot: Another bot is using the job database" in done.stderr
    with urllib.request.urlopen(page) as answer:
        assert answer.status == 200
    _assert_it_stops(process, signal.SIGINT)


def test_health_of_a_bot_that_does_not_run(call_here: Call) -> None:
    done = call_here("health")
    assert done.returncode == 1
    assert done.stderr == "The bot has not been connected yet.\n"


@pytest.mark.slow
def test_the_demo_leaves_a_picture(environment: dict[str, str], tmp_path: Path) -> None:
    small = {"STYLIZE_DEFAULT_SIZE": "64", "STYLIZE_DEFAULT_PRESET": "draft"}
    done = call("demo", "--out", "out", env=environment | small, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("Ada runs /stylize", "Looking at your", "picture is ready", "Saved out/result."):
        assert words in done.stdout
    (result,) = (tmp_path / "out").glob("result.*")
    assert result.stat().st_size > 1000
    page = (tmp_path / "out" / "card.html").read_text("utf-8")
    assert "Your picture is ready" in page
    assert page.count("data:image/") >= 3
    assert not re.search(r"""(src|href)=["']http""", page)
    tour = tmp_path / "out" / "tour.webp"
    assert tour.is_file() or "chromium is not installed" in done.stdout
    assert not tour.is_file() or tour.stat().st_size < 10**6


@pytest.mark.slow
def test_a_demo_that_fails_says_why(environment: dict[str, str], tmp_path: Path) -> None:
    late = {"STYLIZE_DEFAULT_SIZE": "1024", "STYLIZE_JOB_TIMEOUT_SECONDS": "10"}
    done = call("demo", env=environment | late, cwd=tmp_path)
    assert done.returncode == 1
    assert "The demo failed: This picture could not be painted · Painting took" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_demo_whose_pictures_are_refused_says_why(
    environment: dict[str, str], tmp_path: Path
) -> None:
    strict = {"STYLIZE_CHECK_COMMAND": "sh -c 'echo too blue; exit 3'"}
    done = call("demo", env=environment | strict, cwd=tmp_path)
    assert done.returncode == 1
    assert "The demo failed: That did not work · " in done.stderr
    assert "has set up: too blue" in done.stderr
