"""Run docs/notebook.ipynb in a fresh kernel and keep what it shows.

python docs/make_notebook.py       # or: make notebook
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import nbformat
from nbclient import NotebookClient

PAGE: Final = Path(__file__).parent / "notebook.ipynb"


def run(size: int | None = None) -> nbformat.NotebookNode:
    """Return the notebook with what its cells show by now.

    Args:
        size: the longest side of its pictures (px); None for its own.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook: nbformat.NotebookNode = nbformat.read(PAGE, as_version=4)
    if size is not None:
        for cell in notebook.cells:
            cell.source = re.sub(r"^SIZE = \d+", f"SIZE = {size}", cell.source, flags=re.MULTILINE)
    where = {"metadata": {"path": str(PAGE.parent)}}
    NotebookClient(notebook, timeout=300, resources=where).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
        for output in cell.get("outputs", ()):
            if "image/jpeg" in output.get("data", ()):
                output.data.pop("image/png", None)  # the same picture, five times as large
    return notebook


if __name__ == "__main__":
    nbformat.write(run(), PAGE)
