"""A recording of a run: which frames it takes, files, damage, resumed runs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst import Options, Preset, Recording, ReportError, stylize
from nst.options import Colours
from tests.nst import runs


def _note(recording: Recording, first: int, last: int, steps: int = 30) -> None:
    for progress in runs.history(steps)[first - 1 : last]:
        recording.note(progress, runs.showing(progress.step))


def test_frames_are_spread_over_the_way() -> None:
    recording = runs.recorded(steps=100, frames=11)
    steps = [frame.step for frame in recording.frames]
    assert len(steps) == 11
    assert steps[0] == 1
    assert steps[-1] == 100
    way = [(p.step / 100 + p.fraction) / 2 for p in recording.history]
    gaps = [way[b - 1] - way[a - 1] for a, b in pairwise(steps)]
    assert max(gaps) < 0.12
    assert min(gaps) > 0.08


@pytest.mark.parametrize("frames", [2, 7, 60, 300])
def test_there_are_never_more_frames_than_asked_for(frames: int) -> None:
    recording = runs.recorded(steps=50, frames=frames)
    assert 0.9 * min(frames, 50) <= len(recording.frames) <= min(frames, 50)
    assert recording.frames[-1].step == 50


def test_pictures_are_only_asked_for_when_due() -> None:
    asked: list[int] = []

    def take(side: int) -> Image.Image:
        asked.append(side)
        return runs.picture(0)

    recording = Recording(frames=5, frame_size=100)
    for progress in runs.history(1000):
        recording.note(progress, take)
    recording.finish({}, take)
    assert asked == [100] * 5


def test_a_run_that_was_stopped_ends_with_its_last_picture() -> None:
    recording = Recording(frames=3)
    _note(recording, 1, 10)
    recording.finish({"stopped_early": True}, runs.showing(10))
    assert [frame.step for frame in recording.frames] == [1, 10]
    assert recording.recipe == {"stopped_early": True}


def test_a_file_holds_everything(tmp_path: Path) -> None:
    recording = runs.recorded()
    recording.save(tmp_path / f"{'run' * 83}.zip")  # nearly as long as names may be
    (tmp_path / f"{'run' * 83}.zip").rename(tmp_path / "run.zip")
    again = Recording.load(tmp_path / "run.zip")
    assert list(again.history) == list(recording.history)
    assert list(again.frames) == list(recording.frames)
    assert again.recipe == recording.recipe
    assert [path.name for path in tmp_path.iterdir()] == ["run.zip"]
    with zipfile.ZipFile(tmp_path / "run.zip") as file:
        assert file.testzip() is None
        assert {"history.json", "recipe.json", "frames/000.jpg"} <= set(file.namelist())


def test_previews_are_not_kept() -> None:
    recording = Recording()
    progress = replace(runs.step(1, 30), preview=runs.picture(1))
    recording.note(progress, runs.showing(1))
    assert recording.history[0].preview is None


@pytest.mark.parametrize("resumed_at", [13, 21])
def test_a_resumed_run_appends_to_a_recording(tmp_path: Path, resumed_at: int) -> None:
    """The checkpoint may be older than the recording: what lies beyond it is painted again."""
    recording = Recording(frames=12)
    _note(recording, 1, 20)
    recording.save(tmp_path / "run.zip")
    again = Recording.load(tmp_path / "run.zip")
    _note(again, resumed_at, 30)
    again.finish({}, runs.showing(30))
    whole = runs.recorded(steps=30, frames=12)
    assert [p.step for p in again.history] == [*range(1, 31)]
    assert [frame.step for frame in again.frames] == [frame.step for frame in whole.frames]


def test_a_recording_may_start_in_the_middle() -> None:
    recording = Recording(frames=12)
    _note(recording, 16, 30)
    assert recording.frames[0].step == 16
    assert recording.frames[-1].step == 30


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)


def _rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    with zipfile.ZipFile(path) as file:
        data = json.loads(file.read("history.json"))
    change(data)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("history.json", json.dumps(data))


def _other_version(path: Path) -> None:
    _rewrite(path, lambda data: data.update(version=99))


def _words_for_numbers(path: Path) -> None:
    _rewrite(path, lambda data: data.update(history=[{"step": "many"}], frame_steps=[]))


def _nowhere(path: Path) -> None:
    _rewrite(path, lambda data: data["history"][-1].update(fraction=float("nan")))


def _missing_frames(path: Path) -> None:
    _rewrite(path, lambda data: None)


def _not_a_zip(path: Path) -> None:
    path.write_text("a letter")


@pytest.mark.parametrize(
    "damage",
    [_cut, _flip, _other_version, _words_for_numbers, _nowhere, _missing_frames, _not_a_zip],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "run.zip"
    runs.recorded().save(path)
    damage(path)
    with pytest.raises(ReportError, match=r"run.zip is not a recording .* or it is damaged"):
        Recording.load(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read: No such file"):
        Recording.load(tmp_path / "none.zip")
    with pytest.raises(ReportError, match="cannot be written"):
        runs.recorded().save(tmp_path / "no-folder" / "run.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("frames", "size"), [(1, 384), (2001, 384), (60, 8), (60, 5000)])
def test_numbers_out_of_range(frames: int, size: int) -> None:
    with pytest.raises(ReportError, match=r"2000|4096"):
        Recording(frames, size)


def test_frames_are_finished_when_they_are_shown(tmp_path: Path) -> None:
    """The photo's colours on the left, where the mask is white, and the photo on the right."""
    recording = runs.recorded(frames=3)
    grey = recording.pictures()[-1]
    photo = Image.new("RGB", (640, 480), (200, 60, 40))
    mask = Image.new("L", (64, 48))
    mask.paste(255, (0, 0, 32, 48))
    recording.begin(photo, colours=Colours.PHOTO, mask=mask)
    recording.save(tmp_path / "run.zip")
    again = Recording.load(tmp_path / "run.zip")
    for shown in again.pictures():
        assert shown.size == (64, 48)
        assert _distance(shown.crop((34, 0, 64, 48)), photo.resize((30, 48))) < 3
        red, green, blue = np.asarray(shown.crop((0, 0, 30, 48)), dtype=float).mean((0, 1))
        assert red > green + 50
        assert green > blue
    left = again.pictures(Colours.STYLE)[-1].crop((0, 0, 30, 48))
    assert _distance(left, grey.crop((0, 0, 30, 48))) < 1


