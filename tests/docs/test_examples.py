"""Each example script runs, and leaves what it says."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.nst.conftest import few_steps

__all__ = ["few_steps"]
ROOT = Path(__file__).parents[2]
LEFT = {
    "one_picture": {"half.png", "more.png"},
    "many_pictures": {"astronaut.png", "chelsea.png", "coffee.png"},
    "two_styles": {"two-styles.png"},
    "how_it_came_about": {"result.png", "run.zip", "losses.png", "film.webp"},
}


def test_all_are_tried_and_named() -> None:
    scripts = {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert scripts == LEFT.keys()
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}.py`" in text for name in scripts)


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("name", LEFT)
def test_an_example_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, which has loaded PyTorch already."""
    out = tmp_path / "out"
    script = str(ROOT / "examples" / f"{name}.py")
    monkeypatch.setattr(sys, "argv", [script, "--size", "64", "--out", str(out)])
    runpy.run_path(script, run_name="__main__")
    assert {path.name for path in out.iterdir()} == LEFT[name]
    assert "step 1/" in capsys.readouterr().err
    for path in out.glob("*.png"):
        with Image.open(path) as image:
            assert image.width >= 64
