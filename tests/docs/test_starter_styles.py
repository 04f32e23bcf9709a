"""The command that makes the starter styles makes those that are bundled."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from docs.starter_styles import __main__ as command

BUNDLED = command.OUT / "dotted_garden.jpg"


@pytest.mark.slow
def test_a_named_style_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "OUT", tmp_path)
    (tmp_path / "small").mkdir()
    monkeypatch.setattr(command, "THUMBNAILS", tmp_path / "small")
    monkeypatch.setattr(sys, "argv", ["starter_styles", BUNDLED.stem])
    assert command.main() == 0
    with Image.open(tmp_path / BUNDLED.name) as made, Image.open(BUNDLED) as bundled:
        difference = ImageStat.Stat(ImageChops.difference(made, bundled)).mean
    assert max(difference) < 2
    assert (tmp_path / "small" / BUNDLED.name).is_file()
