"""The process that `benchmarks.fuzz` throws damaged files at, confined as `nst.tools` is."""

from __future__ import annotations

import json
import os
import random
import resource
import struct
import sys
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nst.errors import NstError
from nst.isolation import Isolation
from nst.limits import Limits
from nst.tools.check import check
from nst.tools.confinement import confine, settle
from nst.tools.request import Request, Resources

LIMITS = Limits(max_bytes=25 * 2**20)
LARGEST = 4 * 4096 * 4096 + 2**20  # a clean copy that cannot be packed
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 16384)


def mutated(samples: Sequence[bytes], seed: int, number: int) -> bytes:
    """Return file `number` of a seed."""
    dice = random.Random(f"{seed}:{number}")
    data = bytearray(dice.choice(samples))
    for _ in range(dice.choice((1, 1, 2, 3, 8, 30))):
        damage(dice, data, samples)
    if data.startswith(b"\x89PNG") and dice.random() < 0.7:
        data = _with_right_sums(data)
    return bytes(data)


def damage(dice: random.Random, data: bytearray, samples: Sequence[bytes]) -> None:
    """Change one thing, in the first 200 bytes, where headers are, as often as elsewhere."""
    if not data:
        data += b"\0"
    at = dice.randrange(min(len(data), 200) if dice.random() < 0.5 else len(data))
    length = dice.choice((1, 2, 4, 16, 100, 1000))
    match dice.randrange(8):
        case 0:
            data[at] ^= 1 << dice.randrange(8)
        case 1:
            data[at] = dice.randrange(256)
        case 2:
            del data[at : at + length]
        case 3:
            data[at:at] = data[at : at + length]
        case 4:
            data[at:at] = dice.randbytes(length)
        case 5:
            del data[at + 1 :]
        case 6:
            value = dice.choice(_NUMBERS)
            data[at : at + 4] = struct.pack(dice.choice("<>") + "I", value)
        case _:
            other = dice.choice(samples)
            start = dice.randrange(max(len(other), 1))
            data[at : at + length] = other[start : start + length]


def _with_right_sums(data: bytearray) -> bytearray:
    """Return a PNG whose chunks' sums are right again, so that decoders look into them."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if at + 12 + length > len(data):
            break
        end = at + 8 + length
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return data


def try_file(data: bytes, memory: dict[str, int]) -> dict[str, Any]:
    """Check one file; return how that ended."""
    for number in memory.values():
        os.ftruncate(number, 0)
        os.lseek(number, 0, os.SEEK_SET)
    os.write(memory["source"], data)
    os.lseek(memory["source"], 0, os.SEEK_SET)
    request = Request(
        reads={"source": [os.dup(memory["source"])]},
        writes={name: os.dup(memory[name]) for name in ("clean", "thumbnail")},
        options=asdict(LIMITS),
        limits=Resources(),
        isolation=Isolation.BEST,
    )
    started = time.process_time()
    fault = ""
    try:
        answer = check(request)
        outcome = "clean"
        if max(answer["width"], answer["height"]) > 4096 or not answer["sha256"]:
            fault = f"an answer over the limits: {answer}"
    except NstError:
        outcome = "refused"
    except MemoryError:
        outcome = "out of memory"
    except Exception as error:
        outcome = f"not unpacked ({type(error).__name__})"
    for number in request.writes.values():  # those of a refused file were not opened
        with suppress(OSError):
            os.close(number)
    size = os.fstat(memory["clean"]).st_size
    return {
        "outcome": outcome,
        "seconds": time.process_time() - started,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "bytes": size,
        "fault": fault or ("a clean copy over the limits" if size > LARGEST else ""),
    }


def main() -> None:
    """Check the files that the first argument names, and tell each on standard output."""
    asked = json.loads(sys.argv[1])
    samples = [path.read_bytes() for path in sorted(Path(asked["samples"]).iterdir())]
    memory = {name: os.memfd_create(name) for name in ("source", "clean", "thumbnail")}
    settle(Resources(cpu_seconds=240), Isolation.BEST)
    confine(Isolation.BEST)
    for number in range(asked["first"], asked["first"] + asked["count"]):
        data = mutated(samples, asked["seed"], number)
        _tell({"number": number})
        _tell({"number": number, **try_file(data, memory)})


def _tell(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
