"""What pages tell hosts to type can be typed: a shell reads all of it, and some of it is run."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import discord
import pytest
from aiohttp import ClientSession
from PIL import Image
from yarl import URL

from backend.database.sqlite import SqliteFile
from backend.errors import ImageRefused
from backend.files.store import FileKey
from backend.intake import Screening
from backend.jobs.store import JobStore
from bot.orders.places import NEEDED

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/hosting.md", "deploy/README.md")


def blocks(page: str, language: str, heading: str = "") -> list[str]:
    """Return the code of a page, or of one part of it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if heading:
        text = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_a_shell_reads_all_commands(page: str) -> None:
    for block in blocks(page, "sh"):
        done = subprocess.run(
            ["bash", "-n"], input=block, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), block


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        file, _, part = link.partition("#")
        target = (ROOT / page).parent / file if file else ROOT / page
        assert target.exists(), link
        if part and target.suffix == ".md":
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert part in anchors, link


@pytest.mark.parametrize("page", ["README.md", "docs/hosting.md"])
def test_a_file_that_gets_the_token_is_readable_by_nobody_else(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    copied = text.count("cp .env.example .env")
    assert copied == text.count("cp .env.example .env && chmod 600 .env") > 0


def test_the_link_for_further_servers_asks_for_what_the_bot_needs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (link,) = re.findall(r"https://discord\.com/oauth2/authorize\?\S*(?=`)", text)
    needed = discord.Permissions(**dict.fromkeys(NEEDED, True))
    query = dict(URL(link.replace("APPLICATION_ID", "123")).query)
    said = " ".join(text.partition("these permissions and no others:")[2].split()).partition(".")[0]

    assert query.pop("client_id") == "123"
    assert query == {"scope": "bot applications.commands", "permissions": str(needed.value)}
    assert {each.strip().removesuffix("s") for each in said.split(",")} == {
        str(each).removesuffix("s") for each in NEEDED.values()
    }


@pytest.mark.slow
def test_the_commands_to_back_up_and_restore(tmp_path: Path) -> None:
    async def fill() -> None:
        async with JobStore(
            SqliteFile(tmp_path / "old" / "jobs.sqlite"), tmp_path / "old"
        ) as store:
            await store.uses.keep("tests", {FileKey("spool/picture.png"): b"a picture"})

    asyncio.run(fill())
    command = tmp_path / "stylize-bot"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m bot "$@"\n')
    command.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    back_up, restore, *_ = blocks("docs/hosting.md", "sh", "Backups")
    for folder, block in (("old", back_up), ("new", restore)):
        subprocess.run(
            ["bash", "-e", "-c", block],
            cwd=tmp_path,
            env={"PATH": path, "PYTHONPATH": str(ROOT), "STYLIZE_DATA_DIR": folder},
            check=True,
        )
    assert (tmp_path / "new" / "spool" / "picture.png").read_bytes() == b"a picture"


@pytest.fixture
def checks(tmp_path: Path) -> Iterator[list[Screening]]:
    """Yield the program and the service of the page."""
    program, service = blocks("docs/hosting.md", "python", "What may be painted")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    (tmp_path / "program.py").write_text(program)
    (tmp_path / "service.py").write_text(service.replace("8000", str(port)))
    running = subprocess.Popen(
        [sys.executable, str(tmp_path / "service.py")], stderr=subprocess.DEVNULL
    )
    yield [
        Screening(command=[sys.executable, str(tmp_path / "program.py")]),
        Screening(url=f"http://127.0.0.1:{port}/"),
    ]
    running.kill()
    running.wait()


async def answer(check: Screening, session: ClientSession, picture: Path) -> str:
    """Return why a picture is refused; the service may not listen yet."""
    for _ in range(200):
        try:
            await check.check(session, picture, ".jpg", person=None)
        except ImageRefused as error:
            if "could not be checked" not in str(error):
                return str(error)
            await asyncio.sleep(0.05)
        else:
            return ""
    raise AssertionError("no answer")


async def test_the_checks_of_the_page(checks: list[Screening], tmp_path: Path) -> None:
    square, panorama = tmp_path / "square.jpg", tmp_path / "panorama.jpg"
    Image.new("RGB", (64, 64)).save(square)
    Image.new("RGB", (64, 16)).save(panorama)
    async with ClientSession() as session:
        for check in checks:
            assert await answer(check, session, square) == ""
            assert "anoramas" in await answer(check, session, panorama)
