"""Have the kernel refuse what a process does not need, for good (Linux; elsewhere as it can).

What reads strangers' files may be taken over by one of them. What is left to it then is decided
here, before the first byte is read:

| layer              | what it refuses                                                            |
|--------------------|----------------------------------------------------------------------------|
| `resource limits`  | memory, processor time and file sizes above the bounds; core dumps         |
| `process`          | new privileges, capabilities, being looked into; it dies with its parent   |
| `landlock`         | files but those that are named; other processes' memory, environment, TCP  |
| `seccomp`          | system calls but those that are named: no sockets, programs, new processes |

Nothing here is imported before it is needed, and nothing heavy ever. `SECURITY.md` has the whole
picture.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Isolation", "IsolationError", "missing_layers"]


class Isolation(StrEnum):
    """How much is asked of the kernel."""

    REQUIRED = "required"  # all layers, or no work
    BEST = "best"  # as many layers as there are
    OFF = "off"  # resource limits only


class IsolationError(Exception):
    """The kernel does not have a layer, or refuses to apply it; the text names it."""


def missing_layers() -> list[str]:
    """Name the layers that this system does not have; nothing is applied."""
    from nst.isolation import landlock, process, seccomp  # noqa: PLC0415

    return [layer.NAME for layer in (process, landlock, seccomp) if not layer.is_available()]
