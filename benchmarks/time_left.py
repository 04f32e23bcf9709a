"""What a painting says of its time left at half time.

    python -m benchmarks.time_left

Run it with other programs beside it as well: what they take is to be reckoned with.
"""

from __future__ import annotations

from typing import Final

import nst
from bot.examples import list_examples

RUNS: Final = (("draft", 384), ("standard", 256), ("draft", 512))


def main() -> None:
    """Print, for each of some pictures, how far off the time left was at half time."""
    examples = {example.kind: example.path for example in reversed(list_examples())}
    for preset, size in RUNS:
        steps: list[nst.Progress] = []
        options = nst.Options(preset=nst.Preset(preset), size=size)
        nst.stylize(examples["photo"], examples["style"], options, on_progress=steps.append)
        total = steps[-1].seconds
        half = next(step for step in steps if step.seconds >= total / 2)
        true, said = total - half.seconds, half.seconds_left or 0.0
        print(f"{preset} {size} px: {total:.0f} s, off by {said / true - 1:+.0%} at half time")


if __name__ == "__main__":
    main()
