"""A real program and a real service that may refuse pictures, and what becomes of failures."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import BaseTestServer, TestServer
from PIL import Image

from backend.errors import ImageRefused
from backend.files.uses import FileUses
from backend.intake import Downloader, Intake, Screening
from backend.tools import ImageTools
from tests.backend.intake.fileserver import FileServer
from tests.backend.intake.support import LIMITS, PNG, attachment, files, refusal

Service = tuple[BaseTestServer, dict[str, web.Response], list[web.Request]]
Ask = Callable[[Screening], Awaitable[str]]
BLAMED = "It was refused by the check that the host of this bot has set up"
UNKNOWN = "It could not be checked whether it may be painted. Please try again later."


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    """Yield how to ask about a picture: the answer is why it is refused, or nothing."""
    picture = tmp_path / "clean"
    picture.write_bytes(PNG)
    async with ClientSession() as session:

        async def refusal(screening: Screening) -> str:
            try:
                await screening.check(session, picture, ".png", person=1)
            except ImageRefused as error:
                return str(error)
            return ""

        yield refusal


def program(folder: Path, script: str) -> tuple[str, ...]:
    file = folder / "check.sh"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return (str(file), "--strict")


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ("exit 0", ""),
        ('echo "nobody under 18"; exit 3', f"{BLAMED}: nobody under 18"),
        ("exit 3", f"{BLAMED}."),
        ('printf "two\\033[1m words\\nsecret"; exit 3', f"{BLAMED}: two [1m words"),
        ("echo broken >&2; exit 1", UNKNOWN),
        ("kill -9 $$", UNKNOWN),
        ("sleep 100", UNKNOWN),
        ('test "$1" = --strict', ""),
        ("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 0", ""),
        ("exec 0<&-; exit 0", ""),
    ],
)
async def test_a_program(ask: Ask, tmp_path: Path, script: str, answer: str) -> None:
    command = program(tmp_path, script)
    seconds = 1 if "sleep" in script else 20
    assert await ask(Screening(command=command, seconds=seconds)) == answer
    if answer == UNKNOWN:
        assert await ask(Screening(command=command, seconds=seconds, lenient=True)) == ""


async def test_a_picture_is_looked_at_as_it_would_be_painted(
    uses: FileUses, server: FileServer, spool: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    script = f"cat > {seen}; echo too blue; exit 3"
    screening = Screening(command=program(tmp_path, script))
    downloader = Downloader(hosts={server.host}, limits=LIMITS)
    async with Intake(uses, ImageTools(), downloader, screening=screening) as intake:
        words = await refusal(intake, attachment(server.file(PNG)))
    assert words == f"Your photo “cat.png” cannot be used. {BLAMED}: too blue"
    with Image.open(seen) as picture:
        assert picture.format == "WEBP", "encoded anew"
    assert files(spool) == []


async def test_a_program_that_is_not_there(
    ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert await ask(Screening(command=["no-such-program"])) == UNKNOWN
    assert "A picture could not be screened" in caplog.text
    assert "no-such-program" in caplog.text


async def test_what_a_program_started_ends_with_it(ask: Ask, tmp_path: Path) -> None:
    left = tmp_path / "left"
    script = f"(sleep 1; touch {left}) & sleep 100"
    assert await ask(Screening(command=program(tmp_path, script), seconds=0.5)) == UNKNOWN
    await asyncio.sleep(1)
    assert not left.exists()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """Yield a server, what it answers by path, and what it was asked."""
    answers: dict[str, web.Response] = {}
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        asked.append(request)
        if request.path == "/slow":
            await asyncio.sleep(100)
        return answers[request.path]

    application = web.Application()
    application.router.add_post("/{name}", answer)
    async with TestServer(application) as server:
        yield server, answers, asked


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, {"allowed": True, "reason": "fine", "score": 0.1}, ""),
        (200, {"allowed": False, "reason": "no faces"}, f"{BLAMED}: no faces"),
        (200, {"allowed": False, "reason": "x" * 300}, f"{BLAMED}: {'x' * 200}"),
        (200, {"allowed": False}, f"{BLAMED}."),
        (200, {"allowed": "no"}, UNKNOWN),
        (200, {"refused": True}, UNKNOWN),
        (200, "allowed", UNKNOWN),
        (403, {"allowed": True}, UNKNOWN),
        (500, {"allowed": True}, UNKNOWN),
        (302, {"allowed": True}, UNKNOWN),
    ],
)
async def test_a_service(
    ask: Ask, service: Service, status: int, body: object, answer: str
) -> None:
    server, answers, asked = service
    answers["/look"] = web.Response(status=status, body=json.dumps(body).encode())
    assert await ask(Screening(url=str(server.make_url("/look")))) == answer
    (request,) = asked
    assert request.content_type == "image/png"
    assert await request.read() == PNG


async def test_a_service_that_does_not_answer(ask: Ask, service: Service) -> None:
    server, _, asked = service
    slow = str(server.make_url("/slow"))
    assert await ask(Screening(url=slow, seconds=0.5)) == UNKNOWN
    assert await ask(Screening(url=slow, seconds=0.5, lenient=True)) == ""
    await server.close()
    assert await ask(Screening(url=slow)) == UNKNOWN
    assert len(asked) == 2


@pytest.fixture
async def slowly(tmp_path: Path) -> AsyncIterator[str]:
    """Yield the address of a service that answers as it likes, by path."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path != "/deaf":
            await request.read()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if request.path == "/packed":
            response.headers["Content-Encoding"] = "gzip"
        await response.prepare(request)
        if request.path == "/packed":
            await response.write(gzip.compress(b'{"allowed": true}'))
        elif request.path == "/in-parts":
            for part in (b'{"allowed"', b": false, ", b'"reason": "no"', b"}"):
                await response.write(part)
                await asyncio.sleep(0.05)
        else:
            with suppress(ConnectionError):
                while True:
                    await response.write(b" " * (2**16 if request.path == "/endless" else 1))
                    await asyncio.sleep(0.01)
        return response

    application = web.Application(client_max_size=2**30)
    application.router.add_post("/{name}", answer)
    server = TestServer(application)
    await server.start_server(shutdown_timeout=0.1)  # what is deaf would not end by itself
    yield str(server.make_url("/"))
    await server.close()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("in-parts", f"{BLAMED}: no"),
        ("endless", UNKNOWN),
        ("trickling", UNKNOWN),
        ("deaf", UNKNOWN),
        ("packed", UNKNOWN),
    ],
)
async def test_a_service_that_answers_slowly_or_without_end(
    ask: Ask, slowly: str, tmp_path: Path, path: str, answer: str
) -> None:
    """Also one that does not read the picture, which is larger than what the system buffers."""
    if path == "deaf":
        (tmp_path / "clean").write_bytes(bytes(2**26))
    seconds = 20 if path in {"in-parts", "endless"} else 1
    async with asyncio.timeout(60):
        assert await ask(Screening(url=slowly + path, seconds=seconds)) == answer


async def test_a_service_is_asked_for_plain_answers(ask: Ask, service: Service) -> None:
    server, answers, asked = service
    answers["/look"] = web.Response(text='{"allowed": true}')
    assert await ask(Screening(url=str(server.make_url("/look")))) == ""
    assert asked[0].headers["Accept-Encoding"] == "identity"


async def test_what_leaves_the_group_of_a_program_holds_nobody_up(ask: Ask, tmp_path: Path) -> None:
    """It keeps the output open, so it is never known what else the program will say."""
    script = f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 100' &\nexit 0"
    async with asyncio.timeout(60):
        assert await ask(Screening(command=program(tmp_path, script), seconds=1)) == UNKNOWN
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_both_have_to_allow_it(ask: Ask, service: Service, tmp_path: Path) -> None:
    server, answers, _ = service
    answers["/look"] = web.Response(text='{"allowed": false, "reason": "the service"}')
    url = str(server.make_url("/look"))
    fine, strict = program(tmp_path, "exit 0"), ("sh", "-c", "echo the program; exit 3")
    assert await ask(Screening(command=fine, url=url)) == f"{BLAMED}: the service"
    assert await ask(Screening(command=strict, url=url)) == f"{BLAMED}: the program"
