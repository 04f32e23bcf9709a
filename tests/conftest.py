"""For all tests: whatever the host has set for a bot of their own does not count."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("STYLIZE_") or name.upper() == "DISCORD_TOKEN":
            monkeypatch.delenv(name)
