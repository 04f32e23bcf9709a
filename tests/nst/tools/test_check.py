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
from tests.corpus.pictures import COLOURS, corners, encoded, quadrants
from tests.nst.tools.support import run_tool

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
            writes={"clean": self.folder / "out.png", "thumbnail": self.folder / "thumb.jpg"},
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
    assert answer == {"ok": True, "width": 64, "height": 48, "sha256": digest}
    for made in ("out.png", "thumb.jpg"):
        with Image.open(run.folder / made) as image:
            assert image.mode == "RGB"
            np.testing.assert_allclose(corners(image), sample.colours or (), atol=8)


def test_transparency_survives_and_is_filled_in_once(run: Run) -> None:
    sample = _sample("layer.png")
    run.answer(sample.data)
    clean = load_image(run.folder / "out.png")
    assert clean.alpha is not None
    assert tuple(corners(clean.alpha)[:, 0]) == sample.alpha
    np.testing.assert_allclose(corners(clean.image), sample.colours or (), atol=1)
    with Image.open(run.folder / "thumb.jpg") as thumb:
        np.testing.assert_allclose(corners(thumb), sample.colours or (), atol=8)


def test_no_metadata_is_passed_on(run: Run) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    run.answer(encoded(quadrants(), "JPEG", exif=exif, comment=b"SECRET place"))
    for made in ("out.png", "thumb.jpg"):
        assert b"SECRET" not in (run.folder / made).read_bytes()


def test_large_pictures_are_brought_to_the_working_side(run: Run) -> None:
    data = encoded(quadrants(size=(1000, 500)), "PNG")
    answer = run.answer(data, working_side=300)
    assert (answer["width"], answer["height"]) == (300, 150)
    with Image.open(run.folder / "out.png") as image:
        assert image.size == (300, 150)
        np.testing.assert_allclose(corners(image), COLOURS, atol=1)
    run.answer(data)
    with Image.open(run.folder / "out.png") as image, Image.open(run.folder / "thumb.jpg") as thumb:
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
    assert (run.folder / "out.png").read_bytes() == b""
    assert (run.folder / "thumb.jpg").read_bytes() == b""


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


def test_memory_is_bounded(run: Run) -> None:
    data = encoded(Image.new("RGB", (7000, 7000)), "PNG")
    answer = run.answer(data, limits={"memory_mib": 300})
    assert answer["ok"] is False
    assert "memory" in answer["error"] or "could not be unpacked" in answer["error"]


def test_processor_time_is_bounded(run: Run) -> None:
    done = run(scan_bomb(), limits={"cpu_seconds": 1})
    assert done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}
    assert done.stdout == ""


def test_written_files_are_bounded(run: Run) -> None:
    data = encoded(Image.effect_noise((1500, 1500), 90), "PNG")
    done = run(data, limits={"file_mib": 1})
    assert json.loads(done.stdout)["ok"] is False
    assert (run.folder / "out.png").stat().st_size <= 2**20


def test_it_loads_neither_torch_nor_the_bot() -> None:
    code = (
        "import sys, nst.tools.__main__, nst.tools.check, nst.tools.results;"
        "print(sorted({'torch', 'torchvision', 'bot', 'asyncio'} & sys.modules.keys()))"
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
