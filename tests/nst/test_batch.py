"""Many photos: as a library and from the command line."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

import nst
from nst import transfer
from nst.cli import app
from tests.nst.conftest import EXAMPLES

pytestmark = pytest.mark.usefixtures("few_steps")

_QUICK = nst.Options(preset=nst.Preset.DRAFT, size=64)
_FLAGS = ("--preset", "draft", "--size", "64", "--device", "cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos, a file that claims to be one, one that does not, and two styles."""
    root = tmp_path_factory.mktemp("pictures")
    (root / "photos").mkdir()
    (root / "styles").mkdir()
    for kind, names in (("photos", ("chelsea", "coffee")), ("styles", ("night_wind", "oil"))):
        for name in names:
            source = EXAMPLES / kind / f"{name.replace('oil', 'cubist_harbour')}.jpg"
            image = nst.load_image(source).image
            image.thumbnail((96, 96))
            image.save(root / kind / f"{name}.jpg", quality=90)
    (root / "photos" / "broken.JPG").write_bytes(b"no picture")
    (root / "photos" / "notes.txt").write_text("no picture")
    (root / "photos" / ".hidden.jpg").write_bytes(b"no picture")
    return root


def _stylize(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["stylize", *map(str, arguments), *_FLAGS])


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.slow
def test_results_come_one_by_one_and_failures_do_not_end_the_rest(
    photo: Image.Image, style: Image.Image
) -> None:
    taken: list[str] = []

    def photos() -> Iterator[Image.Image | bytes]:
        for name, source in (("first", photo), ("broken", b"no picture"), ("second", photo)):
            taken.append(name)
            yield source

    steps: list[int] = []
    many = nst.stylize_many(
        photos(), style, _QUICK, device="cpu", on_progress=lambda each: steps.append(each.step)
    )
    assert taken == []
    first = next(many)
    assert taken == ["first"]
    assert first.content is photo
    assert first.error is None
    assert first.result is not None
    assert len(steps) == len(first.result.history)
    alone = nst.stylize(photo, style, _QUICK, device="cpu")
    assert np.array_equal(first.result.numpy(), alone.numpy())
    broken, second = many
    assert broken.result is None
    assert isinstance(broken.error, nst.ImageError)
    assert broken.content == b"no picture"
    assert second.result is not None


def test_what_would_spoil_all_is_said_at_once(photo: Image.Image, style: Image.Image) -> None:
    blank, black = Image.new("RGB", (64, 64), "red"), Image.new("L", (64, 64))
    with pytest.raises(nst.ImageError, match="blank"):
        nst.stylize_many([photo], blank)
    with pytest.raises(nst.OptionsError, match="black everywhere"):
        nst.stylize_many([photo], style, mask=black)
    with pytest.raises(nst.DeviceError):
        nst.stylize_many([photo], style, device="cuda:99")
    with pytest.raises(nst.OptionsError, match="size"):
        nst.stylize_many([photo], style, size=1)
    with pytest.raises(TypeError, match="brush"):
        nst.stylize_many([photo], style, brush=1)
    with pytest.raises(nst.ImageError, match="a list of them"):
        nst.stylize_many("photo.jpg", style)


def test_faults_that_nst_does_not_know_do_not_end_the_rest_either(
    photo: Image.Image, style: Image.Image
) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ZeroDivisionError

    broken, fine = nst.stylize_many([Broken(), photo], style, _QUICK, device="cpu")
    assert isinstance(broken.error, ZeroDivisionError)
    assert fine.result is not None


@pytest.mark.slow
def test_arrays_of_photos_and_masks(photo: Image.Image, style: Image.Image) -> None:
    mask = Image.new("L", photo.size)
    mask.paste(255, (0, 0, 40, photo.height))
    pair = np.stack([np.asarray(photo), np.asarray(photo)[:, ::-1]])
    results = [each.result for each in nst.stylize_many(pair, style, _QUICK, mask=mask)]
    for array, result in zip(pair, results, strict=True):
        assert result is not None
        alone = nst.stylize(np.ascontiguousarray(array), style, _QUICK, mask=mask)
        assert np.array_equal(result.numpy(), alone.numpy())


