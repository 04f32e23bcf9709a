"""Films as files: what is read, what is kept, what is refused, and `nst film`."""

from __future__ import annotations

import io
import os
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

import nst
from nst.cli import app
from nst.film import Spool, write_film
from nst.film.gif import count_frames
from tests.nst import clips
from tests.nst.conftest import EXAMPLES

_STYLE = EXAMPLES / "styles" / "night_wind.jpg"
_FAST = ("--preset", "draft", "--size", "64", "--device", "cpu", "-q")


def _film(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["film", *(str(argument) for argument in arguments)])


def _painted(number: int, image: Image.Image, alpha: Image.Image | None = None) -> nst.PaintedFrame:
    seconds = Fraction(clips.TIMES[number % 4], 1000)
    return nst.PaintedFrame(
        index=number,
        image=image,
        raw=image,
        alpha=alpha,
        seconds=seconds,
        origin=nst.film.Origin.MOVED,
        steps=1,
    )


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".avif"])
def test_animations_are_read_frame_by_frame(suffix: str, tmp_path: Path) -> None:
    frames = clips.ball(4)
    path = clips.animation(tmp_path / f"film{suffix}", frames)
    found = list(clips.shown(path))
    assert [seconds for *_, seconds in found] == [Fraction(each, 1000) for each in clips.TIMES]
    for (colour, alpha, _), frame in zip(found, frames, strict=True):
        assert alpha is None
        difference = np.asarray(colour, np.int16) - np.asarray(frame, np.int16)
        assert np.abs(difference).mean() < 12
    assert nst.open_film(path.read_bytes()).info.frames == 4


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "libx264"), (".mov", "libx264"), (".webm", "libvpx-vp9")]
)
def test_videos_are_read_frame_by_frame(suffix: str, codec: str, tmp_path: Path) -> None:
    frames = clips.ball(5)
    path = clips.video(tmp_path / f"film{suffix}", frames, codec=codec)
    for source in (path, path.read_bytes()):
        film = nst.open_film(source)
        found = list(film)
        assert [float(each.seconds) for each in found] == pytest.approx([0.1] * 5)
        for each, frame in zip(found, frames, strict=True):
            difference = np.asarray(each.image.colour, np.int16) - np.asarray(frame, np.int16)
            assert np.abs(difference).mean() < 12


@pytest.mark.parametrize(("suffix", "written"), [(".gif", [0, 1, 2, 5]), (".webp", [0, 1, 3, 6])])
@pytest.mark.parametrize("number", range(4))
def test_loops_are_read_and_written(
    suffix: str, written: list[int], number: int, tmp_path: Path
) -> None:
    plays = written[number]
    frames = [_painted(each, image) for each, image in enumerate(clips.ball(3))]
    path = tmp_path / f"film{suffix}"
    with Spool() as spool:
        for frame in frames:
            spool.add(frame)
        assert write_film(spool.frames, path, loops=plays) == []
    assert nst.open_film(path).info.loops == plays


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4"])
def test_times_are_kept_and_still_parts_stay_still(suffix: str, tmp_path: Path) -> None:
    frames, path = clips.ball(4), tmp_path / f"film{suffix}"
    with Spool(tmp_path) as spool:
        for number, image in enumerate(frames):
            spool.add(_painted(number, image))
        write_film(spool.frames, path)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    found = list(clips.shown(path))
    assert [seconds for *_, seconds in found] == [Fraction(each, 1000) for each in clips.TIMES]
    if suffix != ".mp4":
        for number in range(1, 4):
            same = np.asarray(frames[number]) == np.asarray(frames[number - 1])
            kept = np.asarray(found[number][0]) == np.asarray(found[number - 1][0])
            assert kept.all(axis=2)[same.all(axis=2)].all()


