"""The notebook runs from its first cell to its last, and is small."""

from __future__ import annotations

from typing import Any

import pytest

nbformat: Any = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

from docs import make_notebook  # noqa: E402 - needs what is looked for above

MOST_BYTES = 300_000


def _pictures(notebook: Any) -> int:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    kinds = [kind for output in outputs for kind in output.get("data", ())]
    return sum(kind.startswith("image/") for kind in kinds)


def test_what_is_kept_shows_pictures_and_is_small() -> None:
    notebook = nbformat.read(make_notebook.PAGE, as_version=4)
    nbformat.validate(notebook)
    assert _pictures(notebook) >= 5
    assert make_notebook.PAGE.stat().st_size < MOST_BYTES


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(make_notebook.PAGE.parents[1]))
    notebook = make_notebook.run(size=64)
    assert _pictures(notebook) >= 5
    texts = [
        output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    ]
    assert any("100%" in text for text in texts), "the bar has come to its end"
    assert any("not a picture I can read" in text for text in texts)
