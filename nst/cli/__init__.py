"""The command line `nst`: one module per group of commands.

Nothing heavy is imported before a command runs, so that `nst --help` answers at once.

Exit status: 0 done; 1 `doctor` found something broken, some of many pictures failed, or a film was
painted only in part; 2 wrong input or a full disk, one line says what; 130 stopped by Ctrl-C (a
painting is then saved as far as it had come).
"""

from __future__ import annotations

from nst.cli import (  # noqa: F401 - add their commands
    continue_,
    facts,
    film,
    planning,
    reconstruct,
    reports,
    stylize,
)
from nst.cli.base import app

__all__ = ["app"]
