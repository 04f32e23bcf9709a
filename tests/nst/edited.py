"""A copy of nst, or of the bot, with changes: to show what a change takes and that it suffices."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def run_edited(
    folder: Path,
    script: str,
    *,
    insert: Sequence[tuple[str, str, str]] = (),
    add: Mapping[str, str] | None = None,
    package: str = "nst",
) -> str:
    """Run a script with a changed copy of nst, and the rest of the project as it is.

    Args:
        folder: for the copy; the script runs in it.
        script: Python.
        insert: files of nst, what stands there once, and what is put before it.
        add: new file of nst to its text.
        package: another one, instead of nst.

    Returns:
        What it wrote.
    """
    copy, ignored = folder / package, shutil.ignore_patterns("__pycache__")
    shutil.copytree(_ROOT / package, copy, ignore=ignored)
    for name, before, text in insert:
        path = copy / name
        source = path.read_text("utf-8")
        assert source.count(before) == 1, before
        path.write_text(source.replace(before, text + before), "utf-8")
    for name, text in (add or {}).items():
        (copy / name).write_text(text, "utf-8")
    (folder / "script.py").write_text(script, "utf-8")
    paths = os.pathsep.join([str(folder), str(_ROOT)])
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
