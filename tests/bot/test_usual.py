"""What pictures usually are follows from how fast the machine paints now."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.preferences.values import server_settings
from backend.settings import Settings
from backend.usual import LADDER, TOO_LONG, UsualPictures, usual
from nst.options import Preset

ALL = (Preset.DRAFT, Preset.STANDARD, Preset.FINE)
WORK = {Preset.DRAFT: 0.36, Preset.STANDARD: 1.0, Preset.FINE: 2.2}


def machine(seconds: float) -> Callable[[Preset, int], float]:
    """Return the times of a machine that takes so long for 512 px, standard."""
    return lambda preset, size: seconds * WORK[preset] * (size / 512) ** 2


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
    assert usual(lambda *_: None, ALL, None, 1024) is None
    assert list(LADDER) == sorted(LADDER, key=lambda rung: -WORK[rung[0]] * rung[1] ** 2)


def test_settings_are_filled_in_and_follow() -> None:
    used: list[Settings] = []
    pictures = UsualPictures(Settings(max_size=2048), used.append)

    pictures.follow(lambda *_: None)
    assert not used
    for seconds in (104, 104, 13):
        pictures.follow(machine(seconds))

    slow, quick = used
    assert (slow.default_preset, slow.default_size) == (Preset.DRAFT, 384)
    assert server_settings(slow, {}).preset is Preset.DRAFT
    assert server_settings(slow, {}).size == 384
    assert server_settings(slow, {"preset": "fine"}).preset is Preset.FINE
    assert server_settings(slow, {"max_size": 256}).size == 256
    assert (quick.default_preset, quick.default_size) == (Preset.STANDARD, 512)
    assert server_settings(Settings(), {}).preset is Preset.STANDARD
    assert server_settings(Settings(), {}).size == 512


def test_a_size_of_the_host_stays() -> None:
    used: list[Settings] = []
    UsualPictures(Settings(default_size=320), used.append).follow(machine(104))
    assert not used


def test_the_size_does_not_jump_up_and_down() -> None:
    """Times that go up and down by a third leave it alone; a machine half as fast does not."""
    used: list[Settings] = []
    pictures = UsualPictures(Settings(), used.append)
    for _ in range(5):
        for seconds in (22, 16.5, TOO_LONG - 1):
            pictures.follow(machine(seconds))
    assert [one.default_size for one in used] == [512]

    pictures.follow(machine(36))
    assert [one.default_size for one in used] == [512, 384]
    for seconds in (30, 38, 26, 36):
        pictures.follow(machine(seconds))
    assert [one.default_size for one in used] == [512, 384]
