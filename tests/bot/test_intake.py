"""Intake with a real file server and the real sandbox process."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import logging
import os
import re
import stat
import subprocess
import sys
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.errors import ConfigurationError, ImageRefused
from bot.intake import Attachment, Intake, Timeouts, check_pair, safe_filename
from bot.intake.checker import check
from nst.limits import Limits
from tests.bot.fileserver import FileServer, endless, reply, reset, silence
from tests.corpus.bad import bad, scan_bomb
from tests.corpus.good import good
from tests.corpus.pictures import COLOURS, encoded, quadrants

PNG = encoded(quadrants(), "PNG")
LIMITS = Limits(max_bytes=2**20)
GOOD = ("photo.jpg", "turned-6.jpg", "phone.heic", "web.avif", "layer.png", "animated.gif",
        "press.tiff", "jpeg-called.png", "picture.exe", "palette-hole.gif")  # fmt: skip
BAD = ("empty.png", "text.png", "page.jpg", "drawing.svg", "paper.pdf", "program.png", "many.zip",
       "film.mp4", "cut.jpeg", "cut.png", "promise.png", "bomb.png", "1x1.png", "16x321.png",
       "text-bomb.png", "no-rows.png")  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[FileServer]:
    async with FileServer() as server:
        yield server


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
async def intake(spool: Path, server: FileServer) -> AsyncIterator[Intake]:
    timeouts = Timeouts(download=5, idle=5, check=60)
    async with Intake(
        spool, limits=LIMITS, allowed_hosts={server.host}, timeouts=timeouts
    ) as intake:
        yield intake


def attachment(url: str, *, filename: str = "cat.png", size: int = 1000) -> Attachment:
    return Attachment(url=url, filename=filename, size=size, content_type="image/png")


async def refusal(intake: Intake, sent: Attachment) -> str:
    with pytest.raises(ImageRefused) as caught:
        await intake.receive(sent, role="photo")
    return str(caught.value)


def files(spool: Path) -> list[str]:
    return sorted(path.suffix for path in spool.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestPictures:
    @pytest.mark.parametrize("name", GOOD)
    async def test_good_ones_are_spooled(
        self, intake: Intake, server: FileServer, spool: Path, name: str
    ) -> None:
        sample = next(sample for sample in good() if sample.name == name)
        sent = attachment(server.file(sample.data), filename=name)
        image = await intake.receive(sent, role="style picture")
        assert image.filename == name
        assert image.sha256 == hashlib.sha256(sample.data).hexdigest()
        assert (image.width, image.height) == sample.size
        assert files(spool) == [".jpg", ".png"]
        with Image.open(image.path) as clean, Image.open(image.thumbnail) as thumbnail:
            assert (clean.format, thumbnail.format) == ("PNG", "JPEG")
            assert clean.size == thumbnail.size == sample.size
            assert clean.mode == ("RGB" if sample.alpha is None else "RGBA")

    @pytest.mark.parametrize("name", BAD)
    async def test_bad_ones_are_refused_by_name_and_leave_nothing(
        self, intake: Intake, server: FileServer, spool: Path, name: str
    ) -> None:
        sample = next(sample for sample in bad() if sample.name == name)
        words = await refusal(intake, attachment(server.file(sample.data), filename=name))
        assert words.startswith(f"Your photo “{name}” cannot be used. ")
        assert re.search(sample.words, words)
        assert "Traceback" not in words
        assert str(spool) not in words
        assert files(spool) == []

    async def test_a_wrong_mime_type_does_not_matter(
        self, intake: Intake, server: FileServer
    ) -> None:
        url = server.file(PNG, Content_Type="text/html")
        sent = Attachment(url=url, filename="x.txt", size=len(PNG), content_type="video/mp4")
        assert (await intake.receive(sent, role="photo")).width == 64

    async def test_many_at_once_are_unpacked_two_at_a_time(
        self, intake: Intake, server: FileServer, spool: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        running, most = 0, 0

        async def counted(*args: Path, limits: Limits, seconds: float) -> object:
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                return await check(*args, limits=limits, seconds=seconds)
            finally:
                running -= 1

        monkeypatch.setattr("bot.intake.intake.check", counted)
        sent = [attachment(server.file(PNG)) for _ in range(6)]
        images = await asyncio.gather(*(intake.receive(each, role="photo") for each in sent))
        assert most == 2
        assert len({image.path for image in images}) == 6
        assert len(files(spool)) == 12


class TestDownload:
    async def test_a_declared_size_over_the_limit_is_not_even_asked_for(
        self, intake: Intake, server: FileServer
    ) -> None:
        words = await refusal(intake, attachment(server.file(PNG), size=3 * 2**20))
        assert "This file is 3 MB; the limit is 1 MB." in words
        assert server.requests == []

    async def test_an_empty_one_is_refused(self, intake: Intake, server: FileServer) -> None:
        assert "empty" in await refusal(intake, attachment(server.file(PNG), size=0))
        assert "empty" in await refusal(intake, attachment(server.file(b"")))

    async def test_a_length_over_the_limit_ends_it_before_the_body(
        self, intake: Intake, server: FileServer, spool: Path
    ) -> None:
        url = server.file(PNG, Content_Length=str(10**12))
        assert "the limit is 1 MB" in await refusal(intake, attachment(url))
        assert files(spool) == []

    async def test_an_endless_body_is_cut_at_the_limit(
        self, intake: Intake, server: FileServer, spool: Path
    ) -> None:
        url = server.on("/endless", endless(bytes(2**16)))
        assert "larger than 1 MB, the limit" in await refusal(intake, attachment(url))
        assert files(spool) == []

    async def test_a_length_smaller_than_the_body_is_no_way_past_the_checks(
        self, intake: Intake, server: FileServer
    ) -> None:
        words = await refusal(intake, attachment(server.file(PNG, Content_Length="60")))
        assert "damaged or cut off" in words or "download broke off" in words

    async def test_a_length_larger_than_the_body_is_a_broken_download(
        self, intake: Intake, server: FileServer, spool: Path
    ) -> None:
        url = server.file(PNG, Content_Length="5000")
        assert "download broke off" in await refusal(intake, attachment(url))
        assert files(spool) == []

    async def test_a_lost_connection_is_a_broken_download(
        self, intake: Intake, server: FileServer, spool: Path
    ) -> None:
        url = server.on("/reset", reset)
        assert "download broke off" in await refusal(intake, attachment(url))
        assert files(spool) == []

    async def test_a_server_that_is_gone_is_a_broken_download(
        self, intake: Intake, server: FileServer
    ) -> None:
        url = server.file(PNG)
        await server.__aexit__()
        assert "download broke off" in await refusal(intake, attachment(url))

    @pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "410 Gone"])
    async def test_an_expired_link_is_called_that(
        self, intake: Intake, server: FileServer, status: str
    ) -> None:
        url = server.file(b"This content is no longer available.", status=status)
        words = await refusal(intake, attachment(url))
        assert "link to this file has expired or was removed. Attach it again." in words

    @pytest.mark.parametrize("status", [500, 503, 429, 204])
    async def test_other_statuses_are_named(
        self, intake: Intake, server: FileServer, status: int
    ) -> None:
        words = await refusal(intake, attachment(server.file(b"", status=f"{status} No")))
        assert f"(status {status})" in words

    async def test_redirects_are_not_followed(self, intake: Intake, server: FileServer) -> None:
        target = server.on("/elsewhere", reply(PNG))
        url = server.file(b"", status="302 Found", Location=target)
        assert "(status 302)" in await refusal(intake, attachment(url))
        assert "/elsewhere" not in server.requests

    @pytest.mark.parametrize(
        ("answer", "timeouts"),
        [
            (silence, Timeouts(download=30, idle=0.2)),
            (endless(b"x", pause=0.05), Timeouts(download=0.5, idle=30)),
        ],
        ids=["silence", "drip"],
    )
    async def test_slow_ones_are_given_up(
        self, server: FileServer, spool: Path, answer: object, timeouts: Timeouts
    ) -> None:
        url = server.on("/slow", answer)  # type: ignore[arg-type]
        async with Intake(spool, allowed_hosts={server.host}, timeouts=timeouts) as intake:
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
    async def test_other_places_are_not_asked(
        self, intake: Intake, server: FileServer, url: str
    ) -> None:
        words = await refusal(intake, attachment(url.format(host=server.host)))
        assert "not an attachment of this chat" in words
        assert server.requests == []

    async def test_links_are_secret(
        self, intake: Intake, server: FileServer, caplog: pytest.LogCaptureFixture
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


class TestSandbox:
    async def test_a_picture_that_takes_too_long_is_given_up(
        self, server: FileServer, spool: Path
    ) -> None:
        url, timeouts = server.file(scan_bomb()), Timeouts(check=1)
        async with Intake(spool, allowed_hosts={server.host}, timeouts=timeouts) as intake:
            assert "took more than the 1 seconds" in await refusal(intake, attachment(url))
        assert files(spool) == []
        assert processes_about(spool) == []

    async def test_cancelling_ends_the_process_and_leaves_nothing(
        self, intake: Intake, server: FileServer, spool: Path
    ) -> None:
        receiving = asyncio.create_task(
            intake.receive(attachment(server.file(scan_bomb())), role="photo")
        )
        for _ in range(1000):
            if processes_about(spool):
                break
            await asyncio.sleep(0.02)
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving
        assert processes_about(spool) == []
        assert files(spool) == []

    @pytest.mark.parametrize("program", ["/bin/false", "/missing/python"])
    async def test_a_sandbox_that_does_not_work_is_not_the_pictures_fault(
        self,
        intake: Intake,
        server: FileServer,
        spool: Path,
        program: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sys, "executable", program)
        words = await refusal(intake, attachment(server.file(PNG)))
        assert "fault on this side" in words
        assert files(spool) == []

    async def test_it_sees_nothing_of_the_environment(
        self, intake: Intake, server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n/usr/bin/env > {tmp_path}/seen\n")
        program.chmod(0o755)
        monkeypatch.setenv("DISCORD_TOKEN", "SECRET")
        monkeypatch.setattr(sys, "executable", str(program))
        await refusal(intake, attachment(server.file(PNG)))
        assert "SECRET" not in (tmp_path / "seen").read_text()


def processes_about(spool: Path) -> list[str]:
    """Command lines of running processes that work in the spool."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "nst.sandbox" in line and str(spool) in line:
            lines.append(line)
    return lines


