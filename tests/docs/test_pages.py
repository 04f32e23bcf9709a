"""The Python and the commands of README and docs run as they stand, with smaller pictures."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from typer.testing import CliRunner

from nst.cli import app
from tests.nst.conftest import few_steps, speed

__all__ = ["few_steps", "speed"]
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "backend" / "examples"
SMALL = {
    "stylize": "--preset draft --size 64",
    "film": "--preset draft --size 64",
    **dict.fromkeys(("figure", "content", "style"), "--size 64 --steps 2"),
    "trade-off": "--size 64",
}


def _python_of(page: str) -> str:
    """Return the code of a page, for pictures of 64 px."""
    text = (ROOT / page).read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    return re.sub(r"size=\d+", "size=64", code)


def _lay_out(tmp_path: Path) -> None:
    """Put the pictures that the pages name into a folder."""
    shutil.copyfile(EXAMPLES / "photos" / "coffee.jpg", tmp_path / "photo.jpg")
    shutil.copyfile(EXAMPLES / "styles" / "night_wind.jpg", tmp_path / "painting.jpg")
    (tmp_path / "photos").mkdir()
    (tmp_path / "out").mkdir()
    shutil.copyfile(tmp_path / "photo.jpg", tmp_path / "photos" / "coffee.jpg")
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no picture")
    cats = [Image.open(EXAMPLES / "photos" / "chelsea.jpg").resize(size) for size in [(64, 48)] * 2]
    cats[0].save(tmp_path / "cat.gif", save_all=True, append_images=cats[1:])


@pytest.mark.slow
def test_the_code_of_the_readme_runs(tmp_path: Path) -> None:
    """In a process of its own, as a newcomer runs it."""
    _lay_out(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _python_of("README.md")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for part in ("100%", "step 50/50", "<nst.Result 64×43 px, 50 steps"):
        assert part in done.stdout + done.stderr
    assert (tmp_path / "result.png").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_the_code_of_the_library_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(compile(_python_of("docs/library.md"), "library.md", "exec"), {})
    told = "".join(capsys.readouterr())
    for part in (
        *("64×43 on cpu", "weights", "one step", "preset reference"),
        *("100%", "broken.jpg This file is not a picture"),
    ):
        assert part in told
    assert (tmp_path / "result.png").exists()
    assert (tmp_path / "out" / "coffee.png").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps", "speed")
def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the library, in their order: later ones go on from what earlier ones leave."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    with Image.open(EXAMPLES / "photos" / "coffee.jpg") as photo:
        for name in ("photo.jpg", "photos/coffee.jpg"):
            photo.save(name)
        left = Image.new("L", photo.size)
    left.paste(255, (0, 0, left.width // 2, left.height))
    masks = {"person.png": left, "sky.png": left, "ground.png": ImageOps.invert(left)}
    for name, mask in masks.items():
        mask.save(name)
    for name in ("painting.jpg", "oil.jpg", "woodcut.jpg"):
        shutil.copyfile(EXAMPLES / "styles" / "night_wind.jpg", name)
    cats = [Image.open(EXAMPLES / "photos" / "chelsea.jpg").resize(size) for size in [(64, 48)] * 2]
    cats[0].save("cat.gif", save_all=True, append_images=cats[1:])
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    commands = [line for block in blocks for line in block.splitlines() if line.startswith("nst ")]
    assert len(commands) > 10
    for line in commands:
        _, command, *words = shlex.split(line, comments=True)
        if command == "continue" and "--size" in words:
            words[words.index("--size") + 1] = "96"
        small = SMALL.get(words[0] if command == "reconstruct" else command, "").split()
        done = CliRunner().invoke(app, [command, *words, *small])
        assert done.exit_code == 0, (line, done.output)
        for written in (after for word, after in pairwise(words) if word == "-o"):
            assert (tmp_path / written).exists(), line
