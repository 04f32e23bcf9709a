"""Turn an untrusted film into clean frames."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from fractions import Fraction
from functools import partial
from importlib import import_module
from typing import Final

from PIL import Image

from nst.errors import NstError
from nst.film.archive import FrameArchive
from nst.film.frames import FilmFrame, FilmInfo, FilmLimits
from nst.film.opening import FilmSource, open_film, open_video
from nst.formats import readable_formats
from nst.images import LoadedImage
from nst.limits import Limits
from nst.text import Text
from nst.tools.request import Answer, Request

FILM_SIDE: Final = 1024
_MOST_PIXELS: Final = 64_000_000  # of all frames together
_SHEET_CELL: Final = 256
_SHEET_SIDE: Final = 4  # cells in a row and in a column
_THINNED: Final = 4  # one of so many frames at least is painted, or none
_VIDEOS: Final = frozenset({"MP4", "WebM"})
_LOSSY: Final = _VIDEOS | {"AVIF"}

readable_formats()  # loads all decoders now, before anything is shut off
with suppress(ImportError):  # optional
    import_module("av")


def frames(request: Request) -> Answer:
    """Write `film`, a `nst.film.FrameArchive` of our own encoding, without sound and metadata.

    There are at most `max_frames`: of a longer film every second, third or fourth, if that is
    enough. Of a damaged one as many as can be read. `sheet` is a JPEG with frames from all over
    it, for whoever wants to see at a glance what is in it. The answer has how many there are, how
    long they take, whether it is a video, and sentences about what is other than in the source.
    """
    names = {field.name for field in fields(Limits)} & request.options.keys()
    most = request.options["max_frames"]
    picture = Limits(**{name: request.options[name] for name in names})
    limits = FilmLimits(max_frames=_THINNED * most, picture=picture)
    data = request.file("source").read(picture.max_bytes + 1)
    source = open_film(data, limits=limits)
    info = source.info
    if not info.counted:
        info = replace(info, frames=open_video(data, limits=limits).count())
    keep = math.ceil((info.frames or 1) / most)
    size = _size(info, math.ceil(info.frames / keep) if info.frames else most)
    encode = partial(_encode, size=size, kind=info.kind)
    shown: list[Image.Image] = []
    with request.open("film") as file:
        archive = FrameArchive(file)
        archive.begin(info.loops)
        end = _copy(_every(source, keep), encode, most, archive, shown)
    request.write("sheet", _sheet(shown))
    notes = _notes(info, keep, most) + ([end] if end else [])
    return {
        "frames": len(archive),
        "seconds": float(sum(seconds for _, _, seconds in archive.frames)),
        "video": info.kind in _VIDEOS,
        "notes": [note.as_dict() for note in notes],
    }


def _copy(
    wanted: Iterator[FilmFrame],
    encode: Callable[[LoadedImage], bytes],
    most: int,
    archive: FrameArchive,
    shown: list[Image.Image],
) -> Text | None:
    """Copy frames, small ones to `shown`; return why it ended early, if so."""
    try:
        for frame in wanted:
            if len(archive) == most:
                return Text("Only its first {limit} frames are painted, the limit.", limit=most)
            archive.add(encode(frame.image), frame.seconds)
            shown.append(frame.image.image.copy())
            shown[-1].thumbnail((_SHEET_CELL, _SHEET_CELL))
    except NstError as error:
        if not archive.frames:
            raise
        return error.text
    return None


def _every(source: FilmSource, keep: int) -> Iterator[FilmFrame]:
    """Yield every so many frames, each shown as long as those that it stands for."""
    group: list[FilmFrame] = []
    rest = iter(source)
    while True:
        try:
            frame = next(rest, None)
        except NstError:
            if group:
                yield _first_of(group)
            raise
        if group and (frame is None or len(group) == keep):
            yield _first_of(group)
            group = []
        if frame is None:
            return
        # Of the others only the time is wanted.
        group.append(frame if not group else replace(frame, image=group[0].image))


def _first_of(group: list[FilmFrame]) -> FilmFrame:
    return replace(group[0], seconds=sum((frame.seconds for frame in group), Fraction(0)))


def _size(info: FilmInfo, count: int) -> tuple[int, int]:
    """Return width and height of the clean frames, of which there may be so many."""
    width, height = info.width, info.height
    room = math.sqrt(_MOST_PIXELS / (count * width * height))
    scale = min(1.0, FILM_SIDE / max(width, height), room)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _encode(image: LoadedImage, size: tuple[int, int], kind: str) -> bytes:
    """Encode a frame as small as it goes in little time; only what had loss gets some more."""
    picture = image.colour.copy()
    if image.alpha is not None:
        picture.putalpha(image.alpha)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if kind in _LOSSY and picture.mode == "RGB":
        picture.save(buffer, "JPEG", quality=95, subsampling=0)
    else:
        picture.save(buffer, "WEBP", lossless=True, exact=True, quality=0, method=0)
    return buffer.getvalue()


def _sheet(shown: list[Image.Image]) -> bytes:
    """Put frames from all over a film side by side, as a JPEG."""
    step = max(1, math.ceil(len(shown) / _SHEET_SIDE**2))
    sheet = Image.new("RGB", (_SHEET_SIDE * _SHEET_CELL, _SHEET_SIDE * _SHEET_CELL))
    for number, image in enumerate(shown[::step]):
        row, column = divmod(number, _SHEET_SIDE)
        sheet.paste(image, (column * _SHEET_CELL, row * _SHEET_CELL))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _notes(info: FilmInfo, keep: int, most: int) -> list[Text]:
    notes = []
    if keep > 1 and info.frames:
        notes.append(
            Text(
                "Of its {frames} frames one of {count} is painted: {limit} is the limit here.",
                frames=info.frames,
                count=keep,
                limit=most,
            )
        )
    if info.sound:
        notes.append(Text("Its sound is left out."))
    return notes
