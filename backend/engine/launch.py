"""How worker processes are started: their command line, what they see, and on which devices."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from backend.children import Child
from backend.errors import ConfigurationError

_LOG = logging.getLogger(__name__)

# All a worker gets of the bot's environment: no token, no setting of the bot.
_PASSED_ON: Final = frozenset(
    {
        "HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "SSL_CERT_DIR",
        "SSL_CERT_FILE", "TMPDIR", "TZ", "USER", "XDG_CACHE_HOME",
    }
)  # fmt: skip
_PASSED_ON_PREFIXES: Final = (
    "CUDA", "GOMP_", "KMP_", "LC_", "MKL_", "NVIDIA_", "OMP_", "OPENBLAS_", "PYTORCH", "TORCH",
)  # fmt: skip
_ANSWER_SECONDS: Final = 120.0
DEVICES: Final = "backend.engine.painter:devices"


def worker_environment(
    device: str, workers: int, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return what a worker for `device` gets to see of `environment`.

    A GPU worker sees its own GPU only, under the name `cuda:0`; a CPU worker sees none. Several
    workers share the cores evenly; a single one leaves the number of threads to torch.
    """
    clean = {
        name: value
        for name, value in environment.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    kind, _, index = device.partition(":")
    if kind == "cuda":
        visible = [name for name in environment.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
        clean["CUDA_VISIBLE_DEVICES"] = visible[int(index or 0)] if visible else index or "0"
    elif kind == "cpu":
        clean["CUDA_VISIBLE_DEVICES"] = ""
    if workers > 1:
        cores = os.cpu_count() or 1
        clean.setdefault("OMP_NUM_THREADS", str(max(1, cores // workers)))
    clean["PYTHONPATH"] = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return clean


def inside(device: str) -> str:
    """Return what a worker for a device calls it."""
    return "cuda:0" if device.startswith("cuda") else device


def worker_command(*arguments: str) -> list[str]:
    """Return the command line of a worker: this interpreter, never the current folder's modules."""
    return [sys.executable, "-P", "-m", "backend.engine.worker", *arguments]


async def discover_devices(
    function: str = DEVICES, failure: str = "PyTorch cannot be loaded"
) -> list[str]:
    """Return `cuda:0` … for every GPU, `cpu` where there is none; raises as `ask` does."""
    return [str(name) for name in await ask(function, failure=failure)]


async def ask(
    function: str,
    *arguments: str,
    device: str = "",
    workers: int = 1,
    failure: str = "PyTorch cannot be loaded",
) -> list[Any]:
    """Return the list that a `module:function` answers with.

    A child process asks it, set up like a worker for `device`, so that the bot's own process never
    loads torch. Where that fails, the ConfigurationError says so in the words of `failure` and its
    last line of complaint.
    """
    child = await Child.start(
        *worker_command("--ask", function, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=worker_environment(device, workers),
        process_group=0,
    )
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            out, complaint, status = await asyncio.gather(
                child.stdout.read(), child.stderr.read(), child.wait()
            )
    except TimeoutError:
        raise ConfigurationError(
            f"PyTorch did not answer within {_ANSWER_SECONDS:.0f} seconds when it was asked for "
            "its devices; name them in the settings instead."
        ) from None
    finally:
        await child.end()
    if status != 0:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        _LOG.error("asking %s failed:\n%s", function, complaint.decode(errors="replace"))
        raise ConfigurationError(f"{failure}: {last}")
    answer: list[Any] = json.loads(out)
    return answer
