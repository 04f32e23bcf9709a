"""Reading and writing pictures, over the whole corpus."""

from __future__ import annotations

import errno
import hashlib
import io
import re
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from nst.errors import ImageError
from nst.formats import readable_formats
from nst.images import load_image, read_recipe, save_image, thumbnail
from nst.limits import Limits, megabytes
from tests.corpus.bad import Bad, bad, damaged
from tests.corpus.good import Good, good
from tests.corpus.pictures import COLOURS, SIZE, corners, encoded, quadrants


@pytest.mark.parametrize("sample", good(), ids=lambda sample: sample.name)
def test_good_files_look_right(sample: Good) -> None:
    loaded = load_image(sample.data)
    assert loaded.image.mode == "RGB"
    assert loaded.image.size == sample.size
    if sample.colours is not None:
        np.testing.assert_allclose(corners(loaded.image), sample.colours, atol=sample.tolerance)
    if sample.alpha is None:
        assert loaded.alpha is None
    else:
        assert loaded.alpha is not None
        assert loaded.alpha.mode == "L"
        assert tuple(corners(loaded.alpha)[:, 0]) == sample.alpha


@pytest.mark.parametrize("sample", bad(), ids=lambda sample: sample.name)
def test_bad_files_are_refused_in_words(sample: Bad) -> None:
    with pytest.raises(ImageError, match=sample.words):
        load_image(sample.data)


@pytest.mark.parametrize("sample", damaged(), ids=lambda sample: sample.name)
def test_damaged_files_load_or_are_refused_in_words(sample: Bad) -> None:
    try:
        assert load_image(sample.data).image.mode == "RGB"
    except ImageError as error:
        assert re.search(sample.words, str(error))


_FILES = [sample.data for sample in good()] + [sample.data for sample in damaged()]
_SAMPLES = [data for data in _FILES if len(data) < 20_000]


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    data=st.sampled_from(_SAMPLES),
    places=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 20_000),
)
def test_mutated_files_never_raise_anything_else(
    data: bytes, places: list[tuple[int, int]], cut: int
) -> None:
    mutated = bytearray(data)
    for place, value in places:
        mutated[place % len(mutated)] = value
    with suppress(ImageError):
        load_image(bytes(mutated[: max(cut, 1)]))


@given(data=st.binary(max_size=2000))
def test_noise_never_raises_anything_else(data: bytes) -> None:
    with suppress(ImageError):
        load_image(data)


def test_sources_of_every_kind_give_the_same_picture(tmp_path: Path) -> None:
    data = encoded(quadrants(), "PNG")
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    for source in (path, str(path), data, io.BytesIO(data)):
        loaded = load_image(source)
        assert loaded.sha256 == digest
        assert loaded.image.size == SIZE


def test_paths_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"missing\.png cannot be read: No such file"):
        load_image(tmp_path / "missing.png")
    with pytest.raises(ImageError, match=r"cannot be read: Is a directory"):
        load_image(tmp_path)
    with pytest.raises(ImageError, match=r"cannot be read: .*null"):
        load_image("pict\0ure.png")


@pytest.mark.parametrize("as_path", [False, True], ids=["bytes", "path"])
def test_byte_limit_is_named_and_its_edge_allowed(tmp_path: Path, as_path: bool) -> None:
    data = encoded(quadrants(), "BMP")
    path = tmp_path / "picture.bmp"
    path.write_bytes(data)
    source = path if as_path else data
    assert load_image(source, limits=Limits(max_bytes=len(data))).image.size == SIZE
    with pytest.raises(ImageError, match=r"larger than 10 kB, the limit"):
        load_image(source, limits=Limits(max_bytes=len(data) - 1))
    with pytest.raises(ImageError, match=r"is 10 kB; the limit is 5 kB"):
        load_image(source, limits=Limits(max_bytes=5 * 1024))


def test_a_stream_is_read_to_the_limit_and_no_further() -> None:
    endless = io.BytesIO(bytes(10_000))
    with pytest.raises(ImageError, match="larger than 1 kB, the limit"):
        load_image(endless, limits=Limits(max_bytes=1024))
    assert endless.tell() == 1025


def test_nothing_is_decoded_beyond_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", explode)
    with pytest.raises(ImageError, match=r"limit is 0\.1 megapixels"):
        load_image(encoded(quadrants(size=(400, 300)), "PNG"), limits=Limits(max_pixels=100_000))


def test_without_pillow_heif_the_other_formats_still_load(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    readable_formats.cache_clear()
    assert load_image(encoded(quadrants(), "PNG")).image.size == SIZE
    assert "HEIC pictures cannot be read" in caplog.text
    readable_formats.cache_clear()


def test_running_out_of_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: object) -> None:
        raise MemoryError

    data = encoded(quadrants(), "PNG")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", exhaust)
    with pytest.raises(ImageError, match="more memory to unpack than is allowed"):
        load_image(data)


def test_a_broken_profile_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    load_image(encoded(quadrants(), "PNG", icc_profile=b"noise"))
    assert "Embedded colour profile ignored" in caplog.text


def test_metadata_does_not_stick_to_the_picture() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera's maker"
    data = encoded(quadrants(), "JPEG", comment=b"where I live", exif=exif)
    assert load_image(data).image.info == {}


RECIPE = {"strength": 50, "colours": "Übermut — 色", "hashes": ["ab", "cd"], "nested": {"a": None}}


