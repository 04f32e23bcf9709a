"""Figures, and the commands that make them; see README.md."""

import nst  # noqa: F401 - before torch, as it tells OpenMP how long to spin
