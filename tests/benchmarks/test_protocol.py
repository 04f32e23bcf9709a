"""The protocol over two contents and two styles: interrupted, gone on with, judged, refused."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch.nn import functional

from benchmarks.protocol import main
from benchmarks.protocol_measures import frechet_distance, structural_distance
from benchmarks.protocol_pairs import find_pairs
from nst import OptionsError, Progress
from tests.nst.conftest import EXAMPLES

NAMES = {f"{content}_{style}" for content in ("cat", "cup") for style in ("ink", "oil")}
JUDGES = ("VGG19 style", "VGG19 content", "other style", "other content")


class _Protocol:
    """Two contents and two styles of 64 px, and the command over them."""

    def __init__(self, folder: Path) -> None:
        self.contents, self.styles = folder / "contents", folder / "styles"
        self.out = folder / "out"
        for kind, target, names in (
            ("photos", self.contents, {"cat": "chelsea", "cup": "coffee"}),
            ("styles", self.styles, {"ink": "pencil_valley", "oil": "night_wind"}),
        ):
            target.mkdir()
            for name, source in names.items():
                with Image.open(EXAMPLES / kind / f"{source}.jpg") as picture:
                    picture.resize((64, 64)).save(target / f"{name}.png")

    def __call__(self, *more: str, after: int | None = None) -> int:
        """Run the command; interrupt it in the picture after so many, if asked for."""
        done = 0

        def interrupt(progress: Progress) -> None:
            nonlocal done
            if done == after and progress.step == 2:
                raise KeyboardInterrupt
            done += progress.step == progress.steps

        out = () if "-o" in more else ("-o", str(self.out))
        small = ("--size", "64", "--preset", "draft", "--device", "cpu")
        return main([str(self.contents), str(self.styles), *out, *small, *more], interrupt)

    def pictures(self) -> dict[str, int]:
        """Return when each picture was written."""
        return {path.stem: path.stat().st_mtime_ns for path in self.out.glob("pictures/*")}

    def figures(self, out: Path | None = None) -> dict[str, dict[str, str]]:
        with ((out or self.out) / "pairs.csv").open(newline="") as file:
            return {row["pair"]: row for row in csv.DictReader(file)}

    def summary(self, out: Path | None = None) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(((out or self.out) / "summary.json").read_text())
        return found


@pytest.fixture
def protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Protocol:
    # VGG19 for CFSD and AlexNet for LPIPS are downloads of hundreds of megabytes.
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr("benchmarks.protocol_measures.vgg19", refuse)
    monkeypatch.setitem(sys.modules, "lpips", None)
    monkeypatch.setitem(sys.modules, "art_fid", None)
    return _Protocol(tmp_path)


@pytest.mark.slow
def test_four_pairs_from_an_interruption_to_the_table(
    protocol: _Protocol, capsys: pytest.CaptureFixture[str]
) -> None:
    assert protocol(after=2) == 130
    assert "goes on from here" in capsys.readouterr().err
    first = protocol.pictures()
    assert len(first) == 2

    cut = protocol.out / "pictures" / f"{min(first)}.png"
    cut.write_bytes(cut.read_bytes()[:-500])
    assert protocol() == 0

    then = protocol.pictures()
    assert set(then) == NAMES
    assert {name for name in first if then[name] != first[name]} == {cut.stem}
    table = capsys.readouterr().out
    assert "4 of 4 pairs" in table
    assert "LPIPS is left out" in table

    figures, summary = protocol.figures(), protocol.summary()
    assert set(figures) == NAMES
    assert all(float(row[name]) > 0 for row in figures.values() for name in (*JUDGES, "seconds"))
    assert summary["judged"] == summary["pairs"] == 4
    assert summary["failed"] == {}
    mean = sum(float(row["other style"]) for row in figures.values()) / 4
    assert summary["mean"]["other style"] == pytest.approx(mean)
    assert summary["mean"]["ArtFID"] is None
    assert summary["options"]["preset"] == "draft"

    assert protocol() == 0  # again: nothing is painted, nothing judged otherwise
    assert protocol.pictures() == then
    assert protocol.figures() == figures

    assert protocol("--strength", "70") == 2
    assert "strength 50, now 70" in capsys.readouterr().err
    assert protocol.pictures() == then

    theirs = protocol.out.parent / "theirs"
    theirs.mkdir()
    for name in sorted(NAMES)[:3]:
        content, style = name.split("_")
        shutil.copy(
            protocol.out / "pictures" / f"{name}.png", theirs / f"{content}_stylized_{style}.png"
        )
    judged = protocol.out.parent / "judged"
    assert protocol("--results", str(theirs), "-o", str(judged)) == 1
    assert "There is no picture" in protocol.summary(judged)["failed"][max(NAMES)]
    ours, other = figures[min(NAMES)], protocol.figures(judged)[min(NAMES)]
    assert [ours[name] for name in JUDGES] == [other[name] for name in JUDGES]


@pytest.mark.slow
def test_a_pair_that_fails_and_an_input_that_changes(
    protocol: _Protocol, capsys: pytest.CaptureFixture[str]
) -> None:
    (protocol.contents / "broken.png").write_bytes(b"no picture")
    (protocol.styles / "ink.png").write_bytes(b"no picture")
    assert protocol() == 1
    assert set(protocol.pictures()) == {"cat_oil", "cup_oil"}
    failed = protocol.summary()["failed"]
    assert set(failed) == {"broken_ink", "broken_oil", "cat_ink", "cup_ink"}
    assert all(failed.values())

    (protocol.contents / "broken.png").unlink()
    (protocol.styles / "ink.png").unlink()
    shutil.copy(protocol.contents / "cup.png", protocol.contents / "cat.png")
    assert protocol() == 2
    assert "another cat.png" in capsys.readouterr().err
    before, old = protocol.pictures(), protocol.figures()
    assert protocol("--anew") == 0
    after = protocol.pictures()
    assert after["cup_oil"] == before["cup_oil"]
    assert after["cat_oil"] != before["cat_oil"]
    assert protocol.figures()["cat_oil"]["other content"] != old["cat_oil"]["other content"]


def test_pairs_are_sampled_and_their_names_are_their_own(tmp_path: Path) -> None:
    folders = tmp_path / "contents", tmp_path / "styles"
    for folder, names in zip(folders, ("abc", "uvw"), strict=True):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.png").touch()
    pairs = find_pairs(*folders, None)
    assert len(pairs) == len({pair.name for pair in pairs}) == 9
    assert [pair.style.stem for pair in pairs] == sorted(pair.style.stem for pair in pairs)
    some = find_pairs(*folders, 3)
    assert {pair.style.stem for pair in some} == {"u", "v", "w"}

    (folders[0] / "a_u.png").touch()
    (folders[1] / "u_u.png").touch()
    with pytest.raises(OptionsError, match="would both be called a_u_u"):
        find_pairs(*folders, None)
    with pytest.raises(OptionsError, match="no picture"):
        find_pairs(tmp_path, folders[1], None)


def test_structural_distance_is_the_divergence_of_similarities() -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = (torch.rand(1500, 8, generator=generator) * 40 for _ in range(2))
    assert structural_distance(theirs, theirs) == pytest.approx(0, abs=1e-6)
    found, wanted = ((each / 8) @ (each / 8).T for each in (ours, theirs))
    expected = functional.kl_div(
        found.log_softmax(-1)[None].double(), wanted.softmax(-1)[None].double(), reduction="sum"
    )
    assert structural_distance(ours, theirs) == pytest.approx(float(expected), rel=1e-4)


def test_frechet_distance_is_that_of_two_normal_distributions() -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = (
        torch.randn(50, 6, generator=generator) @ torch.diag(torch.arange(1.0, 7)) for _ in range(2)
    )
    theirs = theirs * 1.5 + 1
    found, wanted = (each.double().T.cov() for each in (ours, theirs))
    root = torch.linalg.eigvals(found @ wanted).sqrt().real.sum()
    apart = (ours.mean(0) - theirs.mean(0)).double().square().sum()
    expected = apart + found.trace() + wanted.trace() - 2 * root
    assert frechet_distance(ours, theirs) == pytest.approx(float(expected), rel=1e-6)
    # Fewer pictures than features, as in the protocol: the same pictures are at no distance.
    few = torch.randn(5, 40, generator=generator)
    assert frechet_distance(few, few.flip(0)) == pytest.approx(0, abs=1e-9)
