"""A decoder that was taken over: does one thing that it should not, after being shut off.

Started in place of `nst.tools`, shut off by the same code. The options: `attack`, one of the
functions below; its `arguments`; `without`, layers to act as if the kernel had them not, or
`one thread`, as if loading had left one behind. The answer tells what came of it: `{"did": …}`, or
`{"stopped": "EPERM"}`.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nst.isolation import seccomp
from nst.tools.__main__ import Verb, main
from nst.tools.request import Answer, Request

libc = ctypes.CDLL(None, use_errno=True)


def attack(request: Request) -> Answer:
    return outcome(request.options["attack"], *request.options.get("arguments", []))


def outcome(name: str, *arguments: Any) -> Answer:
    attempt: Callable[..., Any] = globals()[name]
    try:
        return {"did": attempt(*arguments)}
    except OSError as error:
        return {"stopped": errno.errorcode.get(error.errno or 0, repr(error))}


def nothing() -> str:
    return "nothing"


def at(process: int, name: str) -> Any:
    """Do something to a process; to the parent if it is 0."""
    return globals()[name](process or os.getppid())


def read(path: str) -> str:
    return Path(path).read_bytes()[:100].decode(errors="replace")


def look_into(path: str) -> list[str]:
    return [each.name for each in Path(path).iterdir()]


def read_memory(process: int) -> str:
    return "mapped" if os.open(f"/proc/{process}/mem", os.O_RDONLY) else ""


def copy_memory(process: int) -> int:
    """process_vm_readv, as debuggers use it."""
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 8)
    return checked(libc.process_vm_readv(process, local, 1, remote, 1, 0))


def trace(process: int) -> int:
    return checked(libc.ptrace(16, process, 0, 0))  # PTRACE_ATTACH


def take_descriptor(process: int) -> int:
    """pidfd_open, pidfd_getfd: the bot's connections and database."""
    handle = checked(libc.syscall(434, process, 0))
    return checked(libc.syscall(438, handle, 0, 0))


def write_over(path: str) -> int:
    return Path(path).write_text("mine")


def append(path: str) -> int:
    with Path(path).open("a") as file:
        return file.write("mine")


def delete(path: str) -> None:
    Path(path).unlink()


def rename(path: str) -> None:
    Path(path).rename(path + ".gone")


def truncate(path: str) -> None:
    os.truncate(path, 0)


def change_mode(path: str) -> None:
    Path(path).chmod(0o777)


def make_folder(path: str) -> None:
    Path(path).mkdir()


def connect_inet(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        return "connected"


def connect_unix(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as mine:
        mine.connect(path)
        return "connected"


def listen() -> str:
    with socket.create_server(("127.0.0.1", 0)):
        return "listening"


def run_program() -> None:
    os.execv("/bin/sh", ["sh", "-c", "exit 0"])


def start_program() -> int:
    return subprocess.run(["/bin/true"], check=True).returncode


def fork_many(count: int) -> int:
    made = 0
    for _ in range(count):
        child = os.fork()
        if not child:
            time.sleep(30)
            os._exit(0)
        made += 1
    return made


def start_threads(count: int) -> int:
    done: list[int] = []
    threads = [threading.Thread(target=done.append, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(done)


def allocate(mebibytes: int) -> int:
    try:
        return len(bytearray(mebibytes * 2**20))
    except MemoryError as error:
        raise OSError(errno.ENOMEM, "no memory") from error


def spin() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


def write_to_descriptors() -> list[int]:
    """Every descriptor that can be written to, but for the two that are meant."""
    written = []
    for number in range(3, 1024):
        try:
            os.write(number, b"mine")
        except OSError:
            continue
        written.append(number)
    return written


def fill_the_disk(number: int) -> int:
    written = 0
    while True:
        written += os.write(number, bytes(2**20))


def send_signal(process: int) -> None:
    os.kill(process, signal.SIGUSR1)


def lower_the_limits_of(process: int) -> None:
    resource.prlimit(process, resource.RLIMIT_NOFILE, (0, 0))


def outlive_the_bot() -> int:
    return checked(libc.prctl(1, 0, 0, 0, 0))  # PR_SET_PDEATHSIG


def be_looked_into() -> int:
    return checked(libc.prctl(4, 1, 0, 0, 0))  # PR_SET_DUMPABLE


def raise_a_limit() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (10**9, 10**9))
    except ValueError as error:
        raise OSError(errno.EPERM, "refused") from error


def new_namespace() -> int:
    return checked(libc.unshare(0x10000000))  # CLONE_NEWUSER


def checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def run(arguments: list[str]) -> int:
    verbs: dict[str, Callable[[], Verb]] = {"attack": lambda: attack}
    if arguments == ["serve"]:
        return main(arguments, verbs)
    options = json.loads(arguments[1])["options"]
    landlock = dict.fromkeys(
        ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")
    )
    if "landlock" in options.get("without", []):
        seccomp.refuse(landlock, errno.ENOSYS)
    if "seccomp" in options.get("without", []):
        seccomp.refuse({"seccomp": None}, errno.ENOSYS)
    if "one thread" in options.get("without", []):
        threading.Thread(target=time.sleep, args=[60], daemon=True).start()
    return main(arguments, verbs)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
