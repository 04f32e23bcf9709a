"""How fast a machine paints is measured once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.engine.speed import PictureTime, measured
from nst.options import Preset

HERE = "tests.backend.engine.test_speed"


def speed(device: str) -> list[tuple[str, int, float]]:
    """Stand in for a painter, in the process that is asked."""
    with Path("asked").open("a") as file:
        file.write(f"{device}\n")
    return [("standard", 512, 104.0), ("draft", 384, 21.8)]


@pytest.mark.slow
async def test_each_device_is_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    first = await measured(tmp_path, ["cpu"], f"{HERE}:speed")
    again = await measured(tmp_path, ["cpu"], f"{HERE}:speed")
    assert first == again
    assert first["cpu"][0] == PictureTime(preset=Preset.STANDARD, size=512, seconds=104.0)
    assert _asked(tmp_path) == ["cpu"]
    assert await measured(tmp_path, ["cpu"], None) == first
    assert await measured(tmp_path, ["cuda:0", "cpu"], None) == {}

    _spoil(tmp_path)
    assert await measured(tmp_path, ["cpu"], f"{HERE}:speed") == first
    assert "cannot be read" in caplog.text
    assert await measured(tmp_path, ["cuda:3", "cpu"], f"{HERE}:none") == {}
    assert "The speed of cuda:3 is not known" in caplog.text


async def test_what_cannot_be_kept_is_used_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as where the disk is full."""
    (tmp_path / "speed.json").mkdir()
    found = await measured(tmp_path, ["cpu"], f"{HERE}:quick")
    assert found["cpu"][0].seconds == 1.0
    assert "measured again" in caplog.text
    assert os.listdir(tmp_path) == ["speed.json"], "nor is half of it left"  # noqa: PTH208


def quick(device: str) -> list[tuple[str, int, float]]:
    return [("draft", 384, 1.0)]


def _asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text().split()


def _spoil(folder: Path) -> None:
    (folder / "speed.json").write_text("{")
