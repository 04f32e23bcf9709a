"""A fork server: it has loaded what most work needs, and forks a process for each piece of it.

Loading takes a tenth of a second or two, several times what a small picture takes. The server
itself reads nothing but what its caller says: who is forked confines itself, as a new one would.

    python -I -m nst.tools serve

Standard input is a socket (AF_UNIX, SOCK_SEQPACKET). Each message is one JSON object,
`{"verb": …, "request": …, "files": [3, 4]}`, with descriptors: a socket of its own, standard output
and standard error, then the files that the request calls 3 and 4. On its own socket the caller
reads a byte when the process has been forked, then its exit status, as a number (below 0: the
signal that ended it); shutting the socket down ends the process. At the end of standard input, all
processes and the server end.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import selectors
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from nst.isolation import IsolationError
from nst.isolation.libc import call

Perform = Callable[[str, Mapping[str, Any]], int]
"""Does a verb of a request, in a process of its own; returns the exit status."""

_LOG = logging.getLogger("nst.tools")
_MAX_MESSAGE: Final = 2**20
_MAX_FILES: Final = 253  # SCM_MAX_FD
_PR_SET_NAME: Final = 15
FORKED: Final = b"+"
"""Says that there is a process."""


def serve(control: socket.socket, perform: Perform) -> None:
    """Fork a process for each message, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the caller
    gc.freeze()  # a collection in each of them would copy what they share
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        running: set[_Forked] = set()
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    key.data()
                elif (message := _receive(control)) is None:
                    for each in running:
                        each.kill()
                    return
                else:
                    forked = _fork(*message, perform)
                    forked.watch(selector, running)


def _receive(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Return the next message and its descriptors; nothing at the end."""
    data, descriptors, _, _ = socket.recv_fds(control, _MAX_MESSAGE, _MAX_FILES)
    return (json.loads(data), descriptors) if data else None


@dataclass(eq=False, slots=True)
class _Forked:
    """One forked process, and whom to tell of its end."""

    number: int
    handle: int  # a descriptor that is readable when it has ended
    caller: socket.socket

    def watch(self, selector: selectors.BaseSelector, running: set[_Forked]) -> None:
        """Have its end told to the caller, and its caller's end be its own."""

        def ended() -> None:
            running.remove(self)
            selector.unregister(self.handle)
            with suppress(KeyError):
                selector.unregister(self.caller)
            self._reap()

        def left() -> None:
            if self in running:  # else it ended at the same time
                selector.unregister(self.caller)
                self.kill()

        running.add(self)
        selector.register(self.handle, selectors.EVENT_READ, ended)
        selector.register(self.caller, selectors.EVENT_READ, left)

    def kill(self) -> None:
        os.kill(self.number, signal.SIGKILL)  # nobody else gets its number before `_reap`

    def tell(self, what: bytes) -> None:
        with suppress(OSError):  # the caller may be gone
            self.caller.sendall(what)

    def _reap(self) -> None:
        _, status = os.waitpid(self.number, 0)
        os.close(self.handle)
        with self.caller:
            self.tell(str(os.waitstatus_to_exitcode(status)).encode())


def _fork(message: dict[str, Any], descriptors: list[int], perform: Perform) -> _Forked:
    own, output, trace, *files = descriptors
    number = os.fork()
    if number == 0:
        _begin(message, output, trace, files, perform)
    for each in (output, trace, *files):
        os.close(each)
    forked = _Forked(number, os.pidfd_open(number), socket.socket(fileno=own))
    forked.tell(FORKED)
    return forked


def _begin(
    message: dict[str, Any], output: int, trace: int, files: list[int], perform: Perform
) -> NoReturn:
    """Become the process that does the work."""
    status = 1
    try:
        for number, place in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (trace, 2)):
            os.dup2(number, place)
        _close_all_but(files)
        with suppress(IsolationError):  # what `ps` and `top` call it
            call("prctl", _PR_SET_NAME, f"nst {message['verb']}".encode())
        numbers = dict(zip(message["files"], files, strict=True))
        request = message["request"]
        reads = {name: [numbers[n] for n in each] for name, each in request["reads"].items()}
        writes = {name: numbers[n] for name, n in request["writes"].items()}
        status = perform(message["verb"], {**request, "reads": reads, "writes": writes})
    except BaseException:
        _LOG.exception("Unexpected.")
    finally:
        os._exit(status)  # what the server has to tidy up is not for its copies


def _close_all_but(files: list[int]) -> None:
    """Close all files but these and the standard three."""
    low = 3
    for each in [*sorted(files), os.sysconf("SC_OPEN_MAX")]:
        if low < each:  # an empty range would be taken for all
            os.closerange(low, each)
        low = each + 1
