"""What the tools answer, as plain records; pydantic checks them, for an answer is not trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from backend.records import KeptText

Suffix = Literal[".png", ".jpg", ".webp", ".mp4", ".gif"]
Count = Annotated[int, Field(ge=1, lt=10**9)]


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """What is known of a checked picture, in the words of `backend.records.StoredImage`."""

    suffix: Suffix
    width: int
    height: int
    sha256: str
    fingerprint: str | None
    blank: bool = False  # it is one colour all over
    frame: Count = 1
    frames: Count = 1


@dataclass(frozen=True, slots=True)
class CheckedFilm:
    """What is known of a film whose frames were unpacked, and sentences about what is other."""

    frames: Count
    seconds: float
    video: bool = False
    notes: tuple[KeptText, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """Something made for one answer: its bytes, and what its name should end in, with its dot."""

    suffix: Suffix
    data: bytes
