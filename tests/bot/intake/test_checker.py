"""The sandbox process: what ends it, and what it sees."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from bot.intake import Intake, Timeouts
from tests.bot.intake.fileserver import FileServer
from tests.bot.intake.support import PNG, attachment, files, refusal
from tests.corpus.bad import scan_bomb


async def test_a_picture_that_takes_too_long_is_given_up(server: FileServer, spool: Path) -> None:
    url, timeouts = server.file(scan_bomb()), Timeouts(check=1)
    async with Intake(spool, allowed_hosts={server.host}, timeouts=timeouts) as intake:
        assert "took more than the 1 seconds" in await refusal(intake, attachment(url))
    assert files(spool) == []
    assert processes_about(spool) == []


async def test_cancelling_ends_the_process_and_leaves_nothing(
    intake: Intake, server: FileServer, spool: Path
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
    intake: Intake,
    server: FileServer,
    spool: Path,
    program: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    words = await refusal(intake, attachment(server.file(PNG)))
    assert "fault on our side" in words
    assert files(spool) == []


async def test_it_sees_nothing_of_the_environment(
    intake: Intake, server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