class TestSpool:
    async def test_only_its_owner_may_look_inside(
        self, intake: Intake, server: FileServer, spool: Path
    ) -> None:
        image = await intake.receive(attachment(server.file(PNG)), role="photo")
        assert [mode(path) for path in (spool, image.path, image.thumbnail)] == [
            0o700,
            0o600,
            0o600,
        ]

    async def test_leftovers_are_removed_at_start_and_pictures_kept(self, tmp_path: Path) -> None:
        for name in ("a.raw", "b.png", "b.jpg"):
            (tmp_path / name).touch()
        async with Intake(tmp_path):
            assert files(tmp_path) == [".jpg", ".png"]

    async def test_a_spool_that_cannot_be_made_is_a_configuration_error(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ConfigurationError, match=r"spool folder .* cannot be used"):
            async with Intake(tmp_path / "file" / "spool"):
                pass

    async def test_discard_removes_and_forgives(
        self, intake: Intake, server: FileServer, spool: Path
    ) -> None:
        images = [
            await intake.receive(attachment(server.file(PNG)), role="photo") for _ in range(2)
        ]
        await intake.discard(images[0])
        assert len(files(spool)) == 2
        await intake.discard(*images)
        assert files(spool) == []

    @pytest.mark.parametrize(
        ("number", "words"),
        [(errno.ENOSPC, "no room is left here"), (errno.EIO, "could not be stored. Try again")],
    )
    async def test_a_disk_that_fails_is_said(
        self,
        intake: Intake,
        server: FileServer,
        spool: Path,
        monkeypatch: pytest.MonkeyPatch,
        number: int,
        words: str,
    ) -> None:
        def fail(path: str, flags: int) -> int:
            raise OSError(number, os.strerror(number), path)

        monkeypatch.setattr("bot.intake.download._private", fail)
        told = await refusal(intake, attachment(server.file(PNG)))
        assert words in told
        assert str(spool) not in told


