"""Files as people have them: kinds that come out black, discoloured or "damaged" elsewhere."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from nst.errors import ImageError
from nst.images import LoadedImage, load_image
from tests.corpus import kinds as made
from tests.corpus.good import Good
from tests.corpus.kinds import kinds
from tests.corpus.pictures import COLOURS, corners, encoded, quadrants

_PHOTO = Path(__file__).parents[2] / "backend" / "examples" / "photos" / "coffee.jpg"
_CASES = Path(os.environ.get("SHARED_CASES", Path(__file__).parents[2] / ".." / "shared" / "cases"))


@pytest.mark.parametrize("sample", kinds(), ids=lambda sample: sample.name)
def test_kinds_look_right(sample: Good) -> None:
    loaded = load_image(sample.data)
    assert loaded.image.size == sample.size
    np.testing.assert_allclose(corners(loaded.image), sample.colours or (), atol=sample.tolerance)
    opacity = None if loaded.alpha is None else tuple(corners(loaded.alpha)[:, 0])
    assert opacity == sample.alpha


def test_which_frame_was_taken_is_known() -> None:
    frames = {sample.name: load_image(sample.data) for sample in kinds()}
    for name, frame, count in (
        ("clear-first.gif", 2, 2),
        ("two-black-first.webp", 2, 2),
        ("clear-and-faint-first.webp", 3, 3),
        ("hidden-still.png", 1, 1),
        ("hidden-still-one-frame.png", 1, 1),
        ("pq-cicp.png", 1, 1),
    ):
        assert (frames[name].frame, frames[name].frames) == (frame, count), name


def test_nothing_to_see_is_refused() -> None:
    clear = Image.new("RGBA", (40, 30), (90, 20, 20, 0))
    frames = {"save_all": True, "append_images": [clear, clear]}
    for data in (encoded(clear, "PNG"), encoded(clear, "WEBP"), encoded(clear, "PNG", **frames)):
        with pytest.raises(ImageError, match="transparent everywhere"):
            load_image(data)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("u2", {"photometric": "palette", "colormap": np.zeros((3, 2**16), np.uint16)}),
        ("u2", {"photometric": "ycbcr", "subsampling": (1, 1)}),
        ("f4", {"photometric": "cielab"}),
        ("u1", {"photometric": "icclab"}),
        ("u1", {"photometric": "itulab"}),
    ],
)
def test_numbers_of_rare_meanings_are_refused_and_not_taken_for_colours(
    kind: str, more: dict[str, Any]
) -> None:
    file = io.BytesIO()
    values = np.asarray(quadrants()).astype(kind)
    tifffile.imwrite(file, values[..., 0] if "colormap" in more else values, metadata=None, **more)
    with pytest.raises(ImageError, match="of a rare kind"):
        load_image(file.getvalue())


def test_a_photo_that_lacks_its_last_part_is_completed() -> None:
    whole = load_image(_PHOTO).image
    for settings in ({}, {"progressive": True}, {"quality": 95, "subsampling": 0}):
        data = encoded(whole, "JPEG", **settings)
        for missing in (2, 9, len(data) // 100, len(data) // 20):
            shown = load_image(data[:-missing]).image
            away = np.abs(np.asarray(shown, dtype=int) - np.asarray(whole)).mean(axis=2)
            assert shown.size == whole.size
            assert away[: round(0.9 * len(away))].mean() < 6  # what is there is as it was
            assert away.mean() < 10  # and what is not goes on like it


@pytest.mark.parametrize("progressive", [False, True])
def test_a_photo_cut_in_half_is_refused(progressive: bool) -> None:
    data = encoded(load_image(_PHOTO).image, "JPEG", progressive=progressive)
    for share in (0.02, 0.3, 0.5):
        with pytest.raises(ImageError, match="damaged or cut off"):
            load_image(data[: round(share * len(data))])


def test_raw_photos_are_shown_by_a_large_preview_or_named() -> None:
    loaded = load_image(made.sensor_photo((1200, 800)))
    assert loaded.image.size == (1200, 800)
    np.testing.assert_allclose(corners(loaded.image), made.COLOURS, atol=8)
    for preview in (None, (80, 64)):
        with pytest.raises(ImageError, match=r"raw photo.*Export it as JPEG"):
            load_image(made.sensor_photo(preview))


def _boxed(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"isom" + bytes(300)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        *((_boxed(brand), "a video") for brand in (b"3gp4", b"3g2a", b"dash", b"mp42", b"M4V ",
                                                   b"qt  ", b"XAVC", b"f4v ", b"isml")),
        (b"\0\0\0\x08wide\0\0\x10\0mdat" + bytes(99), "a video"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(99), "a video"),
        (b"OggS\0\2" + bytes(22) + b"\x80theora" + bytes(99), "a video"),
        *((_boxed(brand), "sound recording") for brand in (b"M4A ", b"M4B ")),
        (b"OggS\0\2" + bytes(22) + b"OpusHead" + bytes(99), "sound recording"),
        (b"ID3\3" + bytes(99), "sound recording"),
        (b"\xff\xfb\x90\x64" + bytes(99), "sound recording"),
        (b"fLaC" + bytes(99), "sound recording"),
        (b"RIFF\0\1\0\0WAVEfmt " + bytes(99), "sound recording"),
        (b'\n{"nm":"hi","v":"5.9","fr":30,"ip":0,"op":9,"layers":[]}', "Lottie animation"),
        (b"\xff\x0a\xfa\x1f" + bytes(99), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "JPEG XL"),
        (b"v/1\x01\x02\x04" + bytes(99), "OpenEXR"),
        (_boxed(b"crx "), "raw photo"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(99), "raw photo"),
        (b"IIU\0\x18\0\0\0" + bytes(99), "raw photo"),
        (b"IIRO\x08\0\0\0" + bytes(99), "raw photo"),
        (bytes(128) + b"DICM" + bytes(99), "medical picture"),
        (b"gimp xcf v011" + bytes(99), "GIMP picture"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_named_with_the_way_out(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=rf"This file is .*{words}.*[Ee]xport"):
        load_image(data)


@pytest.mark.parametrize(
    "data",
    [
        made.with_scans(encoded(quadrants(), "JPEG", progressive=True), 200),
        b"\xff\xd8" + b"\xff" * 10_000_000,
        b"\xff\xd8\xff\xe0\0\4aa" + b"\xff\x01" * 5_000_000,
        made.many_chunks(500_000),
        made.long_strip_table(500_000),
        b"P6\n" + b"#\n" * 5_000_000 + b"64 48\n255\n" + bytes(64 * 48 * 3),
        b"Pf\n" + b" " * 5_000_000 + b"64 48\n-1\n" + bytes(64 * 48 * 4),
    ],
    ids=["scans", "fill bytes", "markers", "chunks", "strips", "comments", "blanks"],
)
def test_bombs_are_refused_before_anything_is_decoded(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", explode)
    with pytest.raises(ImageError, match="Save it anew"):
        load_image(data)


# the cases that the project was given; they are not part of this repository


def _cases() -> Mapping[str, dict[str, Any]]:
    listed = _CASES / "cases.json"
    return json.loads(listed.read_text()) if listed.exists() else {}


def _second_frame(loaded: LoadedImage, case: Mapping[str, Any]) -> None:
    assert (loaded.frame, loaded.frames) == (2, 2)
    _opaque(loaded, case)


def _opaque(loaded: LoadedImage, case: Mapping[str, Any]) -> None:
    np.testing.assert_allclose(corners(loaded.image), COLOURS, atol=case["tol"])
    assert loaded.alpha is None


def _shown(loaded: LoadedImage, case: Mapping[str, Any]) -> None:
    assert np.asarray(loaded.image)[-10:].std() > 5


def _bright(loaded: LoadedImage, case: Mapping[str, Any]) -> None:
    assert corners(loaded.image).max() > 150


def _contrast(loaded: LoadedImage, case: Mapping[str, Any]) -> None:
    assert np.ptp(corners(loaded.image)[:, 0]) > 200


def _alpha(loaded: LoadedImage, case: Mapping[str, Any]) -> None:
    assert loaded.alpha is not None
    assert loaded.alpha.getextrema() == (0, 255)


_WANTED = {
    "second frame": _second_frame,
    "opaque-or-refuse": _opaque,
    "refuse-or-full": _opaque,
    "shown": _shown,
    "bright": _bright,
    "contrast": _contrast,
    "alpha": _alpha,
}


@pytest.mark.parametrize("name", sorted(_cases()) or ["none"])
def test_shared_cases(name: str) -> None:
    if name == "none":
        pytest.skip(f"{_CASES} is not there")
    case = _cases()[name]
    want = case.get("want")
    data = (_CASES / "files" / name).read_bytes()
    if want == "words":
        with pytest.raises(ImageError, match=r"This file is (a|an) .*[Ee]xport"):
            load_image(data)
        return
    loaded = load_image(data)
    assert loaded.image.size == tuple(case.get("size", loaded.image.size))
    if isinstance(want, list):
        np.testing.assert_allclose(corners(loaded.image), want, atol=case["tol"])
    elif want:
        _WANTED[want](loaded, case)
