"""`python -m nst` and the console command `nst`."""

from __future__ import annotations

import os

from nst.cli import app


def main() -> None:
    """Run the command line; see `nst --help`."""
    # Threads that wait for work otherwise spin, which on a machine with other work costs several
    # times the painting itself. Read when torch is loaded, which no command has done yet.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    app(prog_name="nst")


if __name__ == "__main__":
    main()
