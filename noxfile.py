"""The quick tests on every Python that is named, and with the oldest and newest dependencies.

`nox` runs all sessions for which a Python is at hand; `nox -s oldest` one of them. Each session has
an environment of its own, into which pip installs PyTorch anew: gigabytes, unless pip is told of
the index of the CPU builds (`PIP_EXTRA_INDEX_URL`).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False

PYTHONS = ("3.11", "3.12", "3.13")
QUICK = "smoke or not (slow or e2e or browser)"


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the quick tests with the versions of constraints.txt."""
    session.install("-e", ".[dev]", "-c", "constraints.txt")
    run(session)


@nox.session(python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """Run the quick tests with the oldest versions that pyproject.toml names."""
    constraints = Path(session.create_tmp(), "oldest.txt")
    constraints.write_text("\n".join(lowest(Path("pyproject.toml"))) + "\n")
    session.install("-e", ".[dev]", "-c", str(constraints))
    run(session)


@nox.session(python=PYTHONS[-1])
def newest(session: nox.Session) -> None:
    """Run the quick tests with the newest versions that pyproject.toml allows."""
    session.install("--upgrade", "-e", ".[dev]")
    run(session)


def run(session: nox.Session) -> None:
    """Run the quick tests, or those that are named after `--`."""
    workers = str(len(os.sched_getaffinity(0)) + 2)
    chosen = session.posargs or ("-m", QUICK)
    session.run("pytest", "-n", workers, "--dist", "worksteal", *chosen)


def lowest(project: Path) -> Iterator[str]:
    """Yield `name==version` for the lower bound of each dependency."""
    described = tomllib.loads(project.read_text())["project"]
    extras = described["optional-dependencies"].values()
    for line in (*described["dependencies"], *(line for extra in extras for line in extra)):
        requirement = Requirement(line)
        for bound in requirement.specifier:
            if bound.operator == ">=":
                yield f"{requirement.name}=={bound.version}"
