"""Links that lie, stall, break off or lead elsewhere."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from backend.files.uses import FileUses
from backend.intake import Attachment, Downloader, Intake
from backend.tools import ImageTools
from tests.backend.intake.fileserver import Answer, FileServer, endless, reply, reset, silence
from tests.backend.intake.support import PNG, attachment, files, refusal


async def test_a_declared_size_over_the_limit_is_not_even_asked_for(
    intake: Intake, server: FileServer
) -> None:
    words = await refusal(intake, attachment(server.file(PNG), size=3 * 2**20))
    assert "This file is 3 MB; the limit is 1 MB." in words
    assert server.requests == []


async def test_an_empty_one_is_refused(intake: Intake, server: FileServer) -> None:
    assert "empty" in await refusal(intake, attachment(server.file(PNG), size=0))
    assert "empty" in await refusal(intake, attachment(server.file(b"")))


async def test_a_length_over_the_limit_ends_it_before_the_body(
    intake: Intake, server: FileServer, spool: Path
) -> None:
    url = server.file(PNG, Content_Length=str(10**12))
    assert "the limit is 1 MB" in await refusal(intake, attachment(url))
    assert files(spool) == []


async def test_an_endless_body_is_cut_at_the_limit(
    intake: Intake, server: FileServer, spool: Path
) -> None:
    url = server.on("/endless", endless(bytes(2**16)))
    assert "larger than 1 MB, the limit" in await refusal(intake, attachment(url))
    assert files(spool) == []


async def test_a_length_smaller_than_the_body_is_no_way_past_the_checks(
    intake: Intake, server: FileServer
) -> None:
    words = await refusal(intake, attachment(server.file(PNG, Content_Length="60")))
    assert "damaged or cut off" in words or "download broke off" in words


async def test_a_length_larger_than_the_body_is_a_broken_download(
    intake: Intake, server: FileServer, spool: Path
) -> None:
    url = server.file(PNG, Content_Length="5000")
    assert "download broke off" in await refusal(intake, attachment(url))
    assert files(spool) == []


async def test_a_lost_connection_is_a_broken_download(
    intake: Intake, server: FileServer, spool: Path
) -> None:
    url = server.on("/reset", reset)
    assert "download broke off" in await refusal(intake, attachment(url))
    assert files(spool) == []


async def test_a_server_that_is_gone_is_a_broken_download(
    intake: Intake, server: FileServer
) -> None:
    url = server.file(PNG)
    await server.__aexit__()
    assert "download broke off" in await refusal(intake, attachment(url))


@pytest.mark.slow
@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "410 Gone"])
async def test_an_expired_link_is_called_that(
    intake: Intake, server: FileServer, status: str
) -> None:
    url = server.file(b"This content is no longer available.", status=status)
    words = await refusal(intake, attachment(url))
    assert "link to this file has expired or was removed. Attach it again." in words
    chosen = await refusal(intake, Attachment(url=url, filename="cat.png"))
    assert "Choose it again from the menu of its message, or attach it." in chosen


@pytest.mark.parametrize("status", [500, 503, 429, 204])
async def test_other_statuses_are_named(intake: Intake, server: FileServer, status: int) -> None:
    words = await refusal(intake, attachment(server.file(b"", status=f"{status} No")))
    assert f"(status {status})" in words


async def test_redirects_are_not_followed(intake: Intake, server: FileServer) -> None:
    target = server.on("/elsewhere", reply(PNG))
    url = server.file(b"", status="302 Found", Location=target)
    assert "(status 302)" in await refusal(intake, attachment(url))
    assert "/elsewhere" not in server.requests


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (silence, (30, 0.2)),
        (endless(b"x", pause=0.05), (0.5, 30)),
    ],
    ids=["silence", "drip"],
)
async def test_slow_ones_are_given_up(
    server: FileServer, uses: FileUses, spool: Path, answer: Answer, seconds: tuple[float, float]
) -> None:
    url = server.on("/slow", answer)
    downloader = Downloader(hosts={server.host}, seconds=seconds[0], idle_seconds=seconds[1])
    async with Intake(uses, ImageTools(), downloader) as intake:
        words = await refusal(intake, attachment(url))
    assert "stalled or took more than" in words
    assert files(spool) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/cat.png",  # another port of an allowed address
        "http://169.254.169.254/latest/meta-data",
        "https://cdn.discordapp.com.evil.example/cat.png",
        "https://cdn.discordapp.com@evil.example/cat.png",
        "ftp://{host}/cat.png",
        "file:///etc/passwd",
        "http://user:secret@{host}/cat.png",
        "http://[::1/cat.png",
        "/cat.png",
        "",
    ],
)
async def test_other_places_are_not_asked(intake: Intake, server: FileServer, url: str) -> None:
    words = await refusal(intake, attachment(url.format(host=server.host)))
    assert "not an attachment of this chat" in words
    assert server.requests == []


@pytest.mark.slow
async def test_links_are_secret(
    intake: Intake, server: FileServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    urls = [
        server.file(b"not a picture"),
        server.file(b"", status="404 Not Found"),
        server.on("/reset", reset),
        "https://evil.example/cat.png?hm=SECRET",
    ]
    for url in urls:
        sent = attachment(url)
        assert "SECRET" not in await refusal(intake, sent)
        assert "SECRET" not in repr(sent)
    assert "Refused Attachment('cat.png'" in caplog.text
    assert "SECRET" not in caplog.text
    # What somebody sent is refused in one line; a download that breaks off has a trace.
    told = [each for each in caplog.records if each.message.startswith("Refused")]
    assert [bool(each.exc_info) for each in told] == [False, False, True, False]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/cat.png?ex=1", True),
        ("https://media.discordapp.net/stickers/1.gif", True),
        ("https://images-ext-1.discordapp.net/external/x/https/example.org/cat.png", True),
        ("https://example.org/cat.png", False),
        ("https://images-ext-1.discordapp.net.example.org/cat.png", False),
        ("https://cdn.discordapp.com:8080/cat.png", False),
        ("https://me@cdn.discordapp.com/cat.png", False),
        ("file:///etc/passwd", False),
        ("https://[::1/cat.png", False),
    ],
)
def test_hosts_of_discord(url: str, *, allowed: bool) -> None:
    assert Downloader().allows(url) is allowed