def _distance(one: Image.Image, other: Image.Image) -> float:
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / len(one.tobytes())


@pytest.mark.slow
@pytest.mark.parametrize("colours", [Colours.STYLE, Colours.PHOTO])
def test_a_painting_is_recorded(photo: Image.Image, style: Image.Image, colours: Colours) -> None:
    recording = Recording(frames=10, frame_size=48)
    options = Options(preset=Preset.DRAFT, size=64, colours=colours)
    result = stylize(photo, style, options, device="cpu", recording=recording)
    assert tuple(recording.history) == result.history
    assert recording.recipe == result.recipe
    assert len(recording.frames) == 10
    last = recording.pictures()[-1]
    assert max(last.size) == 48
    wanted = result.image.resize(last.size, Image.Resampling.LANCZOS)
    # JPEG takes the edge off so small a picture; the first frame is something else altogether.
    assert _distance(last, wanted) < 16
    assert _distance(recording.pictures()[0], wanted) > 1.3 * _distance(last, wanted)
    for progress in recording.history:
        layers = progress.style_layer_losses
        assert layers
        assert sum(layers.values()) == pytest.approx(progress.style_loss, rel=1e-4)


def test_a_recording_from_before_terms_had_names(tmp_path: Path) -> None:
    """Rows with exactly these keys are in the files of version 0.1."""
    runs.recorded().save(tmp_path / "run.zip")
    row = {
        "step": 1,
        "steps": 2,
        "evaluations": 1,
        "fraction": 0.5,
        "width": 64,
        "height": 48,
        "total_loss": 6.5,
        "content_loss": 2.0,
        "style_loss": 4.0,
        "tv_loss": 0.5,
        "seconds": 0.25,
        "seconds_left": 0.25,
        "style_layer_losses": {"relu1_1": 4.0},
    }
    _rewrite(tmp_path / "run.zip", lambda data: data.update(history=[row], frame_steps=[]))
    (progress,) = Recording.load(tmp_path / "run.zip").history
    assert progress.losses == {"content": 2.0, "style": 4.0, "tv": 0.5}
    assert (progress.content_loss, progress.style_loss, progress.tv_loss) == (2.0, 4.0, 0.5)
    assert progress.total_loss == 6.5
