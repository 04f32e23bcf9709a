"""Recordings, checkpoints and recipes from strangers: small files that would unpack to a lot."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from typer.testing import CliRunner

import nst
from nst.cli import app
from nst.recording_file import MAX_FRAMES
from tests.nst import runs

_MB = 2**20
_READ = """
import resource, sys
from nst import ImageError, Recording, ReportError, read_recipe
import nst.report, nst.recording, nst.images
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
try:
    {code}
    print("read", end=" ")
except (ReportError, ImageError) as error:
    print("refused", end=" ")
print(peak() - before)
"""


def _outcome(code: str, path: Path) -> tuple[str, int]:
    """Run code on a file in a process of its own; return what came of it, and how many MB."""
    script = _READ.format(code=code.format(path=str(path)))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    what, megabytes = done.stdout.split()
    return what, int(megabytes)


def _recording(path: Path, parts: dict[str, bytes], **changes: Any) -> None:
    """Write a recording whose parts are replaced, all packed."""
    whole = io.BytesIO()
    runs.recorded().save(path)
    with zipfile.ZipFile(path) as file:
        kept = {name: file.read(name) for name in file.namelist()}
    data = json.loads(kept["history.json"]) | changes
    kept["history.json"] = json.dumps(data).encode()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (kept | parts).items():
            file.writestr(name, content)
    path.write_bytes(whole.getvalue())


def _jpeg(side: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (side, side), 90).save(buffer, "JPEG", quality=10)
    return buffer.getvalue()


def _many_rows(path: Path) -> None:
    runs.recorded().save(path)
    with zipfile.ZipFile(path) as file:
        row = json.loads(file.read("history.json"))["history"][0]
    _recording(path, {}, history=[row] * 80_000)


def _empty_objects(path: Path) -> None:
    _recording(path, {"history.json": b'{"history": [' + b"{}," * 20_000_000 + b"{}]}"})


def _padded_frames(path: Path) -> None:
    padded = _jpeg(64) + bytes(20 * _MB)
    names = {f"frames/{number:03}.jpg": padded for number in range(12)}
    _recording(path, names)


def _large_recipe(path: Path) -> None:
    _recording(path, {"recipe.json": b'{"options": [' + b"[]," * 10_000_000 + b"[]]}"})


def _other_parts(path: Path) -> None:
    _recording(path, {f"more/{number}": bytes(50 * _MB) for number in range(3)})


@pytest.mark.slow
@pytest.mark.parametrize(
    "write", [_many_rows, _empty_objects, _padded_frames, _large_recipe, _other_parts]
)
def test_a_recording_is_refused_by_what_it_would_unpack_to(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "run.zip"
    write(path)
    assert path.stat().st_size < 3 * _MB
    what, megabytes = _outcome("Recording.load('{path}')", path)
    assert what == "refused"
    assert megabytes < 64
    done = CliRunner().invoke(app, ["report", str(path)])
    assert done.exit_code == 2
    assert "run.zip is not a recording of this program, or it is damaged" in done.stderr


def test_frames_that_say_they_are_huge_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    path, large = tmp_path / "run.zip", _jpeg(4096)
    _recording(path, {f"frames/{number:03}.jpg": large for number in range(12)})
    steps = list(range(1, 60))
    frames = {f"frames/{number:03}.jpg": large for number in range(len(steps))}
    _recording(path, frames, frame_steps=steps)
    what, megabytes = _outcome("Recording.load('{path}').pictures()", path)
    assert what == "refused"
    assert megabytes < 64


@pytest.mark.slow
def test_all_frames_together_are_shown_as_large_as_memory_allows(tmp_path: Path) -> None:
    """Sixteen small frames and a last one that would enlarge them all."""
    path = tmp_path / "run.zip"
    steps = list(range(1, 301))
    frames = {f"frames/{number:03}.jpg": _jpeg(32) for number in range(len(steps))}
    frames["frames/299.jpg"] = _jpeg(2048)
    _recording(path, frames, frame_steps=steps)
    code = "pictures = Recording.load('{path}').pictures(); assert len(pictures) == 300"
    what, megabytes = _outcome(code, path)
    assert what == "read"
    assert megabytes < 600
    runs.recorded(size=(256, 192)).save(path)
    assert {each.size for each in nst.Recording.load(path).pictures()} == {(256, 192)}


@pytest.mark.slow
@pytest.mark.parametrize("number", ["1e999", "1" + "0" * 400, "NaN", "null", '"9"', "[]"])
def test_numbers_that_are_none(number: str, tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    for name in ("step", "fraction", "total_loss", "seconds_left"):
        runs.recorded().save(path)
        with zipfile.ZipFile(path) as file:
            data = json.loads(file.read("history.json"))
        data["history"][0][name] = "HERE"
        text = json.dumps(data).replace('"HERE"', number)
        _recording(path, {"history.json": text.encode()})
        try:
            nst.make_report(path, loss_curve=tmp_path / "curve.png")
        except nst.ReportError as error:
            assert "run.zip is not a recording" in str(error)


@pytest.mark.parametrize("preset", ["$\\frac$", "x" * 10_000, "\n" * 50, None, ["$"]])
def test_words_of_a_recording_are_words(preset: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    recipe = json.dumps({"options": {"preset": preset, "size": "$_$"}}).encode()
    _recording(path, {"recipe.json": recipe})
    made = nst.make_report(path, loss_curve=tmp_path / "curve.png")
    assert made.files


@pytest.mark.slow
def test_the_longest_recording_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    recording = nst.Recording(frames=MAX_FRAMES, frame_size=16)
    for progress in runs.history(10_000):
        recording.note(progress, lambda _: Image.new("RGB", (16, 12)))
    recording.save(path)
    again = nst.Recording.load(path)
    assert len(again.history) == 10_000
    assert len(again.frames) == len(recording.frames)


def _png_with(text: str) -> bytes:
    buffer, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_itxt("nst", text, zip=True)
    Image.new("RGB", (32, 32)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "text", ['{"options": [' + "{}," * 300_000 + "{}]}", "[" * 50_000, '{"a":' * 9_000, "{}" * 9]
)
def test_recipes_are_small_or_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(_png_with(text))
    what, megabytes = _outcome("read_recipe('{path}')", path)
    assert what == "refused"
    assert megabytes < 32


@pytest.mark.parametrize(
    "changes",
    [
        {"styles": [{"weight": "heavy", "sha256": 7}, {"weight": None, "sha256": "x"}]},
        {"styles": {"weight": 1}, "content": "photo", "mask": ["x"]},
        {"styles": [{"sha256": {}, "mask": {}, "weight": float("inf")}], "content": 5},
        {"options": "none"},
        {"options": {"preset": ["draft"], "size": 10**30, "weights": {}}},
        {"options": {}},
    ],
)
def test_recipes_that_say_nonsense_are_words_or_taken_for_nothing(
    changes: dict[str, Any], photo: Image.Image, style: Image.Image, tmp_path: Path
) -> None:
    quick = nst.Options(preset=nst.Preset.DRAFT, size=64)
    recipe = {"options": quick.as_dict(), **changes}
    path = nst.save_image(photo.resize((64, 43)), tmp_path / "in.png", recipe=recipe)
    try:
        result = nst.continue_(path, photo, style, steps=0, device="cpu")
    except nst.NstError as error:
        assert "options" in changes, error
    else:
        assert result.image.width == 64
    out = tmp_path / "out.png"
    for name, image in (("photo.png", photo), ("style.png", style)):
        image.save(tmp_path / name)
    pictures = [str(tmp_path / name) for name in ("photo.png", "style.png")]
    done = CliRunner().invoke(
        app, ["continue", str(path), *pictures, "-o", str(out), "--steps", "0", "--device", "cpu"]
    )
    assert done.exit_code == (2 if "options" in changes else 0), done.output


def _npz(path: Path, compress: bool, **changes: Any) -> None:
    """Write over a checkpoint, whose fingerprint stays."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files} | changes
    with path.open("wb") as file:
        (np.savez_compressed if compress else np.savez)(file, **arrays)


