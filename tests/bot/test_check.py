"""Wrong set-ups are found before the bot runs, all at once, each in one line."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yarl
from pydantic import SecretStr

from backend.errors import ConfigurationError
from backend.health import Health
from backend.settings import load_settings, read_settings
from bot.app import running_bot
from bot.check import all_problems, problems_of_host
from bot.connection import ChatServer
from bot.local_chat import local_chat
from localchat import BOT_PERMISSIONS, Permission
from tests.bot.test_main import Call, call_here, environment

__all__ = ["call_here", "environment"]
LACKING = (
    "The bot lacks permissions in these servers: Art café (Send Messages in Threads, Embed Links, "
    "Attach Files).\n"
)

WRONG = {
    "STYLIZE_MAX_SIZE": ("big", "STYLIZE_MAX_SIZE is wrong"),
    "STYLIZE_DEFAULT_SIZE": ("5000", "STYLIZE_DEFAULT_SIZE is wrong"),
    "STYLIZE_PRESETS": ("finest", "STYLIZE_PRESETS is wrong"),
    "STYLIZE_MAX_UPLOAD_MB": ("0", "STYLIZE_MAX_UPLOAD_MB is wrong"),
    "STYLIZE_MAX_RESULT_MB": ("1000", "STYLIZE_MAX_RESULT_MB is wrong"),
    "STYLIZE_JOBS_PER_PERSON": ("none", "STYLIZE_JOBS_PER_PERSON is wrong"),
    "STYLIZE_JOBS_PER_SERVER": ("-1", "STYLIZE_JOBS_PER_SERVER is wrong"),
    "STYLIZE_JOBS_PER_ROLE": ("=3", "STYLIZE_JOBS_PER_ROLE is wrong"),
    "STYLIZE_COOLDOWN_SECONDS": ("-1", "STYLIZE_COOLDOWN_SECONDS is wrong"),
    "STYLIZE_STYLES_PER_SERVER": ("0", "STYLIZE_STYLES_PER_SERVER is wrong"),
    "STYLIZE_JOB_TIMEOUT_SECONDS": ("1", "STYLIZE_JOB_TIMEOUT_SECONDS is wrong"),
    "STYLIZE_RETENTION_DAYS": ("0", "STYLIZE_RETENTION_DAYS is wrong"),
    "STYLIZE_HISTORY_DAYS": ("long", "STYLIZE_HISTORY_DAYS is wrong"),
    "STYLIZE_ISOLATION": ("maybe", "STYLIZE_ISOLATION is wrong"),
    "STYLIZE_CHECK_URL": ("classifier:80", "STYLIZE_CHECK_URL is wrong"),
    "STYLIZE_CHECK_FAILURE": ("maybe", "STYLIZE_CHECK_FAILURE is wrong"),
    "STYLIZE_CHECK_COMMAND": ("no-such-program --x", "STYLIZE_CHECK_COMMAND: there is no program"),
    "STYLIZE_LOG_LEVEL": ("LOUD", "STYLIZE_LOG_LEVEL is wrong"),
    "STYLIZE_LOG_FORMAT": ("xml", "STYLIZE_LOG_FORMAT is wrong"),
    "STYLIZE_COLOUR": ("red", "There is no setting STYLIZE_COLOUR"),
    "STYLIZE_DEVICES": ("cuda:97", "STYLIZE_DEVICES: there is no cuda:97 here"),
    "STYLIZE_DAILY_PER_SERVER": ("-1", "STYLIZE_DAILY_PER_SERVER is wrong"),
    "STYLIZE_FILES": ("sftp://host/folder", "STYLIZE_FILES is wrong"),
    "STYLIZE_ENGINE": ("cloud", "STYLIZE_ENGINE is wrong"),
    "STYLIZE_RAY_ADDRESS": ("nowhere", "STYLIZE_RAY_ADDRESS is wrong"),
    "STYLIZE_STANDBY": ("maybe", "STYLIZE_STANDBY is wrong"),
    "STYLIZE_DATABASE_URL": ("mysql://host/jobs", "STYLIZE_DATABASE_URL is wrong"),
}


async def test_a_cluster_without_ray_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    settings = load_settings(engine="ray", data_dir=tmp_path)
    (problem,) = await problems_of_host(settings)
    assert problem == ("STYLIZE_ENGINE: Ray is not installed here; pip install 'stylize-bot[ray]'.")


@pytest.mark.slow
def test_all_at_once(call_here: Call, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / ".env").write_text("STYLIZE_DAILY_PER_PERSON=many\nSTYLIZE MAX SIZE\n")
    given = {name: value for name, (value, _) in WRONG.items()}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        given |= {
            "STYLIZE_METRICS_PORT": port,
            "STYLIZE_DATA_DIR": str(tmp_path / "file" / "data"),
        }
        done = call_here("check", **given)
    expected = [
        *(words for _, words in WRONG.values()),
        "STYLIZE_DAILY_PER_PERSON is wrong",
        "Line 2 of .env cannot be read: write NAME=value.",
        f"STYLIZE_METRICS_PORT: port {port} cannot be used (Address already in use).",
        "STYLIZE_DATA_DIR: the folder",
    ]
    lines = done.stderr.splitlines()
    for words in expected:
        assert sum(line.startswith(f"stylize-bot: {words}") for line in lines) == 1, words
    assert (len(lines), done.returncode, done.stdout) == (len(expected), 2, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "file"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


Arrange = Callable[[Path], dict[str, Any]]


def with_file(
    name: str, data: bytes = b"no database, but long enough to look like one" * 9
) -> Arrange:
    """Let there be a file in the data folder."""

    def arrange(folder: Path) -> dict[str, Any]:
        (folder / name).write_bytes(data)
        return {}

    return arrange


def newer(folder: Path) -> dict[str, Any]:
    """Let there be the database of a bot that does not exist yet."""
    with closing(sqlite3.connect(folder / "jobs.sqlite")) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
        database.commit()
    return {}


def no_file(folder: Path) -> dict[str, Any]:
    (folder / "jobs.sqlite").mkdir()
    return {}


def given(**values: Any) -> Arrange:
    return lambda _: values


POSTGRES = SecretStr("postgresql://bot:secret@127.0.0.1:9/jobs")


@pytest.mark.parametrize(
    ("arrange", "painter", "words"),
    [
        (with_file("jobs.sqlite"), "devices", "The job database .* cannot be used: file is not a"),
        (newer, "devices", r"The job database .* is of a newer version of the bot\."),
        (no_file, "devices", r"The job database .* is no file that can be written to\."),
        (with_file("spool"), "devices", r"STYLIZE_DATA_DIR: .*spool is no folder that can be"),
        (given(database_url=POSTGRES), "devices", "The job database .* cannot be used: connection"),
        (given(), "no_devices", "Nothing can be painted here: .*no torch here"),
        (
            given(metrics_port=0, metrics_host="300.1.1.1"),
            "devices",
            r"STYLIZE_METRICS_HOST: the address 300\.1\.1\.1 cannot be used \(Name or service",
        ),
        (
            given(metrics_port=0, metrics_host="203.0.113.7"),
            "devices",
            r"STYLIZE_METRICS_HOST: the address 203\.0\.113\.7 cannot be used \(Cannot assign",
        ),
    ],
)
async def test_what_only_a_look_can_tell(
    tmp_path: Path, arrange: Arrange, painter: str, words: str
) -> None:
    usual = {"data_dir": tmp_path, "devices": ("cpu",), "local_chat_port": 0}
    settings = load_settings(**usual | arrange(tmp_path))
    before = names(tmp_path)
    (line,) = await all_problems(settings, f"tests.contracts.painters:{painter}")
    assert re.match(words, line), line
    assert "secret" not in line
    assert names(tmp_path) == before


async def test_ports_of_a_running_bot_are_its_own(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = load_settings(data_dir=tmp_path, devices=("cpu",), metrics_port=port)
        (line,) = await problems_of_host(settings)
        assert f"port {port} cannot be used" in line
        await Health(tmp_path).tell()
        assert await problems_of_host(settings) == []


async def test_two_things_at_one_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = load_settings(data_dir=tmp_path, metrics_port=port, local_chat_port=port)
    (line,) = await all_problems(settings, "tests.contracts.painters:devices")
    assert line == f"STYLIZE_METRICS_PORT and STYLIZE_LOCAL_CHAT_PORT are the same, {port}."


@pytest.mark.parametrize("data", [b"DISCORD_TOKEN=\xff\xfe", None])
def test_a_file_of_settings_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(data) if data else (tmp_path / ".env").mkdir()
    _, (line,) = read_settings()
    assert line.startswith("The file .env cannot be read: ")


def test_a_folder_and_a_token_that_can_be_none() -> None:
    """A name that no system takes would be complained about by every check that looks there."""
    _, wrong = read_settings(data_dir="y" * 300, discord_token="two\nlines")
    assert sorted(wrong) == [
        "DISCORD_TOKEN is wrong: Value error, a token is one word.",
        "STYLIZE_DATA_DIR is wrong: Value error, File name too long.",
    ]


async def test_nothing_is_wrong_without_a_token(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "data", devices=("cpu",), local_chat_port=0)
    assert await all_problems(settings, "tests.contracts.painters:devices") == []
    assert names(tmp_path) == []


@pytest.mark.slow
async def test_nothing_is_wrong_with_a_token_but_permissions_lack(
    call_here: Call, tmp_path: Path
) -> None:
    async with local_chat(port=0) as (chat, server):
        lacking = Permission.ATTACH_FILES | Permission.EMBED_LINKS
        lacking |= Permission.SEND_MESSAGES_IN_THREADS
        chat.permit_bot(BOT_PERMISSIONS & ~lacking)
        done = await asyncio.to_thread(call_here, "check", DISCORD_TOKEN=server.token)
        assert chat.session_starts == 0
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing keeps the bot from running here" in done.stdout
    assert LACKING in done.stdout
    assert server.token not in done.stdout
    assert names(tmp_path) == []


async def test_a_wrong_token_is_tried(tmp_path: Path) -> None:
    async with local_chat(port=0) as (chat, _):
        settings = load_settings(
            data_dir=tmp_path, devices=("cpu",), discord_token=SecretStr("wrong.token")
        )
        (line,) = await all_problems(settings, "tests.contracts.painters:devices")
        assert chat.session_starts == 0
    assert line.startswith("Discord refused the token")
    assert "wrong.token" not in line


@pytest.mark.slow
async def test_a_bot_does_not_start_on_a_device_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = load_settings(data_dir=tmp_path / "file", devices=("cuda:97", "cpu"))
    nowhere = ChatServer(token="x", attachment_hosts=frozenset())
    with pytest.raises(ConfigurationError) as refused:
        async with running_bot(settings, nowhere):
            pass
    devices, folder = str(refused.value).splitlines()
    assert devices.startswith("STYLIZE_DEVICES: there is no cuda:97 here; there is ")
    assert folder.startswith("STYLIZE_DATA_DIR: the folder")


def test_the_version(call_here: Call) -> None:
    done = call_here("--version")
    assert done.stdout.startswith("stylize-bot ")


async def test_a_port_that_the_local_chat_has_already_is_no_obstacle(tmp_path: Path) -> None:
    async with local_chat(port=0) as (chat, _):
        port = yarl.URL(chat.page_url).port
        settings = load_settings(data_dir=tmp_path, devices=("cpu",), local_chat_port=port)
        assert await problems_of_host(settings) == []
