"""The composition root: what is loaded, where the bot connects, what it says when it cannot."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import yarl
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route
from pydantic import SecretStr
from sqlalchemy import URL

from backend import health
from backend.database.postgres import PostgresServer
from backend.errors import ConfigurationError, StartupError
from backend.intake import DISCORD_HOSTS
from backend.settings import load_settings
from bot.app import discord_server, running_bot
from bot.connection import ChatServer
from bot.local_chat import local_chat
from tests.e2e.support import until
from tests.postgres import database


def addresses() -> tuple[str, str]:
    return Route.BASE, str(DiscordWebSocket.DEFAULT_GATEWAY)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_only_the_two_base_addresses_tell_the_local_chat_from_discord() -> None:
    before = addresses()  # Discord's, or those of a chat that other tests share
    async with local_chat(port=0) as (chat, server):
        assert addresses() == (chat.api_url, chat.gateway_url)
        for address in addresses():
            assert yarl.URL(address).host == "127.0.0.1"
        assert server.token == chat.token
        assert server.attachment_hosts == {yarl.URL(chat.page_url).authority}
        assert addresses() != before
    assert addresses() == before


async def test_the_addresses_are_back_after_a_failure() -> None:
    before = addresses()
    with pytest.raises(RuntimeError, match="on purpose"):
        async with local_chat(port=0):
            raise RuntimeError("on purpose")
    assert addresses() == before


def test_with_a_token_the_bot_is_on_discord() -> None:
    before = addresses()
    settings = load_settings(discord_token=SecretStr("abc.def"))
    server = discord_server(settings)
    assert server == ChatServer(token="abc.def", attachment_hosts=DISCORD_HOSTS)
    assert {"cdn.discordapp.com", "media.discordapp.net"} <= DISCORD_HOSTS
    assert addresses() == before
    assert "abc.def" not in repr(server)


def test_without_a_token_it_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match=r"DISCORD_TOKEN is missing: set it in \.env"):
        discord_server(load_settings())


async def test_a_port_in_use() -> None:
    async with local_chat(port=0) as (chat, _):
        port = yarl.URL(chat.page_url).port
        with pytest.raises(ConfigurationError, match=f"port {port} .*STYLIZE_LOCAL_CHAT_PORT"):
            async with local_chat(port=port or 0):
                pass


async def test_a_data_folder_that_cannot_be_made(folder: Path) -> None:
    (folder / "file").touch()
    settings = load_settings(data_dir=folder / "file" / "data", devices=("cpu",))
    async with local_chat(port=0) as (_, server):
        with pytest.raises(ConfigurationError, match=r"STYLIZE_DATA_DIR: the folder .* cannot be"):
            async with running_bot(settings, server):
                pass


@pytest.mark.slow
async def test_a_refused_token(folder: Path) -> None:
    settings = load_settings(data_dir=folder / "data", devices=("cpu",))
    wrong = ChatServer(token="wrong.token", attachment_hosts=DISCORD_HOSTS)
    async with local_chat(port=0):
        with pytest.raises(StartupError, match="refused the token: copy it again"):
            async with running_bot(settings, wrong, painter="tests.e2e.painters:load"):
                pass


@pytest.fixture
async def refusing_gateway() -> AsyncIterator[yarl.URL]:
    """Close every connection as Discord does when an intent is not allowed."""

    async def refuse(request: web.Request) -> web.WebSocketResponse:
        answer = web.WebSocketResponse()
        await answer.prepare(request)
        await answer.send_json({"op": 10, "d": {"heartbeat_interval": 41250}, "s": None, "t": None})
        await answer.receive()  # IDENTIFY
        await answer.close(code=4014)
        return answer

    app = web.Application()
    app.add_routes([web.get("/", refuse)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield yarl.URL(f"ws://127.0.0.1:{runner.addresses[0][1]}/")
    await runner.cleanup()


async def test_a_gateway_that_refuses(
    folder: Path, monkeypatch: pytest.MonkeyPatch, refusing_gateway: yarl.URL
) -> None:
    settings = load_settings(data_dir=folder / "data", devices=("cpu",))
    async with local_chat(port=0) as (_, server):
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", refusing_gateway)
        with pytest.raises(StartupError, match=r"gateway cannot be used: .*privileged intents"):
            async with running_bot(settings, server, painter="tests.e2e.painters:load"):
                pass


async def test_a_gateway_that_is_down_at_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load_settings(data_dir=folder / "data", devices=("cpu",))
    async with local_chat(port=0) as (chat, server):
        nowhere = socket.create_server(("127.0.0.1", 0))
        port = nowhere.getsockname()[1]
        nowhere.close()
        gateway = yarl.URL(f"ws://127.0.0.1:{port}/")
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", gateway)

        async def serve() -> None:
            async with running_bot(settings, server, painter="tests.e2e.painters:load"):
                pass

        serving = asyncio.create_task(serve())
        await until(lambda: "Failed to connect for shard_id: 0" in caplog.text)
        assert not serving.done()
        assert not chat.connected
        serving.cancel()
        await asyncio.wait([serving])


@pytest.mark.slow
async def test_a_standby_waits_with_everything_before_the_database_done(
    folder: Path, postgres: URL | None
) -> None:
    if postgres is None:
        pytest.skip("no PostgreSQL")
    with database(postgres) as url:
        address = SecretStr(url.render_as_string(hide_password=False))
        settings = load_settings(
            data_dir=folder / "standby", devices=("cpu",), database_url=address, standby=True
        )
        server = ChatServer(token="a.b", attachment_hosts=frozenset())
        lead = PostgresServer(url, on_lost=pytest.fail).open(folder / "lead")
        async with lead, AsyncExitStack() as stack:
            waiting = asyncio.create_task(stack.enter_async_context(running_bot(settings, server)))
            await until(lambda: health.trouble(settings.data_dir) is None)
            assert health.is_standby(settings.data_dir)
            assert not waiting.done()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
