"""What the tests of intake share."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import pytest

from backend.errors import ImageRefused
from backend.intake import Attachment, Intake
from nst.limits import Limits
from tests.corpus.pictures import encoded, quadrants

LIMITS: Final = Limits(max_bytes=2**20)
PNG: Final = encoded(quadrants(), "PNG")


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


def file_size(path: Path) -> int:
    return path.stat().st_size
