"""The check of a picture, in a process of its own: it lowers its own limits for good."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst.images import load_image
from nst.text import Text
from tests.corpus.bad import Bad, bad, scan_bomb
from tests.corpus.good import Good, good
from tests.corpus.kinds import kinds
from tests.corpus.pictures import COLOURS, corners, encoded, quadrants
from tests.nst.tools.support import run_tool

_PHOTO = Path(__file__).parents[3] / "backend" / "examples" / "photos" / "chelsea.jpg"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX resource limits")


@dataclass(frozen=True)
class Run:
    """One check of some bytes."""

    folder: Path

    def __call__(
        self, data: bytes, *, limits: Mapping[str, int] | None = None, **options: float
    ) -> subprocess.CompletedProcess[str]:
        (self.folder / "in").write_bytes(data)
        return run_tool(
            "check",
            reads={"source": [self.folder / "in"]},
            writes={"clean": self.folder / "out", "thumbnail": self.folder / "thumb.jpg"},
            options=options,
            limits=limits or {},
        )

    def answer(self, data: bytes, **options: Any) -> dict[str, Any]:
        done = self(data, **options)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == 1
        answer: dict[str, Any] = json.loads(done.stdout)
        if not answer["ok"]:
            answer["error"] = str(Text.from_dict(answer["error"]))
        return answer


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def _sample(name: str) -> Good:
    return next(sample for sample in good() if sample.name == name)


@pytest.mark.parametrize("name", ["turned-6.jpg", "wide.png", "phone.heic", "web.avif", "ink.jpg"])
def test_a_clean_copy_and_a_thumbnail_are_written(run: Run, name: str) -> None:
    sample = _sample(name)
    digest = hashlib.sha256(sample.data).hexdigest()
    answer = run.answer(sample.data)
    assert len(answer.pop("fingerprint")) == 16
    assert answer == {
        "ok": True,
        "suffix": ".webp" if name.endswith(".png") else ".jpg",
        "width": 64,
        "height": 48,
        "sha256": digest,
        "frame": 1,
        "frames": 1,
        "blank": False,
    }
    for made in ("out", "thumb.jpg"):
        with Image.open(run.folder / made) as image:
            assert image.mode == "RGB"
            np.testing.assert_allclose(corners(image), sample.colours or (), atol=8)


def test_transparency_survives_and_is_filled_in_once(run: Run) -> None:
    sample = _sample("layer.png")
    run.answer(sample.data)
    clean = load_image(run.folder / "out")
    assert clean.alpha is not None
    assert tuple(corners(clean.alpha)[:, 0]) == sample.alpha
    np.testing.assert_allclose(corners(clean.image), sample.colours or (), atol=1)
    with Image.open(run.folder / "thumb.jpg") as thumb:
        np.testing.assert_allclose(corners(thumb), sample.colours or (), atol=8)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "settings", "stored"),
    [
        ("JPEG", {"quality": 90}, "JPEG"),
        ("HEIF", {}, "JPEG"),
        ("WEBP", {"quality": 90}, "JPEG"),
        ("PNG", {}, "WEBP"),
        ("WEBP", {"lossless": True}, "WEBP"),
    ],
)
def test_clean_copies_are_small(run: Run, kind: str, settings: dict[str, Any], stored: str) -> None:
    picture = Image.open(_PHOTO).convert("RGB")
    data = encoded(picture, kind, **settings)
    run.answer(data)
    with Image.open(run.folder / "out") as clean:
        away = np.asarray(clean, dtype=int) - np.asarray(load_image(data).image)
        assert clean.format == stored
    assert np.abs(away).mean() < (1.5 if stored == "JPEG" else 0.001)
    plain = len(encoded(picture, "PNG"))
    assert (run.folder / "out").stat().st_size < (0.5 if stored == "JPEG" else 1) * plain


_LIBRARIES = ("pq-10.avif", "pq-10.heic", "pq-cicp.png", "twelve-bit.jpg", "light.hdr",
              "doubles.tiff", "rgb-float16-lzw.tiff", "picture-inside.dng",
              "no-eoi.jpg")  # fmt: skip


@pytest.mark.parametrize(
    "sample", [each for each in kinds() if each.name in _LIBRARIES], ids=lambda sample: sample.name
)
def test_decoders_that_are_loaded_late_work_in_isolation(run: Run, sample: Good) -> None:
    answer = run.answer(sample.data)
    assert (answer["width"], answer["height"]) == sample.size
    with Image.open(run.folder / "out") as clean:
        np.testing.assert_allclose(corners(clean), sample.colours or (), atol=sample.tolerance + 2)


def test_which_frame_was_taken_is_said(run: Run) -> None:
    empty = Image.new("RGBA", (64, 48))
    others = [quadrants(), quadrants(COLOURS[::-1])]
    answer = run.answer(encoded(empty, "WEBP", save_all=True, append_images=others, lossless=True))
    assert (answer["frame"], answer["frames"]) == (2, 3)


@pytest.mark.slow
def test_pictures_of_one_colour_are_said_to_be_blank(run: Run) -> None:
    assert run.answer(encoded(Image.new("RGB", (64, 48), "red"), "JPEG"))["blank"]
    ring = Image.new("LA", (64, 48), (255, 0))
    ring.paste((255, 255), (20, 20, 40, 40))  # white on nothing
    assert not run.answer(encoded(ring, "PNG"))["blank"]


def test_no_metadata_is_passed_on(run: Run) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    run.answer(encoded(quadrants(), "JPEG", exif=exif, comment=b"SECRET place"))
    for made in ("out", "thumb.jpg"):
        assert b"SECRET" not in (run.folder / made).read_bytes()


@pytest.mark.slow
def test_large_pictures_are_brought_to_the_working_side(run: Run) -> None:
    data = encoded(quadrants(size=(1000, 500)), "PNG")
    answer = run.answer(data, working_side=300)
    assert (answer["width"], answer["height"]) == (300, 150)
    with Image.open(run.folder / "out") as image:
        assert image.size == (300, 150)
        np.testing.assert_allclose(corners(image), COLOURS, atol=1)
    run.answer(data)
    with Image.open(run.folder / "out") as image, Image.open(run.folder / "thumb.jpg") as thumb:
        assert image.size == (1000, 500)
        assert thumb.size == (384, 192)


@pytest.mark.parametrize(
    "sample", [each for each in bad() if each.name in {"empty.png", "paper.pdf", "promise.png"}],
    ids=lambda sample: sample.name,
)  # fmt: skip
def test_refusals_are_words_and_leave_nothing(run: Run, sample: Bad) -> None:
    answer = run.answer(sample.data)
    assert set(answer) == {"ok", "error"}
    assert answer["ok"] is False
    assert str(run.folder) not in answer["error"]
    assert (run.folder / "out").read_bytes() == b""
    assert (run.folder / "thumb.jpg").read_bytes() == b""


@pytest.mark.slow
def test_limits_come_from_the_request(run: Run) -> None:
    data = encoded(quadrants(), "PNG")
    for option, value, words in (
        ("max_bytes", 100, "larger than 1 kB"),
        ("max_pixels", 100, "megapixels"),
        ("max_side", 50, "more than 50"),
        ("min_side", 50, "at least 50"),
        ("max_aspect", 1.25, "at most 1.25 times"),
    ):
        assert words in run.answer(data, **{option: value})["error"]


@pytest.mark.slow
def test_memory_is_bounded(run: Run) -> None:
    data = encoded(Image.new("RGB", (7000, 7000)), "PNG")
    answer = run.answer(data, limits={"memory_mib": 300})
    assert answer["ok"] is False
    assert "memory" in answer["error"] or "could not be unpacked" in answer["error"]


@pytest.mark.slow
def test_processor_time_is_bounded(run: Run) -> None:
    done = run(scan_bomb(), limits={"cpu_seconds": 1})
    assert done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}
    assert done.stdout == ""


@pytest.mark.slow
def test_written_files_are_bounded(run: Run) -> None:
    data = encoded(Image.effect_noise((1500, 1500), 90), "PNG")
    done = run(data, limits={"file_mib": 1})
    assert json.loads(done.stdout)["ok"] is False
    assert all(path.stat().st_size <= 2**20 for path in run.folder.glob("out"))


def test_it_loads_neither_torch_nor_the_bot() -> None:
    code = (
        "import sys, nst.tools.__main__, nst.tools.check, nst.tools.results;"
        "print(sorted({'torch', 'torchvision', 'backend', 'bot', 'asyncio'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[]"]


@pytest.mark.parametrize(
    "arguments", [(), ("check",), ("check", "{"), ("check", "[]"), ("cook", "{}")]
)
def test_what_is_no_request_ends_with_status_2(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "nst.tools", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Not a request" in done.stderr
    assert done.stdout == ""
