"""The process that checks an upload: what ends it, and what it sees."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from backend.files.uses import FileUses
from backend.intake import Downloader, Intake
from backend.tools import ImageTools, Spawning
from tests.backend.intake.fileserver import FileServer
from tests.backend.intake.support import PNG, attachment, files, refusal
from tests.corpus.bad import scan_bomb


@pytest.mark.slow
async def test_a_picture_that_takes_too_long_is_given_up(
    server: FileServer, uses: FileUses, spool: Path
) -> None:
    url, downloader = server.file(scan_bomb()), Downloader(hosts={server.host})
    async with Intake(uses, ImageTools(), downloader, check_seconds=1) as intake:
        assert "took more than the 1 seconds" in await refusal(intake, attachment(url))
    assert files(spool) == []
    assert tool_processes() == []


@pytest.mark.slow
async def test_cancelling_ends_the_process_and_leaves_nothing(
    intake: Intake, server: FileServer, spool: Path
) -> None:
    receiving = asyncio.create_task(
        intake.receive(attachment(server.file(scan_bomb())), role="photo")
    )
    for _ in range(1000):
        if tool_processes():
            break
        await asyncio.sleep(0.02)
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert tool_processes() == []
    assert files(spool) == []


@pytest.mark.parametrize("program", ["/bin/false", "/missing/python"])
async def test_a_process_that_does_not_work_is_not_the_pictures_fault(
    server: FileServer, uses: FileUses, spool: Path, program: str
) -> None:
    async with Intake(
        uses, ImageTools(Spawning(program)), Downloader(hosts={server.host})
    ) as intake:
        words = await refusal(intake, attachment(server.file(PNG)))
    assert "fault on our side" in words
    assert files(spool) == []


async def test_it_sees_nothing_of_the_environment(
    server: FileServer, uses: FileUses, spool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n/usr/bin/env > {tmp_path}/seen\n")
    program.chmod(0o755)
    monkeypatch.setenv("DISCORD_TOKEN", "SECRET")
    async with Intake(
        uses, ImageTools(Spawning(str(program))), Downloader(hosts={server.host})
    ) as intake:
        await refusal(intake, attachment(server.file(PNG)))
    assert "SECRET" not in (tmp_path / "seen").read_text()


@pytest.mark.parametrize(
    "answer",
    [
        '{"ok": true}',
        '{"ok": true, "width": "wide", "height": 1, "sha256": "", "fingerprint": null}',
        '{"ok": false, "error": {"template": 1}}',
        "[" * 100_000,
        "x" * 10_000_000,
    ],
    ids=["nothing", "no-number", "no-words", "deep", "long"],
)
async def test_answers_are_not_believed(
    server: FileServer, uses: FileUses, spool: Path, tmp_path: Path, answer: str
) -> None:
    (tmp_path / "answer").write_text(answer)
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/answer\n")
    program.chmod(0o755)
    async with Intake(
        uses, ImageTools(Spawning(str(program))), Downloader(hosts={server.host})
    ) as intake:
        assert "fault on our side" in await refusal(intake, attachment(server.file(PNG)))
    assert files(spool) == []


def tool_processes() -> list[str]:
    """Command lines of the running tools that this process started."""
    lines = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line = (path / "cmdline").read_bytes().decode(errors="replace")
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if "nst.tools" in line and parent == os.getpid():
            lines.append(line)
    return lines
