"""Links between pages lead somewhere, and the benchmarks that pages name have those options."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (".", "docs", "benchmarks", "localchat", "backend/examples")
PAGES = sorted(page for folder in FOLDERS for page in (ROOT / folder).glob("*.md"))


def anchors(page: Path) -> set[str]:
    """Return what GitHub makes of a page's headings."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), link


def test_pages_install_from_the_clone_as_nothing_is_published_yet() -> None:
    pages = set(PAGES) - {ROOT / "CHANGELOG.md"}  # read once there is a release
    found = [p.name for p in pages if re.search(r"pip install .*stylize-bot", p.read_text("utf-8"))]
    assert found == []


def test_the_benchmarks_that_pages_name_exist_with_their_options() -> None:
    for page in PAGES:
        text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
        for name, rest in re.findall(r"-m benchmarks\.(\w+)([^`|:#)]*)", text):
            options = re.findall(r"(?<=\s)--[\w-]+", rest.split("-m benchmarks.")[0])
            check(name, options)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_modules_that_pages_run_are_found_from_the_root(page: Path) -> None:
    modules = re.findall(r"\bpython3? -m\s+([\w.]+)", page.read_text(encoding="utf-8"))
    for name in set(modules) - {"benchmarks.NAME"}:
        assert find_spec(name), name


def test_every_benchmark_is_in_the_table_of_commands() -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    _, _, table = text.partition("## Every command")
    named = re.findall(r"^\| `(\w+)([^`]*)` \|", table, re.MULTILINE)
    for name, rest in named:
        check(name, re.findall(r"--[\w-]+", rest))
    mains = {
        path.stem
        for path in (ROOT / "benchmarks").glob("*.py")
        if f"python -m benchmarks.{path.stem}" in path.read_text(encoding="utf-8")
        and "ArgumentParser" in path.read_text(encoding="utf-8")
    }
    assert mains <= {name for name, _ in named}


def check(name: str, options: list[str]) -> None:
    if name == "NAME":
        return
    module = ROOT / "benchmarks" / f"{name}.py"
    assert module.exists(), name
    code = module.read_text(encoding="utf-8")
    for option in options:
        assert option == "--help" or f'"{option}"' in code, f"{name} has no {option}"
