"""Wrong set-ups are found before the bot runs, all at once, each in one line."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import pytest
import yarl

from bot.app import running_bot
from bot.check import problems_of_host
from bot.connection import ChatServer
from bot.errors import ConfigurationError
from bot.local_chat import local_chat
from bot.settings import load_settings
from tests.bot.test_main import call, environment

__all__ = ["environment"]
TOKEN_REFUSED = "Discord refused the token"

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
    "STYLIZE_DATABASE_URL": ("mysql://host/jobs", "STYLIZE_DATABASE_URL is wrong"),
}


def test_all_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    given = {name: value for name, (value, _) in WRONG.items()}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        given |= {
            "STYLIZE_METRICS_PORT": port,
            "STYLIZE_DATA_DIR": str(tmp_path / "file" / "data"),
        }
        done = call("check", env=environment | given, cwd=tmp_path)
    expected = [
        *(words for _, words in WRONG.values()),
        f"STYLIZE_METRICS_PORT: port {port} cannot be used",
        "STYLIZE_DATA_DIR: the folder",
    ]
    lines = done.stderr.splitlines()
    for words in expected:
        assert sum(line.startswith(f"stylize-bot: {words}") for line in lines) == 1, words
    assert (len(lines), done.returncode, done.stdout) == (len(expected), 2, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_nothing_is_wrong(environment: dict[str, str], tmp_path: Path) -> None:
    done = call("check", env=environment, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing keeps the bot from running here" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("token", "words"), [("wrong.token", TOKEN_REFUSED), (None, "Nothing keeps the bot")]
)
async def test_the_token_is_tried(
    environment: dict[str, str], tmp_path: Path, token: str | None, words: str
) -> None:
    async with local_chat(port=0) as (chat, server):
        code = (
            "from discord.http import Route; from bot.__main__ import main; "
            f"Route.BASE = {chat.api_url!r}; main()"
        )
        done = await asyncio.to_thread(
            call,
            "check",
            env=environment | {"DISCORD_TOKEN": token or server.token},
            cwd=tmp_path,
            command=[sys.executable, "-c", code],
        )
        assert chat.session_starts == 0
    assert words in done.stdout + done.stderr
    assert server.token not in done.stdout + done.stderr


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


def test_the_version(environment: dict[str, str], tmp_path: Path) -> None:
    done = call("--version", env=environment, cwd=tmp_path)
    assert done.stdout.startswith("stylize-bot ")


async def test_a_port_that_the_local_chat_has_already_is_no_obstacle(tmp_path: Path) -> None:
    async with local_chat(port=0) as (chat, _):
        port = yarl.URL(chat.page_url).port
        settings = load_settings(data_dir=tmp_path, devices=("cpu",), local_chat_port=port)
        assert await problems_of_host(settings) == []
