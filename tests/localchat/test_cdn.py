"""Links to files: signed, and gone after a day."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from localchat import LocalChat
from localchat.media import picture_size
from tests.localchat.chat import FakeClock, Rest, png

GONE = "This content is no longer available."


@pytest.fixture
def new_local_chat(clock: FakeClock) -> LocalChat:
    return LocalChat(clock=clock)


async def upload(chat: LocalChat, rest: Rest, name: str = "a.png", data: bytes = b"") -> str:
    """Upload a file and return its link."""
    channel = chat.channel().id
    _, body = await rest(
        "POST", f"/channels/{channel}/messages", {}, files=((name, data or png()),)
    )
    return str(body["attachments"][0]["url"])


async def test_a_link_lives_a_day(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession, clock: FakeClock
) -> None:
    url = await upload(chat, rest)
    query = parse_qs(urlsplit(url).query)
    assert int(query["ex"][0], 16) - int(query["is"][0], 16) == 24 * 3600

    async with session.get(url) as response:
        assert (response.status, response.content_type) == (200, "image/png")
        assert await response.read() == png()
    clock.now += 24 * 3600
    async with session.get(url) as response:
        assert (response.status, await response.text()) == (404, GONE)
    # Asked for again, the message has a fresh link.
    fresh = chat.messages()[0]["attachments"][0]["url"]
    async with session.get(fresh) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [("hm=", "hm=0"), ("ex=", "ex=f"), ("is=", "is=0"), ("a.png", "b.png"), ("?", "?x=")],
)
async def test_a_link_that_was_changed_does_not_work(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession, old: str, new: str
) -> None:
    url = await upload(chat, rest)

    async with session.get(url.replace(old, new)) as response:
        assert (response.status, await response.text()) == (404, GONE)


async def test_an_expired_link_on_order(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession
) -> None:
    url = await upload(chat, rest)
    chat.expire_link(int(chat.messages()[0]["attachments"][0]["id"]))

    async with session.get(url) as response:
        assert response.status == 404


async def test_a_strangers_file_is_never_a_page_of_ours(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession
) -> None:
    url = await upload(chat, rest, "evil.svg", b"<svg onload='alert(1)'/>")

    async with session.get(url) as response:
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_deleting_a_message_deletes_its_files(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession
) -> None:
    url = await upload(chat, rest)
    message = chat.messages()[0]

    await rest("DELETE", f"/channels/{message['channel_id']}/messages/{message['id']}")

    async with session.get(url) as response:
        assert response.status == 404


JPEG = bytes.fromhex("ffd8ffe000040000ffc000110800070009") + bytes(20)
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8X" + bytes(8) + b"\x08\x00\x00\x06\x00\x00"
LOSSLESS = (
    b"RIFF\x00\x00\x00\x00WEBPVP8L" + bytes(4) + b"\x2f" + (8 | 6 << 14).to_bytes(4, "little")
)
LOSSY = b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(10) + b"\x09\x00\x07\x00"


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(9, 7), (9, 7)),
        (b"GIF89a\x09\x00\x07\x00", (9, 7)),
        (JPEG, (9, 7)),
        (WEBP, (9, 7)),
        (LOSSLESS, (9, 7)),
        (LOSSY, (9, 7)),
        (b"", None),
        (b"hello", None),
        (png()[:18], None),
        (b"GIF89a\x09", None),
        (b"\xff\xd8\xff\xe0", None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", None),
    ],
)
def test_the_size_in_a_header(data: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(data) == size
