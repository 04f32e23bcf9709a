"""What to make of which pictures, and what came of it: records that all rooms share."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Annotated, Any, Final

from pydantic import PlainSerializer, PlainValidator, with_config

from backend.codec import STRICT
from backend.files.store import FileKey
from nst.look import Look
from nst.options import Init, Options, completed
from nst.text import Text

FRAME_WORK: Final = 0.35
"""The work of a film's further frame, as a share of that of a still picture."""

FRAMES_A_PICTURE: Final = 8
"""So many frames of a film count as one picture of a day: about as much work as a still one."""
SHEET_SIZE: Final = 256
"""Pixels of each picture of a strength sheet: the differences show, it is quick."""
SURPRISES: Final = 4
"""Styles of the shelf by chance, one picture with each."""

_WAYS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"init": Init.NOISE},
    {"init": Init.STYLE},
    {"style_scale": 1.5},
)
"""In what several takes differ beside their seeds, with which alone they would look much alike."""


def _options(data: Any) -> Options:
    """Let nst itself check options."""
    return data if isinstance(data, Options) else Options(**completed(data))


def _text(data: Any) -> Text:
    """Return a text; of older results the sentences in the language of their requesters."""
    if isinstance(data, Text):
        return data
    return Text(data) if isinstance(data, str) else Text.from_dict(data)


