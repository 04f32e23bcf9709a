"""Files in messages as HTML: pictures, videos, spoilers, galleries; exported as well."""

from __future__ import annotations

import re
from typing import Any

import aiohttp

from localchat import LocalChat, Upload
from tests.localchat.chat import Rest, png

FILM = b"\x00\x00\x00\x18ftypmp42"


async def posted(
    chat: LocalChat, rest: Rest, body: dict[str, Any], *files: tuple[str, bytes]
) -> int:
    place = chat.channel().id
    status, message = await rest("POST", f"/channels/{place}/messages", body, files=files)
    assert status == 200, message
    return int(message["id"])


async def test_a_video_plays_in_place(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession
) -> None:
    described = {"attachments": [{"id": 0, "description": 'A "film"'}]}
    html = chat.message_html(await posted(chat, rest, described, ("film.mp4", FILM)))
    nameless = chat.message_html(await posted(chat, rest, {}, ("film.webm", FILM)))
    source = re.findall(r'<video src="([^"]+)" controls preload="metadata"', html)
    url = f"http://{chat.file_host}" + source[0].replace("&amp;", "&")
    async with session.get(url, headers={"Range": "bytes=4-7"}) as response:
        part = await response.read()
    async with session.get(chat.page_url) as response:
        policy = response.headers["Content-Security-Policy"]

    assert 'aria-label="A &quot;film&quot;"' in html
    assert 'aria-label="film.webm"' in nameless
    assert response.status == 200
    assert part == b"ftyp"  # players ask for parts
    assert "media-src 'self'" in policy


async def test_an_exported_video_needs_nothing_else(chat: LocalChat, rest: Rest) -> None:
    media = {"media": {"url": "attachment://film.mp4"}, "description": "A film"}
    card = {"flags": 32768, "components": [{"type": 12, "items": [media]}]}

    html = await chat.export_message(await posted(chat, rest, card, ("film.mp4", FILM)))

    assert '<video src="data:video/mp4;base64,AAAAGGZ0eX' in html
    assert "media-src data:" in html
    assert ".gallery" in html


async def test_a_video_that_is_none_is_offered_as_a_file(chat: LocalChat, rest: Rest) -> None:
    html = chat.message_html(await posted(chat, rest, {}, ("film.mp4.html", FILM)))

    assert "<video" not in html
    assert 'download="film.mp4.html"' in html


async def test_spoilers_are_behind_a_click(chat: LocalChat, rest: Rest) -> None:
    media = {"media": {"url": "attachment://film.mp4"}, "spoiler": True}
    card = {"flags": 32768, "components": [{"type": 12, "items": [media]}]}
    item = chat.message_html(await posted(chat, rest, card, ("film.mp4", FILM)))
    said = await chat.person("Ada").say("x", [Upload("SPOILER_film.mp4", FILM)])

    for html in (item, chat.message_html(said)):
        assert re.search(r"<details class=.spoiler.><summary>Spoiler</summary>.*<video", html)


async def test_several_attachments_are_a_gallery_and_files_below(chat: LocalChat) -> None:
    names = ["a.png", "notes.txt", "film.mp4", "b.png"]
    said = await chat.person("Ada").say("x", [Upload(name, png()) for name in names])

    html = chat.message_html(said)

    assert '<div class="gallery of-3">' in html
    assert re.findall(r'<(img|video|a class="file")', html) == [
        *("img", "video", "img", 'a class="file"')
    ]
