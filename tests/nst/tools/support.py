"""What the tests of the tools share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any


def run_tool(
    verb: str,
    *,
    reads: Mapping[str, Sequence[Path]],
    writes: Mapping[str, Path] | None = None,
    options: Mapping[str, Any] | None = None,
    limits: Mapping[str, int] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `python -I -m nst.tools`, with open files and without an environment."""
    with ExitStack() as stack:

        def opened(path: Path, flags: int) -> int:
            number = os.open(path, flags, 0o600)
            stack.callback(os.close, number)
            return number

        inputs = {
            name: [opened(path, os.O_RDONLY) for path in paths] for name, paths in reads.items()
        }
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        outputs = {name: opened(path, flags) for name, path in (writes or {}).items()}
        request = {
            "reads": inputs,
            "writes": outputs,
            "options": options or {},
            "limits": limits or {},
        }
        return subprocess.run(
            [sys.executable, "-I", "-m", "nst.tools", verb, json.dumps(request)],
            env={},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            pass_fds=[
                *(each for numbers in inputs.values() for each in numbers),
                *outputs.values(),
            ],
        )
