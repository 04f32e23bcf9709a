"""Damaged files of every format through the isolated process, and damaged records through readers.

Files are those of the tests, mutated. A process that is confined as the one that checks strangers'
pictures is (`nst.tools`) checks one after another, so that thousands fit into a minute; now and
then one goes the whole way through a process of its own. A process that ends is a finding that is
counted, not a fault: it is there to be thrown away. A fault is: an answer over the limits, an
answer that the bot does not understand, or an exception that a reader of records does not promise.

    python -m benchmarks.fuzz --minutes 60
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.errors import ImageRefused
from backend.tools import ImageTools
from benchmarks.fuzzed import LIMITS, mutated
from benchmarks.fuzzed_records import attack
from tests.corpus.bad import bad, damaged
from tests.corpus.good import good
from tests.corpus.kinds import kinds

BATCH = 200
BATCH_SECONDS = 300
ALONE_EACH = 10  # batches for one file that has a process of its own


@dataclass
class Findings:
    """What was seen.

    Attributes:
        outcomes: how many files ended how.
        faults: what must not be.
        longest: processor seconds of the slowest file.
        memory: MiB of the largest process.
        largest: bytes of the largest clean copy.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest: float = 0.0
    memory: float = 0.0
    largest: int = 0

    def note(self, told: dict[str, Any]) -> None:
        """Count one file."""
        self.outcomes[told["outcome"]] += 1
        self.longest = max(self.longest, told["seconds"])
        self.memory = max(self.memory, told["memory"])
        self.largest = max(self.largest, told["bytes"])
        if told["fault"]:
            self.faults.append(f"file {told['number']}: {told['fault']}")


def write_samples(folder: Path) -> list[bytes]:
    """Write the files to start from, and return them; large ones would take all the time."""
    samples = [each.data for each in (*good(), *kinds())]
    samples += [each.data for each in (*bad(), *damaged())]
    samples = [data for data in samples if len(data) <= 2**20]
    for number, data in enumerate(samples):
        (folder / f"{number:04}").write_bytes(data)
    return samples


async def check_batch(folder: Path, seed: int, first: int, findings: Findings) -> int:
    """Check a batch in one process; return how many files it got through."""
    asked = {"samples": str(folder), "seed": seed, "first": first, "count": BATCH}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.fuzzed", json.dumps(asked)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    begun, done = first - 1, 0
    try:
        async with asyncio.timeout(BATCH_SECONDS):
            assert process.stdout is not None
            async for line in process.stdout:
                told = json.loads(line)
                begun = told["number"]
                if "outcome" in told:
                    findings.note(told)
                    done += 1
    except TimeoutError:
        process.kill()
    status = await process.wait()
    if done == BATCH:
        return done
    if begun < first:
        raise RuntimeError(f"the process ended with status {status} before the first file")
    findings.outcomes[f"the process ended ({status})"] += 1
    return begun - first + 1


async def check_alone(data: bytes, findings: Findings) -> None:
    """Check one file as the bot does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source"
        source.write_bytes(data)
        try:
            await ImageTools().check(source, folder / "clean", folder / "small", limits=LIMITS)
            findings.outcomes["alone: clean"] += 1
        except ImageRefused:
            findings.outcomes["alone: refused"] += 1
        except Exception as error:
            findings.faults.append(f"a file alone: {error!r}")


async def fuzz(findings: Findings, *, seconds: float, seed: int, files: float = math.inf) -> None:
    """Check files and records until the time is up, or so many files are checked."""
    ends = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = await asyncio.to_thread(write_samples, folder)
        number = batches = 0
        while time.monotonic() < ends and number < files:
            if batches % ALONE_EACH == 0:
                await check_alone(mutated(samples, seed, number), findings)
            number += await check_batch(folder, seed, number, findings)
            batches += 1
            records = attack(random.Random(f"{seed}:{number}"), BATCH)
            findings.outcomes.update(records.outcomes)
            findings.faults += records.faults


def main() -> None:
    """Read the command line, fuzz, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.disable()  # readers tell of each record that they refuse
    findings = Findings()
    with suppress(KeyboardInterrupt):  # who has seen enough
        asyncio.run(fuzz(findings, seconds=arguments.minutes * 60, seed=arguments.seed))
    for outcome, count in findings.outcomes.most_common():
        print(f"{count:>9}  {outcome}")
    print(f"slowest file {findings.longest:.2f} s of processor time")
    print(f"largest process {findings.memory:.0f} MiB, largest clean copy {findings.largest} bytes")
    print(f"{len(findings.faults)} faults")
    for fault in findings.faults[:20]:
        print(f"  {fault}")
    sys.exit(bool(findings.faults))


if __name__ == "__main__":
    main()
