"""Run docs/notebook.ipynb in a fresh kernel and keep what it shows.

python docs/make_notebook.py       # or: make notebook
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import nbformat
from nbclient import NotebookClient

PAGE: Final = Path(__file__).parent / "notebook.ipynb"


def run() -> nbformat.NotebookNode:
    """Return the notebook with what its cells show by now.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(PAGE, as_version=4)
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
