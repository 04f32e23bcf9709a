"""How fast a machine paints is measured once, and decides what pictures usually are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine.speed import PictureTime, PictureTimes, measured
from bot.preferences.values import server_settings
from bot.settings import Settings
from bot.usual import LADDER, usual, with_usual_pictures
from nst.options import Preset

ALL = (Preset.DRAFT, Preset.STANDARD, Preset.FINE)
WORK = {Preset.DRAFT: 0.36, Preset.STANDARD: 1.0, Preset.FINE: 2.2}
HERE = "tests.bot.engine.test_speed"


def speed(device: str) -> list[tuple[str, int, float]]:
    """Stand in for a painter, in the process that is asked."""
    with Path("asked").open("a") as file:
        file.write(f"{device}\n")
    return [("standard", 512, 104.0), ("draft", 384, 21.8)]


def machine(seconds: float) -> PictureTimes:
    """Return the times of a machine that takes so long for 512 px, standard."""
    return {
        "cpu": [
            PictureTime(
                preset=preset, size=size, seconds=seconds * WORK[preset] * (size / 512) ** 2
            )
            for preset in ALL
            for size in (128, 192, 256, 320, 384, 512, 768, 1024)
        ]
    }


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (0.25, (Preset.STANDARD, 512)),
        (13, (Preset.STANDARD, 512)),
        (36, (Preset.STANDARD, 384)),
        (104, (Preset.DRAFT, 384)),
        (5000, (Preset.DRAFT, 128)),
    ],
)
def test_a_usual_picture_takes_about_20_seconds(seconds: float, found: tuple[Preset, int]) -> None:
    assert usual(machine(seconds), ALL, None, 1024) == found


def test_what_the_host_says_goes_before() -> None:
    assert usual(machine(104), ALL, Preset.STANDARD, 1024) == (Preset.STANDARD, 256)
    assert usual(machine(1), ALL, None, 300) == (Preset.STANDARD, 256)
    assert usual(machine(104), (Preset.STANDARD,), None, 1024) == (Preset.STANDARD, 256)
    assert usual(machine(1), (Preset.FINE,), None, 1024) is None
    assert usual({}, ALL, None, 1024) is None
    both = {**machine(1), "cuda:1": machine(104)["cpu"]}  # the slower one may be the first's
    assert usual(both, ALL, None, 1024) == (Preset.DRAFT, 384)
    assert list(LADDER) == sorted(LADDER, key=lambda rung: -WORK[rung[0]] * rung[1] ** 2)


def test_settings_are_filled_in() -> None:
    settings = Settings(max_size=2048)

    filled = with_usual_pictures(settings, machine(104))

    assert (filled.default_preset, filled.default_size) == (Preset.DRAFT, 384)
    assert server_settings(filled, {}).preset is Preset.DRAFT
    assert server_settings(filled, {"preset": "fine"}).preset is Preset.FINE
    assert with_usual_pictures(settings, {}) == settings
    assert server_settings(settings, {}).preset is Preset.STANDARD


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


def _asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text().split()


def _spoil(folder: Path) -> None:
    (folder / "speed.json").write_text("{")
