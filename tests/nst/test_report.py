"""What is made of a recording, looked at as whoever gets the files would."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from nst.errors import ReportError
from nst.recording import Recording
from nst.report import (
    Film,
    contact_sheet,
    equation,
    loss_curves,
    loss_table,
    make_report,
    timelapse,
)
from tests.nst import runs


def _open(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def _distance(one: Image.Image, other: Image.Image) -> float:
    first, second = (np.asarray(image.convert("RGB"), dtype=float) for image in (one, other))
    return float(np.abs(first - second).mean())


def _colours(png: bytes) -> set[tuple[int, ...]]:
    found = _open(png).convert("RGB").getcolors(2**24)
    assert found is not None
    return {colour for count, colour in found if count > 200 and isinstance(colour, tuple)}


_CONTENT_BLUE = (0, 114, 178)
_STYLE_ORANGE = (213, 94, 0)
_TV_GREEN = (0, 158, 115)
_BAND = (243, 241, 236)


@pytest.mark.parametrize("size", [(1200, 1200), (700, 900)])
def test_curves_are_a_picture_of_the_size_asked_for(size: tuple[int, int]) -> None:
    png = loss_curves(runs.history(), title="A title", width=size[0], height=size[1])
    assert _open(png).format == "PNG"
    assert _open(png).size == size
    assert {_CONTENT_BLUE, _STYLE_ORANGE, _BAND} <= _colours(png)


@pytest.mark.slow
def test_curves_in_other_words_as_far_as_the_font_has_them() -> None:
    plain = loss_curves(runs.history(), title="A title")
    german = loss_curves(runs.history(), title="A title", labels={"step": "Schritt"})
    titled = loss_curves(runs.history(), title="A title", labels={"A title": "Ein Titel"})
    japanese = loss_curves(runs.history(), title="A title", labels={"step": "ステップ"})
    assert len({plain, german, titled}) == 3
    assert japanese == plain  # better English than boxes


@pytest.mark.slow
def test_curves_draw_what_there_is() -> None:
    plain = runs.history()
    smooth = [replace(progress, losses={**progress.losses, "tv": 0.5}) for progress in plain]
    assert _TV_GREEN not in _colours(loss_curves(plain))
    assert _TV_GREEN in _colours(loss_curves(smooth))


def test_the_bands_follow_the_scales() -> None:
    """The finer half of the run is shaded, and nothing is when there is one size only."""
    png = _open(loss_curves(runs.history(30))).convert("RGB")
    row = [png.getpixel((x, png.height // 3)) for x in range(png.width)]
    shaded = [x for x, colour in enumerate(row) if colour == _BAND]
    assert 0.4 < min(shaded) / png.width < 0.55
    one_size = [runs.step(number, 30) for number in range(1, 31)]
    assert _BAND not in _colours(loss_curves(one_size))


@pytest.mark.slow
@pytest.mark.parametrize("broken", [float("nan"), float("inf"), 0.0])
def test_losses_that_no_scale_can_show_are_left_out(broken: float) -> None:
    history = runs.history()
    history[5] = replace(history[5], losses={"content": broken}, total_loss=broken)
    assert _CONTENT_BLUE in _colours(loss_curves(history))


def test_curves_of_the_first_step_and_of_none() -> None:
    assert _open(loss_curves(runs.history()[:1])).size == (1200, 1200)
    with pytest.raises(ReportError, match="no losses to plot"):
        loss_curves([])
    with pytest.raises(ReportError, match="400 to 4000"):
        loss_curves(runs.history(), width=100_000)


def test_the_table_of_losses() -> None:
    history = [runs.step(number, 3000) for number in range(1, 3001)]
    table = loss_table(history, 500)
    assert [updates for updates, _ in table] == [0, 500, 1000, 1500, 2000, 2500, 2999]
    assert dict(table)[500] == history[500].total_loss
    assert loss_table([], 500) == []


def _frames_of(film: bytes, kind: Film) -> tuple[list[Image.Image], float]:
    """Return the frames and the seconds that the film takes."""
    if kind is Film.MP4:
        with av.open(io.BytesIO(film), "r") as file:
            video = file.streams.video[0]
            assert video.codec_context.name == "h264"
            assert video.codec_context.pix_fmt == "yuv420p"
            assert file.duration is not None
            pixels = [frame.to_ndarray(format="rgb24") for frame in file.decode(video)]
            return [Image.fromarray(p) for p in pixels], file.duration / 1e6
    frames, duration = [], 0
    with _open(film) as image:
        assert image.format == kind.upper()
        frame_count = getattr(image, "n_frames", 1)
        assert frame_count == 1 or image.info["loop"] == 0  # for ever
        for number in range(frame_count):
            image.seek(number)
            image.load()
            duration += image.info.get("duration", 0)
            frames.append(image.convert("RGB"))
    return frames, duration / 1000


@pytest.mark.parametrize("kind", Film)
def test_a_film_has_all_frames_and_the_length_asked_for(kind: Film) -> None:
    recording = runs.recorded(frames=12)
    frames, seconds = _frames_of(timelapse(recording, kind, seconds=4, hold=1.8), kind)
    each = 0.2
    held = round(1.8 / each) if kind is Film.MP4 else 1
    assert len(frames) == 11 + held
    assert seconds == pytest.approx(4, abs=0.05)
    for shown, frame in zip(frames, recording.frames, strict=False):
        assert _distance(shown, frame.image()) < 14
    assert _distance(frames[-1], recording.frames[-1].image()) < 14
    assert _distance(frames[0], recording.frames[-1].image()) > 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", Film)
def test_a_film_fits_its_budget(kind: Film) -> None:
    recording = runs.recorded(frames=12, size=(160, 121))
    free = timelapse(recording, kind)
    assert timelapse(recording, kind, max_bytes=len(free)) == free
    for share in (0.8, 0.4, 0.15):
        film = timelapse(recording, kind, max_bytes=int(share * len(free)))
        assert len(film) <= share * len(free)
        frames, seconds = _frames_of(film, kind)
        assert seconds == pytest.approx(6, abs=0.3)
        last = recording.frames[-1].image().resize(frames[-1].size)
        first = recording.frames[0].image().resize(frames[-1].size)
        assert _distance(frames[-1], last) < _distance(frames[-1], first)


@pytest.mark.parametrize("kind", Film)
def test_a_budget_that_nothing_fits_into(kind: Film) -> None:
    with pytest.raises(ReportError, match="does not fit into 1 kB: the smallest one takes"):
        timelapse(runs.recorded(size=(256, 192)), kind, max_bytes=100)


def test_frames_of_several_sizes_become_one_film() -> None:
    recording = Recording(frames=4, frame_size=64)
    for progress in runs.history(4):
        size = (progress.width + 1, progress.height)
        recording.note(progress, runs.showing(1, size))
    frames, _ = _frames_of(timelapse(recording, Film.MP4), Film.MP4)
    assert frames[0].size == (64, 48)


def test_a_single_frame_is_a_film() -> None:
    recording = Recording(frames=4)
    recording.note(runs.step(1, 30), runs.showing(1))
    for kind in Film:
        frames, seconds = _frames_of(timelapse(recording, kind), kind)
        assert _distance(frames[0], recording.frames[0].image()) < 14
        # Pillow writes a WebP of a single frame as a still picture.
        assert seconds == (0 if kind is Film.WEBP else pytest.approx(1.5, abs=0.1))


@pytest.mark.parametrize(("seconds", "hold"), [(0.5, 0), (500, 1), (3, 3), (3, -1)])
def test_lengths_out_of_range(seconds: float, hold: float) -> None:
    with pytest.raises(ReportError, match="1 to 120 seconds"):
        timelapse(runs.recorded(), Film.GIF, seconds=seconds, hold=hold)


def test_nothing_to_film() -> None:
    with pytest.raises(ReportError, match="no frames yet"):
        timelapse(Recording(), Film.MP4)


@pytest.mark.parametrize(
    ("package", "make"),
    [
        ("matplotlib.figure", lambda: loss_curves(runs.history())),
        ("av", lambda: timelapse(runs.recorded(), Film.MP4)),
    ],
)
def test_a_missing_package_is_named(
    package: str, make: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ReportError, match=r"pip install 'stylize-bot\[report\]'"):
        make()


def _plain(colour: str, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, colour)


def _pixel(image: Image.Image, x: float, y: float) -> object:
    return image.getpixel((int(x * image.width), int(y * image.height)))


MET = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "sign": (0x22,) * 3}


def _met_along(sheet: Image.Image, *, across: bool) -> list[str]:
    """Return what a line through the middle of a sheet meets, without the paper between."""
    pixels = np.asarray(sheet, dtype=int)
    line = pixels[sheet.height // 2] if across else pixels[:, sheet.width // 2]
    names = [*MET, "paper"]
    far = np.abs(line[:, None] - [*MET.values(), (255, 255, 255)]).sum(-1)
    met = [name for name, _ in groupby(names[nearest] for nearest in far.argmin(1))]
    return [name for name in met if name != "paper"]


@pytest.mark.parametrize("style", [(100, 900), (900, 100), (300, 300)])
@pytest.mark.parametrize("photo", [(400, 300), (300, 400), (50, 300)])
def test_photo_plus_style_equals_result(photo: tuple[int, int], style: tuple[int, int]) -> None:
    painting = _plain("blue", (2 * photo[0], 2 * photo[1]))
    sheet = equation(_plain("red", photo), [_plain("lime", style)], painting, size=200)
    # The line runs between the two bars of the equals sign.
    assert _met_along(sheet, across=True) == ["red", "sign", "lime", "blue"]
    assert sheet.height < 240
    assert sheet.getpixel((0, 0)) == (255, 255, 255)


def test_every_style_is_a_summand() -> None:
    styles = [_plain("lime", (30, 20)), _plain("lime", (20, 50)), _plain("lime", (30, 30))]
    sheet = equation(_plain("red", (200, 150)), styles, _plain("blue", (200, 150)))
    summands = ["red", *["sign", "lime"] * 3, "blue"]
    assert _met_along(sheet, across=True) == summands


def test_wide_photos_stand_above_their_styles() -> None:
    wide = (600, 200)
    sheet = equation(_plain("red", wide), [_plain("lime", (30, 30))], _plain("blue", wide))
    assert _met_along(sheet, across=False) == ["red", "sign", "lime", *["sign"] * 2, "blue"]
    assert 600 < sheet.width < 700


def test_a_result_is_not_enlarged_for_its_sheet() -> None:
    small = _plain("blue", (90, 60))
    assert equation(_plain("red", (900, 600)), [_plain("lime", (9, 9))], small).height < 90


@pytest.mark.slow
def test_a_large_equation_fits_into_a_file() -> None:
    styles = [_plain("lime", (200, 100))] * 8
    large = _plain("blue", (6000, 6000))
    assert equation(large, styles, large, size=6000).width <= 16_000


def test_a_contact_sheet_has_its_pictures_in_their_places() -> None:
    red, lime, blue = (_plain(colour, (50, 70)) for colour in ("red", "lime", "blue"))
    sheet = contact_sheet([[red, lime], [None, blue]], cell=(100, 80))
    assert [_pixel(sheet, x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)] == [
        *((255, 0, 0), (0, 255, 0)),
        *((255, 255, 255), (0, 0, 255)),
    ]
    named = contact_sheet([[red]], columns=["one"], names=["a row"], title="Reds", cell=(100, 80))
    bare = contact_sheet([[red]], cell=(100, 80))
    assert named.width > bare.width + 20
    assert named.height > bare.height + 20


@pytest.mark.parametrize("rows", [[], [[]], [[None]]])
def test_a_sheet_of_nothing(rows: Sequence[Sequence[Image.Image | None]]) -> None:
    with pytest.raises(ReportError, match="no pictures"):
        contact_sheet(rows)


def test_a_sheet_that_no_file_holds() -> None:
    with pytest.raises(ReportError, match="16000 px a side"):
        contact_sheet([[_plain("red", (8, 8))]], cell=(20_000, 20))


@pytest.mark.slow
def test_reports_need_no_torch(tmp_path: Path) -> None:
    """The bot makes them on demand in a small process of their own."""
    runs.recorded().save(tmp_path / "run.zip")
    script = f"""
