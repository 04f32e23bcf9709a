"""Loaded before all tests: nst lets OpenMP's waiting threads sleep, which torch reads only once."""

import os
from importlib.util import find_spec

if "PYTEST_XDIST_WORKER" in os.environ:  # several tests share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import nst  # noqa: F401

# nst's tests also run where nothing of the bot is installed.
pytest_plugins = ["localchat.pytest_plugin"] if find_spec("aiohttp") else []

if find_spec("hypothesis"):
    from hypothesis import settings

    settings.register_profile("patient", deadline=None)  # a busy machine is no fault of an example
    settings.load_profile("patient")