@pytest.mark.parametrize("before", [True, False])
def test_stopping_ends_the_rest(before: bool, photo: Image.Image, style: Image.Image) -> None:
    count = 0

    def stop() -> bool:
        nonlocal count
        count += 1
        return before or count == 4  # the third step of the first photo

    many = list(nst.stylize_many([photo, photo], style, _QUICK, should_stop=stop, device="cpu"))
    if before:
        assert many == []
    else:
        (only,) = many
        assert only.result is not None
        assert only.result.stopped


def test_a_folder_is_painted_into_a_folder(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    done = _stylize(folder / "photos", folder / "styles" / "oil.jpg", "-o", out)
    assert done.exit_code == 1, done.output
    assert _names(out) == ["chelsea.png", "coffee.png"]
    assert done.stdout == f"{out}: 2 painted, 1 failed.\n"
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert len(errors) == 1
    assert "broken.JPG: This file is not a picture I can read" in errors[0]
    assert f"{out / 'coffee.png'}: 64×" in done.stderr


@pytest.mark.slow
def test_globs_several_styles_and_what_is_there_already(folder: Path, tmp_path: Path) -> None:
    photos, out = f"{folder}/photos/c*.jpg", f"{tmp_path}/"
    done = _stylize(photos, folder / "styles", "-o", out, "--format", "jpg", "-q")
    assert (done.exit_code, done.output) == (0, "")
    wanted = [
        f"{photo}-{style}.jpg" for photo in ("chelsea", "coffee") for style in ("night_wind", "oil")
    ]
    assert _names(tmp_path) == wanted
    digests = {nst.read_recipe(tmp_path / name)["styles"][0]["sha256"] for name in wanted}
    assert len(digests) == 2
    before = {name: (tmp_path / name).read_bytes() for name in wanted}
    (tmp_path / wanted[0]).unlink()
    done = _stylize(
        *(folder / "photos" / "chelsea.jpg", folder / "photos" / "coffee.jpg"),
        *(folder / "styles" / "night_wind.jpg", "--each-style", folder / "styles" / "oil.jpg"),
        *("-o", out, "--format", "jpg", "--skip-existing"),
    )
    assert done.exit_code == 0, done.output
    assert "1 painted, 3 skipped." in done.stdout
    assert {name: (tmp_path / name).read_bytes() for name in wanted} == before
    done = _stylize(
        photos, f"{folder}/styles/*.jpg", "-o", out, "--format", "jpg", "--skip-existing"
    )
    assert done.stdout == f"{tmp_path}: 4 skipped.\n"


def test_style_options_hold_for_every_photo(folder: Path, tmp_path: Path) -> None:
    """A second style that is mixed in, and a mask."""
    half = Image.new("L", (96, 64))
    half.paste(255, (0, 0, 48, 64))
    half.save(tmp_path / "half.png")
    one, other = (folder / "styles" / f"{name}.jpg" for name in ("oil", "night_wind"))
    done = _stylize(
        *(f"{folder}/photos/c*.jpg", f"{one}:.00002", "--style", other, "-o", tmp_path / "out"),
        *("--mask", tmp_path / "half.png", "--strength", "80"),
    )
    assert done.exit_code == 0, done.output
    for path in (tmp_path / "out").iterdir():
        recipe = nst.read_recipe(path)
        assert [style["weight"] for style in recipe["styles"]] == [0.00002, 1.0]
        assert recipe["mask"] == nst.load_image(tmp_path / "half.png").sha256
        assert recipe["options"]["strength"] == 80
    assert _names(tmp_path / "out") == ["chelsea.png", "coffee.png"]


def test_one_photo_is_painted_into_a_folder_with_a_slash(folder: Path, tmp_path: Path) -> None:
    photo, style = folder / "photos" / "coffee.jpg", folder / "styles" / "oil.jpg"
    assert _stylize(photo, style, "-o", f"{tmp_path}/new/").exit_code == 0
    assert _names(tmp_path / "new") == ["coffee.png"]


def test_a_single_result_is_skipped_unless_it_was_stopped_early(
    folder: Path, tmp_path: Path
) -> None:
    photo, style = folder / "photos" / "coffee.jpg", folder / "styles" / "oil.jpg"
    out = tmp_path / "out.png"
    stopped = nst.stylize(photo, style, _QUICK, should_stop=lambda: True, device="cpu")
    stopped.save(out)
    done = _stylize(photo, style, "-o", out, "--skip-existing")
    assert done.stdout.startswith(f"{out}: 64×")
    done = _stylize(photo, style, "-o", out, "--skip-existing")
    assert done.stdout == f"{out} is there already.\n"


def test_a_broken_style_does_not_end_the_others(folder: Path, tmp_path: Path) -> None:
    done = _stylize(
        *(f"{folder}/photos/c*.jpg", folder / "styles" / "oil.jpg"),
        *("--each-style", folder / "photos" / "broken.JPG", "-o", tmp_path),
    )
    assert done.exit_code == 1
    assert _names(tmp_path) == ["chelsea-oil.png", "coffee-oil.png"]
    assert done.stdout == f"{tmp_path}: 2 painted, 2 failed.\n"
    assert done.stderr.count("broken.JPG: This file is not a picture") == 1


def test_results_of_the_same_name_are_told_apart(folder: Path, tmp_path: Path) -> None:
    photo = folder / "photos" / "coffee.jpg"
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "x.jpg").write_bytes(photo.read_bytes())
    done = _stylize(f"{tmp_path}/*/x.jpg", folder / "styles" / "oil.jpg", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert _names(tmp_path / "out") == ["one-x-jpg.png", "two-x-jpg.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("photos/*.gif", "styles/oil.jpg", "-o", "out/"), "no picture that matches photos/*.gif"),
        (("empty", "styles/oil.jpg", "-o", "out/"), "no picture in the folder empty"),
        (("photos", "styles/oil.jpg", "-o", "photos/notes.txt"), "notes.txt is a file"),
        (("photos", "styles/oil.jpg", "-o", "photos", "--format", "jpg"), "one of the inputs"),
        (("photos", "styles", "-o", "out", "--sheet", "s.png"), "are for one picture"),
        (("photos", "styles", "-o", "out", "--checkpoint", "c"), "are for one picture"),
        (("photos", "styles/oil.jpg", "-o", "out", "--mask", "none.png"), "cannot be read"),
        (("photos", "none.jpg", "-o", "out"), "none.jpg cannot be read"),
        (("twins", "styles/oil.jpg", "-o", "out"), "would be called"),
        (("", "styles/oil.jpg", "-o", "out.png"), "A name is empty"),
        (("photos/coffee.jpg", "", "-o", "out.png"), "A name is empty"),
        (("photos/coffee.jpg", "styles/oil.jpg", "-o", ""), "A name is empty"),
        (("photos", "styles/oil.jpg", "-o", "twins/a.jpg/out"), "a.jpg/out: Not a directory"),
        (("x" * 300, "styles/oil.jpg", "-o", "out"), "xx: File name too long"),
        (("photos/coffee.jpg", "styles/oil.jpg", "-o", "x" * 300), "xx: File name too long"),
    ],
)
def test_mistakes_are_one_line_before_any_work(
    arguments: tuple[str, ...],
    words: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(transfer, "stylize")
    for name in ("photos", "styles"):
        (tmp_path / name).symlink_to(folder / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "twins").mkdir()
    for name in ("a", "A"):
        (tmp_path / "twins" / f"{name}.jpg").write_bytes(b"")
    done = _stylize(*arguments)
    assert done.exit_code == 2, done.output
    (line,) = done.stderr.splitlines()
    assert words in line


@pytest.mark.slow
def test_an_interrupt_keeps_the_picture_and_ends_the_rest(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nst", "stylize", str(folder / "photos" / "c*.jpg")]
    options = ["--preset", "fine", "--size", "128", "--device", "cpu"]
    with subprocess.Popen(
        [*command, str(folder / "styles" / "oil.jpg"), "-o", f"{tmp_path}/", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "step 1/" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stdout.endswith(": 1 painted, stopped early.\n")
    assert nst.read_recipe(tmp_path / "chelsea.png")["stopped_early"]
