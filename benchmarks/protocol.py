"""StyleID's protocol: 20 contents in each of 40 styles at 512 px, painted and judged.

    python -m benchmarks.protocol CONTENTS STYLES [-o OUT] [--preset standard] [--size 512]
    python -m benchmarks.protocol CONTENTS STYLES --results FOLDER [-o OUT]

Paints every content image in every style image into OUT/pictures, then judges all of them; prints a
table, and writes the figures of each pair into OUT/pairs.csv and everything else into
OUT/summary.json. After an interruption the same command goes on: what is painted and what is judged
stays. A pair that fails is named at the end, with status 1. With --results the pictures of somebody
else are judged alike, named CONTENT_STYLE or, as StyleID names them, CONTENT_stylized_STYLE.
docs/protocol.md says where the pictures are, and what the figures mean.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import torch
from rich.console import Console
from rich.progress import track

from benchmarks.protocol_measures import art_inception_distance, look, measures
from benchmarks.protocol_pairs import Pair, digest, find_pairs, paint, pictures_in, to_paint
from nst import NstError, Options, OptionsError, Preset, Progress, ProgressBar
from nst import __version__ as nst_version
from nst.devices import describe, pick_device

_MEASURED: Final = (
    *("LPIPS", "CFSD", "VGG19 style", "VGG19 content", "other style", "other content"),
)
FIGURES: Final = (*_MEASURED, "seconds")
_COLUMNS: Final = ("pair", "content", "style", *FIGURES, "judged")
_INTERRUPTED: Final = 130
_REFUSED: Final = 2


class Table:
    """The figures of all pairs, in a CSV file that is written anew in one step.

    Attributes:
        rows: by the pair's name; each a figure by column, as text.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: dict[str, dict[str, str]] = {}
        if path.exists():
            with path.open(newline="") as file:
                self.rows = {row["pair"]: row for row in csv.DictReader(file)}

    def note(self, pair: Pair, **figures: object) -> None:
        """Keep figures of a pair."""
        names = {"pair": pair.name, "content": pair.content.name, "style": pair.style.name}
        row = self.rows.setdefault(pair.name, dict.fromkeys(_COLUMNS, ""))
        row |= names | {name: str(figure) for name, figure in figures.items()}
        draft = self._path.with_suffix(".part")
        with draft.open("w", newline="") as file:
            writer = csv.DictWriter(file, _COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.rows.values())
        draft.replace(self._path)

    def known(self, pair: Pair, key: str) -> frozenset[str]:
        """Return the names of the figures that are there for the files of this key.

        Those of other files are dropped.
        """
        row = self.rows.get(pair.name, {})
        if row.get("judged") != key:
            row |= dict.fromkeys(_MEASURED, "")
        return frozenset(name for name in _MEASURED if row.get(name))

    def mean(self, pairs: Sequence[Pair], name: str) -> float | None:
        """Return the mean of a figure over pairs, None where none has it."""
        texts = [self.rows.get(pair.name, {}).get(name) for pair in pairs]
        numbers = [float(text) for text in texts if text]
        return fmean(numbers) if numbers else None


@dataclass
class Run:
    """One call of the command.

    Attributes:
        pairs: all of them.
        out: where everything goes.
        table: figures of each pair.
        failed: why pairs have no picture or no figures, by their names.
        left_out: why measures are missing.
    """

    pairs: list[Pair]
    out: Path
    table: Table
    failed: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def main(
    arguments: Sequence[str] | None = None, watch: Callable[[Progress], None] | None = None
) -> int:
    """Paint what is missing, judge, print; return the exit status.

    Args:
        arguments: of the command line.
        watch: called after each step of painting, besides the progress bar.
    """
    given = _arguments(arguments)
    try:
        return _run(given, watch or (lambda _: None))
    except NstError as error:
        print(error, file=sys.stderr)
        return _REFUSED
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        return _INTERRUPTED


def _run(given: argparse.Namespace, watch: Callable[[Progress], None]) -> int:
    options = Options(preset=given.preset, size=given.size, strength=given.strength)
    name = given.results.name if given.results else f"{options.preset}-{options.size}"
    out = given.out or Path("protocol", name)
    pairs = find_pairs(given.contents, given.styles, given.pairs)
    folder = given.results or out / "pictures"
    (out if given.results else folder).mkdir(parents=True, exist_ok=True)
    run = Run(pairs, out, Table(out / "pairs.csv"))
    if not given.results:
        missing = to_paint(pairs, folder, options, anew=given.anew)
        _paint(run, missing[: given.limit], options, given.device, watch)
    pictures = _pictures(pairs, folder)
    for pair in pairs if given.results else ():
        if pair.name not in pictures:
            run.failed[pair.name] = f"There is no picture of it in {folder}."
    device = pick_device(given.device)
    _judge(run, pictures, options.size, device)
    judged = [pair for pair in pairs if pair.name in pictures and pair.name not in run.failed]
    _report(run, judged, pictures, {"what": name, "options": _told(given, options)}, device)
    return 1 if run.failed else 0