import sys
from nst.recording import Recording
from nst.report import Film, loss_curves, timelapse
recording = Recording.load({str(tmp_path / "run.zip")!r})
loss_curves(recording.history)
timelapse(recording, Film.MP4)
print(sorted(name for name in sys.modules if name in ("torch", "torchvision", "backend", "bot")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_frame_that_is_no_picture() -> None:
    frame = replace(runs.recorded().frames[3], jpeg=b"no picture")
    with pytest.raises(ReportError, match="A frame of this recording is damaged"):
        frame.image()
    large = io.BytesIO()
    Image.new("RGB", (5000, 8)).save(large, "JPEG")
    with pytest.raises(ReportError, match="too large"):
        replace(frame, jpeg=large.getvalue()).image()


@pytest.mark.parametrize("wanted", ["curve.png", "film.gif"])
def test_a_disk_that_is_full_costs_no_earlier_report(wanted: str, tmp_path: Path) -> None:
    path, recording = tmp_path / wanted, runs.recorded()
    path.write_bytes(b"an earlier one")
    curve, film = (path, None) if path.suffix == ".png" else (None, path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(ReportError, match="cannot be written: File too large"):
            make_report(recording, loss_curve=curve, timelapse=film)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"an earlier one"
    assert list(tmp_path.iterdir()) == [path]
