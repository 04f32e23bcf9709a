"""A chat that is kept on disk goes on after a restart as it was left."""

from __future__ import annotations

import asyncio
import stat
import time
from pathlib import Path

import aiohttp
import pytest

from localchat import ChatConfig, DiscordLimits, LocalChat, StickerFormat, Upload
from localchat.archive import MAX_MESSAGES, Archive, Keys
from localchat.cdn import Links, Storage
from localchat.world import World
from tests.localchat.chat import CONVERT, FakeClock, Rest, begin, png

BUTTON = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]
PICTURE = Upload("a.png", png())


async def test_everything_is_there_again(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    async with LocalChat(keep_in=tmp_path / "kept") as chat:
        rest = Rest(chat, session)
        await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])
        ada = chat.person("Ada", locale="de")
        sticker = chat.add_sticker("wave", StickerFormat.PNG, png())
        said = await ada.say("look", [PICTURE], stickers=[sticker])
        await ada.forward(said, chat.channel("random").id)
        body = {"content": "press", "components": BUTTON}
        await rest("POST", f"/channels/{chat.channel('general').id}/messages", body)
        before = chat.all_messages()
        pressed = await begin(chat, ada.press(before[-1].id, "go"))
        await rest("POST", pressed.callback, {"type": 6}, token="")
        await pressed.waiting
        same = chat.page_url, chat.token, chat.application_id
    moved = (tmp_path / "kept").rename(tmp_path / "elsewhere")
    port = int(chat.file_host.rpartition(":")[2])

    async with LocalChat(port, keep_in=moved) as chat:
        rest = Rest(chat, session)
        assert (chat.page_url, chat.token, chat.application_id) == same
        assert [each.id for each in chat.all_messages()] == [each.id for each in before]
        assert chat.person("Ada").user.locale == "de"
        original = pressed.webhook(chat.application_id, "/messages/@original")
        assert (await rest("PATCH", original, {"content": "pressed"}, token=""))[0] == 200
        assert chat.all_messages()[-1].content == "pressed"
        for place in ("general", "random"):
            message = chat.messages(place)[0]
            kept = message.get("message_snapshots", [{"message": message}])[0]["message"]
            async with session.get(kept["attachments"][0]["url"]) as shown:
                assert await shown.read() == PICTURE.data
        _, commands = await rest("GET", f"/applications/{chat.application_id}/commands")
        assert [each["name"] for each in commands] == ["convert"]
        again = await begin(chat, chat.person("Ada").press(before[-1].id, "go"))
        await rest("POST", again.callback, {"type": 6}, token="")
        await again.waiting
    assert stat.S_IMODE((moved / "chat.json").stat().st_mode) == 0o600


def _files_in(folder: Path) -> int:
    return len(list(folder.glob("[0-9]*")))


def _names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_the_oldest_are_forgotten_with_their_files(tmp_path: Path) -> None:
    clock = FakeClock()
    async with LocalChat(keep_in=tmp_path, clock=clock) as chat:
        ada = chat.person("Ada")
        for number in range(MAX_MESSAGES + 1):
            await ada.say(str(number), [PICTURE] if number < 2 else [])
        clock.now += 2 * 24 * 3600.0

    async with LocalChat(keep_in=tmp_path) as chat:
        shown = chat.all_messages()

    assert [each.content for each in shown] == [str(n) for n in range(1, MAX_MESSAGES + 1)]
    assert _files_in(tmp_path) == 1


async def test_what_cannot_be_read_is_put_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "chat.json").write_text('{"token": 5}')

    async with LocalChat(keep_in=tmp_path, config=ChatConfig(bot_name="New")) as chat:
        assert chat.all_messages() == []

    assert "the chat begins anew" in caplog.text
    assert (tmp_path / "chat.unreadable").is_file()


async def test_saves_at_once_leave_the_newest_and_what_was_half_written_is_cleared(
    tmp_path: Path,
) -> None:
    """A save that is cancelled goes on in its thread, beside the one at the chat's end."""
    archive, storage = Archive(tmp_path), Storage(tmp_path)
    assert archive.load() is None
    world = World(
        clock=time.time,
        links=Links(time.time, "http://localhost", 60.0, b"key"),
        storage=storage,
        config=ChatConfig(),
        limits=DiscordLimits(),
    )
    keys = Keys()
    for number in range(20):
        world.token = f"token {number} " + "x" * (20 - number) * 10_000  # the older, the longer
        save = asyncio.create_task(archive.save(world, keys))
        await asyncio.sleep(0)
        save.cancel()
    await archive.save(world, keys)
    await asyncio.get_running_loop().shutdown_default_executor()
    (tmp_path / "half-written-abc").write_text('{"keys": {"page')
    kept = Archive(tmp_path).load()
    assert kept is not None
    assert kept.token.startswith("token 19")
    assert _names_in(tmp_path) == ["chat.json"]
    await storage.close()