@pytest.mark.parametrize(("suffix", "kept"), [(".gif", True), (".webp", True), (".mp4", False)])
def test_transparency_is_kept_or_told(suffix: str, kept: bool, tmp_path: Path) -> None:
    path = tmp_path / f"film{suffix}"
    with Spool() as spool:
        for number, image in enumerate(clips.ball(3)):
            opacity = Image.new("L", image.size, 0)
            opacity.paste(255, (8 * number, 0, 40 + 8 * number, 60))
            spool.add(_painted(number, image, opacity))
        notes = write_film(spool.frames, path)
    for number, (colour, alpha, _) in enumerate(clips.shown(path)):
        if not kept:
            assert np.asarray(colour)[70, 90].min() > 240
            continue
        assert alpha is not None
        wanted = np.zeros((72, 96), np.bool_)
        wanted[:60, 8 * number : 40 + 8 * number] = True
        assert np.array_equal(np.asarray(alpha) > 127, wanted)
    assert bool(notes) is not kept


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4"])
def test_a_name_may_have_a_colon_and_be_as_long_as_files_may_have_it(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begin = "2026-11-30T20:18"
    name = Path(begin + "x" * (255 - len(begin + suffix)) + suffix)
    with Spool() as spool:
        for number, image in enumerate(clips.ball(3)):
            spool.add(_painted(number, image))
        write_film(spool.frames, name)
    assert len(list(clips.shown(name))) == 3


def test_what_an_mp4_cannot_hold_is_said_in_words(tmp_path: Path) -> None:
    with Spool() as spool:
        spool.add(_painted(0, Image.new("RGB", (20_000, 2))))
        with pytest.raises(nst.FilmError, match=r"long\.mp4 cannot be written"):
            write_film(spool.frames, tmp_path / "long.mp4")
    assert not list(tmp_path.iterdir())


def test_small_files_have_fewer_or_smaller_frames(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    noise = [Image.effect_noise((96, 72), 90).convert("RGB") for _ in range(8)]
    with Spool() as spool:
        for number, image in enumerate(noise):
            spool.add(_painted(number, image))
        write_film(spool.frames, path)
        limit = path.stat().st_size // 3
        (note,) = write_film(spool.frames, path, max_bytes=limit)
        assert path.stat().st_size <= limit
        assert "of 8 frames" in str(note)
        total = sum(float(seconds) for *_, seconds in clips.shown(path))
        assert total == pytest.approx(0.9)
        with pytest.raises(nst.FilmError, match="does not fit"):
            write_film(spool.frames, tmp_path / "other.gif", max_bytes=500)
    assert not (tmp_path / "other.gif").exists()


def _endless(frames: int) -> bytes:
    one = io.BytesIO()
    Image.new("P", (64, 64)).save(one, "GIF")
    data = one.getvalue()
    start = data.index(b",")
    return data[:start] + data[start:-1] * frames + b";"


def test_a_million_frames_are_refused_early() -> None:
    data = _endless(200_000)
    assert count_frames(data, 30_000) == (30_000, 0)
    with pytest.raises(nst.FilmError, match="more than 20000 frames"):
        nst.open_film(data)


def test_hours_are_refused_early(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            frame.pts = number * 10 * 5 * 3600
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with pytest.raises(nst.FilmError, match=r"takes \d+ h; the limit is 60 min"):
        nst.open_film(path)


def test_large_files_that_are_no_videos_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "holiday.avi"
    path.write_bytes(b"RIFF\0\0\0\0AVI ")
    os.truncate(path, 2**28 + 1)
    tracemalloc.start()
    try:
        with pytest.raises(nst.ImageError, match="the limit is 256 MB"):
            nst.open_film(path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [(1, 8000), (8000, 16)])
def test_odd_shapes_are_refused_early(size: tuple[int, int], tmp_path: Path) -> None:
    frames = [Image.new("RGB", size, colour) for colour in ("red", "blue")]
    path = clips.animation(tmp_path / "film.gif", frames)
    with pytest.raises(nst.ImageError):
        nst.open_film(path)


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    with pytest.raises(nst.FilmError, match="no moving pictures"):
        nst.open_film(clips.music(tmp_path / "music.mp4"))
    clips.still().save(tmp_path / "photo.jpg")
    with pytest.raises(nst.FilmError, match="still picture"):
        nst.open_film(tmp_path / "photo.jpg")
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n/etc/passwd\n")
    with pytest.raises(nst.ImageError):
        nst.open_film(tmp_path / "list.m3u8")
    with pytest.raises(nst.FilmError, match="cannot be read"):
        nst.open_film(tmp_path / "nowhere.gif")
    with pytest.raises(nst.FilmError, match="damaged"):
        nst.open_film(b"\0\0\0\x18ftypisom" + bytes(64))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_a_broken_film_is_painted_as_far_as_it_goes(suffix: str, tmp_path: Path) -> None:
    whole = tmp_path / f"whole{suffix}"
    noise = [Image.effect_noise((96, 72), 60).convert("RGB") for _ in range(6)]
    if suffix == ".gif":
        clips.animation(whole, noise)
        data = whole.read_bytes()[: whole.stat().st_size * 7 // 12]
    else:
        clips.video(whole, noise, gop=1)
        raw = whole.read_bytes()
        start = raw.index(b"mdat")
        middle = start + (len(raw) - start) // 3
        data = raw[:middle] + bytes(len(raw) // 3) + raw[middle + len(raw) // 3 :]
    broken, out = tmp_path / f"broken{suffix}", tmp_path / "out.gif"
    broken.write_bytes(data)
    done = _film(broken, _STYLE, "-o", out, *_FAST)
    assert done.exit_code == 1, done.output
    assert "damaged" in done.stderr
    assert "What was painted before is in" in done.stderr
    assert 1 <= (nst.open_film(out).info.frames or 0) < 6


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4"])
def test_the_command(suffix: str, tmp_path: Path) -> None:
    source = clips.animation(tmp_path / "in.gif", clips.ball(3), loop=0)
    out = tmp_path / f"out{suffix}"
    done = _film(source, _STYLE, "-o", out, *_FAST[:-1])
    assert done.exit_code == 0, done.output
    assert f"{out}: 3 frames of 64×48 px painted, 0.3 s" in done.stdout.replace("0.4", "0.3")
    film = list(nst.open_film(out))
    assert [each.image.colour.size for each in film] == [(64, 48)] * 3
    assert [each.seconds * 1000 for each in film] == list(clips.TIMES[:3])


def test_the_command_refuses_before_any_work(tmp_path: Path) -> None:
    source = clips.animation(tmp_path / "in.gif", clips.ball(2))
    for out, said in (
        (tmp_path / "out.png", "must end in one of .webp, .gif, .mp4"),
        (tmp_path / "no" / "out.gif", "no folder"),
        (source, "one of the inputs"),
    ):
        done = _film(source, _STYLE, "-o", out, *_FAST)
        assert done.exit_code == 2
        (line,) = done.stderr.splitlines()
        assert said in line
    done = _film(source, _STYLE, "-o", tmp_path / "out.gif", "--max-frames", 1, *_FAST)
    assert done.exit_code == 2
    assert "more than 1 frames" in done.stderr