@pytest.mark.parametrize("suffix", [".png", ".webp", ".jpg", ".jpeg", ".PNG"])
def test_a_recipe_comes_back(tmp_path: Path, suffix: str) -> None:
    path = save_image(quadrants(), tmp_path / f"result{suffix}", recipe=RECIPE)
    assert path == tmp_path / f"result{suffix}"
    assert read_recipe(path) == RECIPE
    assert read_recipe(str(path)) == RECIPE
    np.testing.assert_allclose(corners(load_image(path).image), COLOURS, atol=6)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".jpg"])
def test_results_are_tagged_as_srgb(tmp_path: Path, suffix: str) -> None:
    path = save_image(quadrants(), tmp_path / f"result{suffix}", recipe=None)
    with Image.open(path) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


def test_png_results_come_back_bit_for_bit(tmp_path: Path) -> None:
    picture = Image.effect_noise((90, 70), 80).convert("RGB")
    loaded = load_image(save_image(picture, tmp_path / "result.png", recipe=RECIPE))
    assert loaded.image.tobytes() == picture.tobytes()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("plain.png", encoded(quadrants(), "PNG"), "carries no recipe"),
        ("plain.heic", encoded(quadrants(), "HEIF"), "carries no recipe"),
        ("text.txt", b"hello there", "not a picture I can read"),
    ],
)
def test_files_without_a_recipe_are_told_apart(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageError, match=words):
        read_recipe(tmp_path / name)


@pytest.mark.parametrize("comment", [b"", b"ASCII\0\0\0a nice day", b"ASCII\0\0\0nst [1]", b"\xff"])
def test_comments_of_others_are_no_recipe(tmp_path: Path, comment: bytes) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = comment
    (tmp_path / "photo.jpg").write_bytes(encoded(quadrants(), "JPEG", exif=exif))
    with pytest.raises(ImageError, match=r"photo\.jpg carries no recipe"):
        read_recipe(tmp_path / "photo.jpg")


def _noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_without_a_suffix_png_is_taken_while_it_fits(tmp_path: Path) -> None:
    picture = _noise(200, 150)
    assert save_image(picture, tmp_path / "a", recipe=RECIPE).name == "a.png"
    assert save_image(picture, tmp_path / "b", recipe=RECIPE, max_bytes=10**6).name == "b.png"
    small = save_image(picture, tmp_path / "c", recipe=RECIPE, max_bytes=30_000)
    assert small.name == "c.jpg"
    assert small.stat().st_size <= 30_000
    assert read_recipe(small) == RECIPE


def test_alpha_is_kept_where_the_format_can(tmp_path: Path) -> None:
    picture = _noise(200, 150)
    alpha = Image.linear_gradient("L").resize((50, 30))
    wanted = np.asarray(alpha.resize((200, 150), Image.Resampling.LANCZOS))
    for name, limit, suffix in (("a", None, ".png"), ("b", 40_000, ".webp"), ("c.webp", None, "")):
        path = save_image(picture, tmp_path / name, recipe=RECIPE, alpha=alpha, max_bytes=limit)
        assert path.name == name + suffix
        loaded = load_image(path)
        assert loaded.alpha is not None
        np.testing.assert_array_equal(np.asarray(loaded.alpha), wanted)
    flat = save_image(
        Image.new("RGB", (64, 64)), tmp_path / "d.jpg", recipe=None, alpha=Image.new("L", (64, 64))
    )
    np.testing.assert_allclose(corners(load_image(flat).image), 255, atol=1)


def test_a_picture_that_cannot_fit_is_refused_with_the_limit(tmp_path: Path) -> None:
    for name in ("a", "a.png", "a.jpg", "a.webp"):
        with pytest.raises(ImageError, match="does not fit into 1 kB"):
            save_image(_noise(200, 150), tmp_path / name, recipe=None, max_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_results_are_not_written_where_they_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"not written as \.gif files; choose one of \.png"):
        save_image(quadrants(), tmp_path / "a.gif", recipe=None)
    with pytest.raises(ImageError, match=r"a\.png cannot be written: No such file"):
        save_image(quadrants(), tmp_path / "missing" / "a.png", recipe=None)
    with pytest.raises(ImageError, match=r"16400 × 8 pixels cannot be written as WEBP"):
        save_image(Image.new("RGB", (16400, 8)), tmp_path / "a.webp", recipe=None)
    with pytest.raises(ImageError, match="recipe takes more than"):
        save_image(quadrants(), tmp_path / "a.png", recipe={"long": "x" * 70_000})
    assert list(tmp_path.iterdir()) == []


def test_names_may_be_as_long_as_files_may_have_them(tmp_path: Path) -> None:
    assert save_image(quadrants(), tmp_path / f"{'x' * 251}.png", recipe=None).is_file()


def test_a_failed_write_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_image(quadrants(), tmp_path / "a.png", recipe=RECIPE)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ImageError, match="No space left"):
        save_image(_noise(20, 20), path, recipe=None)
    assert read_recipe(path) == RECIPE
    assert list(tmp_path.iterdir()) == [path]


def test_a_thumbnail_is_a_small_jpeg_and_leaves_its_original_alone() -> None:
    picture = quadrants(size=(640, 480))
    with Image.open(io.BytesIO(thumbnail(picture, 64))) as small:
        assert small.format == "JPEG"
        assert small.size == SIZE
        np.testing.assert_allclose(corners(small), COLOURS, atol=6)
    assert picture.size == (640, 480)
    with Image.open(io.BytesIO(thumbnail(quadrants(), 384))) as small:
        assert small.size == SIZE  # never enlarged


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 kB"), (1025, "2 kB"), (2**20, "1 MB"), (2**20 + 1, "1.1 MB"), (25 * 2**20, "25 MB")],
)
def test_bytes_as_people_read_them(count: int, words: str) -> None:
    assert str(megabytes(count)) == words
