"""Loaded before all tests: nst lets OpenMP's waiting threads sleep, which torch reads only once."""

import nst  # noqa: F401