def _claims(path: Path) -> None:
    """Let the picture's header claim 2.7 GB that are not there."""
    data = path.read_bytes()
    _npz(path, compress=False, picture=np.zeros((1, 3, 16, 16), np.float32))
    whole = path.read_bytes()
    assert b"(1, 3, 16, 16)" in whole
    path.write_bytes(whole.replace(b"(1, 3, 16, 16), }   ", b"(1,3,15000,15000),} "))
    assert data


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: _npz(path, compress=True, picture=np.zeros((1, 3, 6000, 6000), np.float32)),
        lambda path: _npz(path, compress=True, more=np.zeros(10**8, np.uint8)),
        lambda path: _npz(path, compress=False, picture=np.zeros((3, 32, 32), np.float32)),
        lambda path: _npz(path, compress=False, picture=np.zeros((1, 3, 0, 9), np.float32)),
        lambda path: _npz(path, compress=False, step=np.array(-5)),
        lambda path: _npz(path, compress=False, seconds=np.array(np.nan)),
        lambda path: _npz(path, compress=False, step=np.arange(3)),
        _claims,
    ],
)
def test_a_hostile_checkpoint_is_not_used(
    damage: Callable[[Path], None], photo: Image.Image, style: Image.Image, tmp_path: Path
) -> None:
    place = tmp_path / "state"
    quick = nst.Options(preset=nst.Preset.DRAFT, size=64)
    seen: list[int] = []

    def until(progress: nst.Progress) -> None:
        seen.append(progress.step)
        if progress.step == 3 and len(seen) == 3:
            raise KeyboardInterrupt

    def paint() -> None:
        nst.stylize(
            *(photo, style, quick),
            checkpoint=place, checkpoint_seconds=0, on_progress=until, device="cpu",
        )  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        paint()
    damage(place)
    paint()
    assert seen[3] == 1, "the run began anew"
