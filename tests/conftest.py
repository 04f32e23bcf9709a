"""Loaded before all tests: nst lets OpenMP's waiting threads sleep, which torch reads only once."""

import math
import os
import sys
import time
from importlib.util import find_spec

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # several tests share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import nst  # noqa: F401

# nst's tests also run where nothing of the bot is installed.
pytest_plugins = ["localchat.pytest_plugin"] if find_spec("aiohttp") else []

if find_spec("hypothesis"):
    from hypothesis import settings

    settings.register_profile("patient", deadline=None)  # a busy machine is no fault of an example
    settings.load_profile("patient")

_BEGAN = time.monotonic()
_SECONDS = 60 * float(os.environ.get("TEST_MINUTES") or "inf")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the slow tests for the end where there is not time for all."""
    if math.isfinite(_SECONDS):
        items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin no test when the time is over."""
    if time.monotonic() - _BEGAN > _SECONDS:
        pytest.skip("TEST_MINUTES are over")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Let tests beside those that paint have the smallest numbers, which painting does without."""
    if torch := sys.modules.get("torch"):
        torch.set_flush_denormal(False)