def _paint(
    run: Run,
    missing: list[Pair],
    options: Options,
    device: str,
    watch: Callable[[Progress], None],
) -> None:
    """Paint pairs; each picture is there as a whole, with its recipe, or not at all."""
    with ProgressBar(len(missing)) as bar:

        def show(progress: Progress) -> None:
            bar(progress)
            watch(progress)

        for pair, result in paint(missing, options, device, show):
            if isinstance(result, Exception):
                run.failed[pair.name] = str(result)
                bar.count(f"{pair.name}: {result}")
                continue
            result.save(run.out / "pictures" / f"{pair.name}.png")
            run.table.note(pair, seconds=f"{result.seconds:.2f}")
            bar.count()


def _pictures(pairs: Sequence[Pair], folder: Path) -> dict[str, Path]:
    """Return the result of each pair that has one."""
    try:
        files = {path.stem: path for path in pictures_in(folder)}
    except OptionsError:
        return {}
    both = {pair.name: f"{pair.content.stem}_stylized_{pair.style.stem}" for pair in pairs}
    found = {name: files.get(name) or files.get(other) for name, other in both.items()}
    return {name: path for name, path in found.items() if path}


def _judge(run: Run, pictures: dict[str, Path], size: int, device: torch.device) -> None:
    """Measure what is not in the table yet."""
    found, left_out = measures(device)
    run.left_out += left_out
    there = [pair for pair in run.pairs if pair.name in pictures and pair.name not in run.failed]
    for pair in track(there, "judging", console=Console(stderr=True)):
        path = pictures[pair.name]
        key = " ".join(
            [*(digest(each)[:12] for each in (path, pair.content, pair.style)), str(size)]
        )
        known = run.table.known(pair, key)
        missing = [names for names in found if not known.issuperset(names)]
        if not missing:
            continue
        try:
            looked = look(pair.content, pair.style, path, size)
            figures = {
                name: each for names in missing for name, each in found[names](looked).items()
            }
        except Exception as error:  # of one picture; the others are judged
            named = "" if isinstance(error, NstError) else f"{type(error).__name__}: "
            run.failed[pair.name] = f"{named}{error}"
            continue
        run.table.note(pair, judged=key, **{name: f"{each:.5f}" for name, each in figures.items()})


def _report(
    run: Run,
    judged: list[Pair],
    pictures: dict[str, Path],
    about: dict[str, Any],
    device: torch.device,
) -> None:
    """Print the table; write the summary."""
    files = [(pictures[pair.name], pair.style) for pair in judged]
    fid, why = art_inception_distance(files, about["options"]["size"], device)
    run.left_out += [why] if why else []
    means = {name: run.table.mean(judged, name) for name in FIGURES}
    lpips = means["LPIPS"]
    art_fid = None if fid is None or lpips is None else (1 + lpips) * (1 + fid)
    means = {"ArtFID": art_fid, "FID": fid, **means}
    print(f"{describe(device)}: {about['what']}, {len(judged)} of {len(run.pairs)} pairs\n")
    print(f"| | {' | '.join(means)} |\n{'|---' * (len(means) + 1)}|")
    cells = ("–" if mean is None else f"{mean:.3f}" for mean in means.values())
    print(f"| {about['what']} | {' | '.join(cells)} |\n")
    for sentence in run.left_out:
        print(sentence)
    for name, sentence in run.failed.items():
        print(f"{name} failed: {sentence}")
    versions = {"nst": nst_version, "torch": torch.__version__, "python": platform.python_version()}
    summary = about | {
        "pairs": len(run.pairs),
        "judged": len(judged),
        "mean": means,
        "left_out": run.left_out,
        "failed": run.failed,
        "device": describe(device),
        "versions": versions,
    }
    draft = run.out / "summary.part"
    draft.write_text(json.dumps(summary, indent=1, ensure_ascii=False), encoding="utf-8")
    draft.replace(run.out / "summary.json")


def _told(given: argparse.Namespace, options: Options) -> dict[str, Any]:
    """Return the options of the pictures; of somebody else's only the judges' size is known."""
    return {"size": options.size} if given.results else options.as_dict()


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocol")
    parser.add_argument("contents", type=Path, help="folder of content images")
    parser.add_argument("styles", type=Path, help="folder of style images")
    parser.add_argument("-o", "--out", type=Path, help="default: protocol/PRESET-SIZE")
    parser.add_argument("--results", type=Path, help="judge these pictures; paint none")
    parser.add_argument("--size", type=int, default=512, help="longest side in pixels")
    parser.add_argument("--preset", type=Preset, choices=list(Preset), default=Preset.STANDARD)
    parser.add_argument("--strength", type=int, default=50)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--pairs", type=_count, help="an even sample of so many pairs, not all")
    parser.add_argument("--limit", type=_count, help="paint so many now, the others another time")
    parser.add_argument("--anew", action="store_true", help="paint again what was made otherwise")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
