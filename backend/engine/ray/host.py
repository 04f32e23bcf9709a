"""`stylize-bot painter`: this host in a Ray cluster, for as long as the command runs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer

from backend.engine.launch import worker_environment
from backend.engine.ray.devices import RESOURCE
from backend.errors import ConfigurationError
from backend.settings import load_settings

_ANY: Final = "0.0.0.0"  # noqa: S104 - Ray listens there anyway, and finds its address itself
_REJOIN_SECONDS: Final = 2.0
_END_SECONDS: Final = 10.0
_STORE_BYTES: Final = 256 << 20  # pictures on their way; what does not fit goes to the disk
SETTINGS: Final = {
    "RAY_AUTH_MODE": "token",
    # A host that falls silent is given up after about seven seconds, not a minute.
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
    # A head that is gone for half a minute has forgotten its cluster: its hosts join anew.
    "RAY_gcs_rpc_server_reconnect_timeout_s": "30",
    # Where memory runs out, the kernel ends the worker that took it; Ray would end its actor.
    "RAY_memory_monitor_refresh_ms": "0",
}

Address = Annotated[
    str | None,
    typer.Argument(metavar="[HOST:PORT]", help="The head; STYLIZE_RAY_ADDRESS if left out."),
]
Head = Annotated[bool, typer.Option("--head", help="Be the cluster's head, with PORT.")]
Slots = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Pictures painted at a time; one for each GPU, or one on the CPU, if left out. "
        "0 on a host that only runs the bot or the head.",
    ),
]
Ip = Annotated[str | None, typer.Option(help="The address by which other hosts reach this one.")]
More = Annotated[
    list[str] | None, typer.Argument(metavar="[-- OPTION…]", help="More options of `ray start`.")
]


def painter(
    address: Address = None,
    more: More = None,
    *,
    head: Head = False,
    slots: Slots = None,
    ip: Ip = None,
) -> None:
    """Let this host paint for a bot: join a Ray cluster, and join it again whenever it is back.

    All hosts need the same token, in RAY_AUTH_TOKEN, in the file that RAY_AUTH_TOKEN_PATH names,
    or in ~/.ray/auth_token; whoever has it and reaches Ray's ports runs code on all of them.
    """
    if find_spec("ray") is None:
        raise ConfigurationError("Ray is not installed here; pip install 'stylize-bot[ray]'.")
    address = address or load_settings().ray_address
    share, ended = _share(slots, is_head=head), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.is_set():
        typer.echo(f"{'Being the head' if head else 'Joining the cluster'} at {address}.", err=True)
        try:
            _join([*_place(address, ip, is_head=head), *share, *(more or ())], ended)
        except ConfigurationError as error:  # such as of a name that is known later
            typer.echo(str(error), err=True)
        ended.wait(_REJOIN_SECONDS)


def host_environment() -> dict[str, str]:
    """Return what Ray's processes get to see: no secret of the bot, but those of the cluster."""
    own = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}
    return worker_environment("", 1) | SETTINGS | own


def resolved(address: str) -> str:
    """Return an address with a number for the host's name, as Ray compares numbers."""
    host, _, port = address.rpartition(":")
    try:
        return f"{socket.gethostbyname(host)}:{int(port)}"
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{address} is no address of a cluster: {error}.") from error


def _place(address: str, ip: str | None, *, is_head: bool) -> list[str]:
    where = ["--node-ip-address", ip] if ip else []
    if not is_head:
        return ["--address", resolved(address), *where]
    host, _, port = resolved(address).rpartition(":")
    if not ip and host != _ANY:
        where = ["--node-ip-address", host]
    return ["--head", "--port", port, "--include-dashboard", "false", *where]


def _share(slots: int | None, *, is_head: bool) -> list[str]:
    """Return what Ray is told of this host's devices."""
    if slots == 0 or (slots is None and is_head):
        return ["--num-cpus", "0", "--num-gpus", "0"]
    return [] if slots is None else ["--resources", json.dumps({RESOURCE: slots})]


def _join(told: Sequence[str], ended: threading.Event) -> None:
    """Be part of the cluster until that is lost or `ended`; no process of Ray's is left."""
    with TemporaryDirectory(prefix="stylize-ray-", ignore_cleanup_errors=True) as folder:
        ray = subprocess.Popen(  # noqa: S603 - our own interpreter, and what the host typed
            [
                *(sys.executable, "-P", "-m", "ray.scripts.scripts", "start", "--block"),
                *("--temp-dir", folder, "--object-store-memory", str(_STORE_BYTES)),
                *("--disable-usage-stats", *told),
            ],
            env=host_environment(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            while ray.poll() is None and not ended.wait(0.2):
                pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(ray.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                ray.wait(_END_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(ray.pid, signal.SIGKILL)
            ray.wait()
