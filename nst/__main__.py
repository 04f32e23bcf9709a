"""`python -m nst` and the console command `nst`."""

from __future__ import annotations

from nst.cli import app


def main() -> None:
    """Run the command line; see `nst --help`."""
    app(prog_name="nst")


if __name__ == "__main__":
    main()
