"""Loaded before all tests: nst lets OpenMP's waiting threads sleep, which torch reads only once."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # several tests share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import nst  # noqa: F401