async def test_the_same_file_twice_is_refused(intake: Intake, server: FileServer) -> None:
    other = encoded(quadrants(COLOURS[::-1]), "PNG")
    first, again, different = [
        await intake.receive(attachment(server.file(data)), role="photo")
        for data in (PNG, PNG, other)
    ]
    with pytest.raises(ImageRefused, match="are the same file"):
        check_pair(first, again)
    check_pair(first, different)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("my cat, 2nd (final) & best.png", "my cat, 2nd (final) & best.png"),
        ("IMG_2024_05.HEIC", "IMG_2024_05.HEIC"),
        ("Übermut – 色彩.png", "Übermut 色彩.png"),
        ("नमस्ते.png", "नमस्ते.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\cat.png", "cat.png"),
        ("cat\x00\r\n\x1b[31m.png", "cat31m.png"),
        ("gpj.\u202etac.png", "gpj.tac.png"),
        ("@everyone <@123> <#4>.png", "everyone 123 4.png"),
        ("**bold** __under__ ~~no~~ `code` ||spoiler||.png", "bold --under-- no code spoiler.png"),
        ("[click](https://evil.example).png", "evil.example).png"),
        ("> # - heading.png", "heading.png"),
        ("z" + "\u0351" * 9 + "algo.png", "z\u0351\u0351algo.png"),
        ("...", "image"),
        ("", "image"),
        ("\u202e\u200b", "image"),
        ("x" * 300 + ".jpeg", "x" * 54 + "….jpeg"),
        ("y" * 300, "y" * 59 + "…"),
    ],
)
def test_file_names_are_made_safe(name: str, shown: str) -> None:
    assert safe_filename(name) == shown


@given(name=st.text(max_size=400))
def test_no_file_name_breaks_out(name: str) -> None:
    shown = safe_filename(name)
    assert 0 < len(shown) <= 60
    assert not set(shown) & set("@<>#*`~|[]\\/:\n\r“”")
    assert "__" not in shown
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in shown)


def test_intake_loads_neither_torch_nor_pillow() -> None:
    code = (
        "import sys, bot.intake;"
        "print(sorted({'torch', 'PIL', 'numpy', 'discord'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
