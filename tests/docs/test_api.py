"""The reference names every public name, and is what the docstrings say today."""

from __future__ import annotations

import re

import nst
import nst.report
from docs import make_api

ADVICE = "docs/api.md is not what the docstrings say: run make api"


def test_the_page_is_up_to_date() -> None:
    assert make_api.PAGE.read_text(encoding="utf-8") == make_api.page(), ADVICE


def test_every_public_name_has_its_place() -> None:
    text = make_api.PAGE.read_text(encoding="utf-8")
    named = re.findall(r"^### nst\.(\S+)$", text, re.MULTILINE)
    of_reports = {f"report.{name}" for name in nst.report.__all__ if name not in nst.__all__}
    assert set(named) == {*nst.__all__, *of_reports}
    assert len(named) == len(set(named))


def test_what_people_call_has_an_example() -> None:
    text = make_api.PAGE.read_text(encoding="utf-8")
    for name in (
        *("stylize", "stylize_many", "continue_", "plan", "doctor", "make_report"),
        *("reconstruct_content", "reconstruct_style", "figure", "trade_off", "ProgressBar"),
    ):
        part = text.split(f"\n### nst.{name}\n")[1].split("\n### ")[0]
        assert re.search(rf"nst\.{name}\(", part), name


def test_fences_are_closed() -> None:
    inside = False
    for line in make_api.PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            assert (line == "```python") is not inside, line
            inside = not inside
    assert not inside
