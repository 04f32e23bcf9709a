"""The bundled pictures: complete, credited, small, and what they say they are."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import backend.examples
from backend.examples import ExamplePicture, list_examples

HERE = Path(backend.examples.__file__).parent
EXAMPLES = list_examples()


def test_there_are_photos_and_at_least_six_styles() -> None:
    kinds = [example.kind for example in EXAMPLES]
    assert kinds.count("photo") >= 2
    assert kinds.count("style") >= 6


def test_photos_come_first_and_the_order_does_not_change() -> None:
    assert [e.kind for e in EXAMPLES] == sorted(e.kind for e in EXAMPLES)
    assert list_examples() == EXAMPLES


def test_names_are_unique() -> None:
    assert len({example.name for example in EXAMPLES}) == len(EXAMPLES)


def test_every_picture_in_the_folder_is_listed() -> None:
    on_disk = {path for folder in ("photos", "styles") for path in (HERE / folder).iterdir()}
    assert on_disk == {example.path for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.path.stem)
def test_picture_is_a_small_rgb_jpeg(example: ExamplePicture) -> None:
    assert example.path.stat().st_size < 300_000
    with Image.open(example.path) as image:
        assert image.format == "JPEG"
        assert image.mode == "RGB"
        image.load()
        assert min(image.size) >= 256
        assert max(image.size) <= 1024


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.path.stem)
def test_picture_is_credited_in_the_readme(example: ExamplePicture) -> None:
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    row = next(
        (
            line
            for line in readme.splitlines()
            if f"`{example.path.parent.name}/{example.path.name}`" in line
        ),
        None,
    )
    assert row is not None, f"{example.path.name} has no row in README.md"
    author = example.credit.split(",")[0]
    assert example.kind == "style" or author in row


def test_listing_loads_no_image_library() -> None:
    check = (
        "import sys; from backend.examples import list_examples; list_examples(); "
        "sys.exit(sorted({'PIL', 'numpy', 'torch'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