KeptOptions = Annotated[Options, PlainValidator(_options), PlainSerializer(Options.as_dict)]
KeptText = Annotated[Text, PlainValidator(_text), PlainSerializer(Text.as_dict)]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFilm:
    """The frames of a moving picture after intake (`nst.film.FrameArchive`).

    Attributes:
        frames: how many, at least two.
        seconds: how long it takes to watch.
        video: it came as one, so it plays on a click and does not show again and again.
    """

    file: FileKey
    frames: int
    seconds: float
    video: bool = False


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A picture after intake: verified, oriented, sRGB, re-encoded by us.

    Attributes:
        file: the clean picture; its suffix tells the format.
        thumbnail: a small JPEG of it for the card.
        filename: what its sender called it, made safe to show.
        sha256: hex digest of the bytes as they were sent.
        fingerprint: how it looks (`nst.fingerprint`), 16 hexadecimal digits; None where unknown.
        spoiler: whether its sender hid it; what is made of it is hidden, too.
        frame: of an animation, the one that was taken, counted from 1.
        frames: how many there were; 1 for what does not move.
        film: all of them; None for what does not move, or is to be taken for a still picture.
        notes: what its sender should know of it, e.g. why it is not painted as a film.
    """

    file: FileKey
    thumbnail: FileKey
    filename: str
    sha256: str
    width: int
    height: int
    fingerprint: str | None = None
    spoiler: bool = False
    frame: int = 1
    frames: int = 1
    film: StoredFilm | None = None
    notes: tuple[KeptText, ...] = ()

    @property
    def files(self) -> tuple[FileKey, ...]:
        """Return the keys of its files."""
        return (self.file, self.thumbnail, *([self.film.file] if self.film else []))

    @property
    def look(self) -> Look:
        """Return what it can be compared with others by."""
        return Look(self.sha256, self.fingerprint)


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class JobStyle:
    """One style image of a job.

    Attributes:
        weight: its share beside the other style images, above 0; only ratios count.
        credit: whose work it is, as the style shelf says it; empty for an upload.
    """

    image: StoredImage
    weight: float = 1.0
    credit: str = ""


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What to make, of which pictures, and for whom: from the order to the worker.

    Attributes:
        content: the photo; None while it is on its way in.
        styles: at least one once they are in.
        mask: white where to paint, black where the photo stays; None for everywhere.
        parent_id: the job that this one varies or goes on from.
        start_from: the raw picture of an earlier result to go on from, instead of from the photo.
        strengths: not empty for a strength sheet: one small picture at each of these strengths.
        takes: not empty for several takes: one picture with each of these seeds, begun in its own
            way.
        apart: one picture with each of the styles, instead of one with all of them.
        usual_size: longest side of a picture where nobody chose a size; a film is smaller.
        locale: Discord's name of the requester's language, such as `pt-BR`.
        private: only the requester sees card and result.
        spoiler: the result is hidden until somebody clicks on it.
    """

    options: KeptOptions
    content: StoredImage | None = None
    styles: tuple[JobStyle, ...] = ()
    max_result_bytes: int
    mask: StoredImage | None = None
    parent_id: str | None = None
    start_from: FileKey | None = None
    strengths: tuple[int, ...] = ()
    locale: str = "en-US"
    private: bool = False
    spoiler: bool = False
    takes: tuple[int, ...] = ()
    apart: bool = False
    usual_size: int | None = None

    @property
    def versions(self) -> tuple[JobSpec, ...]:
        """Return the pictures to choose from, each as a spec of its own; none for one picture."""
        one = replace(self.as_still(), strengths=(), takes=(), apart=False)
        options, small = one.options, min(one.options.size, SHEET_SIZE)
        if self.apart:
            return tuple(replace(one, styles=(style,)) for style in self.styles)
        changed = [replace(options, strength=each, size=small) for each in self.strengths]
        changed = changed or [
            replace(options, seed=seed, **way)
            for seed, way in zip(self.takes, cycle(_WAYS), strict=False)
        ]
        return tuple(replace(one, options=each) for each in changed)

    @property
    def count(self) -> int:
        """Return as how many jobs it counts; the pictures of a strength sheet are small."""
        if self.strengths:
            return 1
        return (len(self.styles) or SURPRISES) if self.apart else len(self.takes) or 1

    @property
    def pictures_of_a_day(self) -> int:
        """Return as how many pictures it counts in a day."""
        return math.ceil(self.film.frames / FRAMES_A_PICTURE) if self.film else self.count

    @property
    def photo(self) -> StoredImage:
        """Return the content image; ValueError while it is on its way in."""
        if self.content is None:
            raise ValueError("the photo of this job is not in")
        return self.content

    @property
    def film(self) -> StoredFilm | None:
        """Return the film that is to be painted; None for a picture, and for several of them."""
        several = self.strengths or self.takes or self.apart
        return None if self.content is None or several else self.content.film

    def as_still(self) -> JobSpec:
        """Return the same for one frame of the film, as a picture of the usual size."""
        if self.content is None or self.content.film is None:
            return self
        options = replace(self.options, size=self.usual_size or self.options.size)
        return replace(self, content=replace(self.content, film=None), options=options)

    @property
    def pictures(self) -> float:
        """Return how many still pictures of the same size are as much work."""
        return 1.0 if self.film is None else 1 + FRAME_WORK * (self.film.frames - 1)

    @property
    def style(self) -> StoredImage:
        """Return the first style image, which stands for all where there is room for one only."""
        return self.styles[0].image

    @property
    def images(self) -> tuple[StoredImage, ...]:
        """Return all pictures that are in: photo, styles, mask."""
        found = (self.content, *(style.image for style in self.styles), self.mask)
        return tuple(image for image in found if image)

    @property
    def files(self) -> tuple[FileKey, ...]:
        """Return the keys of the files of all pictures that are in."""
        return tuple(key for image in self.images for key in image.files)


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A finished picture in the store, encoded to fit the upload limit.

    Attributes:
        file: its key; the suffix tells the format.
        seconds: time the device worked on it.
        stopped_early: somebody pressed stop-and-keep.
        raw: the same picture lossless and before the photo's colours were put back, from which it
            can be recoloured or painted on; None where none was kept.
        recording: history and frames of the painting (`nst.recording`); None where none was kept.
        notes: what the requester should know, e.g. that it was painted smaller than asked for.
        frames: of a film, how many were painted; `raw` is then an archive of them
            (`nst.film.FrameArchive`). 0 for a picture.
        parts: of several versions each one; the file shows them side by side.
    """

    file: FileKey
    width: int
    height: int
    seconds: float
    steps: int
    stopped_early: bool
    device: str = ""
    raw: FileKey | None = None
    recording: FileKey | None = None
    notes: tuple[KeptText, ...] = ()
    frames: int = 0
    parts: tuple[ResultFile, ...] = ()

    def painted_on(self, device: str) -> ResultFile:
        """Return it with a note of the device."""
        parts = tuple(part.painted_on(device) for part in self.parts)
        return replace(self, device=device, parts=parts)

    @property
    def files(self) -> tuple[FileKey, ...]:
        """Return the keys of all of its files."""
        own = tuple(key for key in (self.file, self.raw, self.recording) if key)
        return own + tuple(key for part in self.parts for key in part.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedImage:
    """A picture in memory, as it goes into a file; the suffix (with the dot) tells the format."""

    data: bytes
    suffix: str
    width: int
    height: int
