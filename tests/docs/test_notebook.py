"""The notebook runs from its first cell to its last, and is small."""

from __future__ import annotations

import re
from typing import Any

import pytest

import nst
from tests.nst.conftest import speed

__all__ = ["speed"]

nbformat: Any = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

from docs import make_notebook  # noqa: E402 - needs what is looked for above

MOST_BYTES = 300_000


def _pictures(notebook: Any) -> int:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    kinds = [kind for output in outputs for kind in output.get("data", ())]
    return sum(kind.startswith("image/") for kind in kinds)


def _texts(notebook: Any) -> str:
    return "\n".join(
        output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )


def test_what_is_kept_shows_pictures_and_is_small() -> None:
    notebook = nbformat.read(make_notebook.PAGE, as_version=4)
    nbformat.validate(notebook)
    assert _pictures(notebook) >= 5
    assert make_notebook.PAGE.stat().st_size < MOST_BYTES


@pytest.mark.usefixtures("speed")
def test_what_is_kept_is_of_the_method_as_it_is_now() -> None:
    pictures = make_notebook.PAGE.parents[1] / "backend" / "examples"
    pair = pictures / "photos" / "coffee.jpg", pictures / "styles" / "cubist_harbour.jpg"
    large = nst.plan(*pair, size=1024, device="cpu")
    draft = nst.plan(*pair, size=128, preset="draft", device="cpu")
    texts = _texts(nbformat.read(make_notebook.PAGE, as_version=4))
    assert re.findall(r"1024×682 .* for (\d+) steps", texts) == [str(large.steps)]
    assert f"<nst.Result 128×85 px, {draft.steps} steps" in texts


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(make_notebook.PAGE.parents[1]))
    notebook = make_notebook.run(size=64)
    assert _pictures(notebook) >= 5
    texts = _texts(notebook)
    assert "100%" in texts, "the bar has come to its end"
    assert "not a picture I can read" in texts
