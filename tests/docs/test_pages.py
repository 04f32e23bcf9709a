"""The Python of README and docs runs as it stands, with smaller pictures."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "bot" / "examples"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("README.md", ["100%", "step 60/60", "<nst.Result 64×43 px, 60 steps"]),
        ("docs/library.md", ["64×43 on cpu", "weights", "broken.jpg This file is not a picture"]),
    ],
)
def test_the_code_of_a_page_runs(page: str, words: list[str], tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    shutil.copyfile(EXAMPLES / "photos" / "coffee.jpg", tmp_path / "photo.jpg")
    shutil.copyfile(EXAMPLES / "styles" / "night_wind.jpg", tmp_path / "painting.jpg")
    (tmp_path / "photos").mkdir()
    (tmp_path / "out").mkdir()
    shutil.copyfile(tmp_path / "photo.jpg", tmp_path / "photos" / "coffee.jpg")
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no picture")
    cats = [Image.open(EXAMPLES / "photos" / "chelsea.jpg").resize(size) for size in [(64, 48)] * 2]
    cats[0].save(tmp_path / "cat.gif", save_all=True, append_images=cats[1:])
    done = subprocess.run(
        [sys.executable, "-c", re.sub(r"size=\d+", "size=64", code)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for part in words:
        assert part in done.stdout + done.stderr
    assert (tmp_path / "result.png").exists()
