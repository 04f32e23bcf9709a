"""What the tools answer, as plain records; pydantic checks them, for an answer is not trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

Suffix = Literal[".png", ".jpg", ".webp", ".mp4"]
Count = Annotated[int, Field(ge=1, lt=10**9)]


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """What is known of a picture that was checked.

    Attributes:
        suffix: what the clean copy's name should end in, with its dot.
        width: of the clean copy, pixels.
        height: the same.
        sha256: hash of the file as sent.
        fingerprint: look of the clean copy (`nst.fingerprint`).
        blank: it is one colour all over.
        frame: of an animation, the one that was taken, counted from 1.
        frames: how many there are; 1 for what does not move.
    """

    suffix: Suffix
    width: int
    height: int
    sha256: str
    fingerprint: str | None
    blank: bool = False
    frame: Count = 1
    frames: Count = 1


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """Something made for one answer: its bytes, and what its name should end in, with its dot."""

    suffix: Suffix
    data: bytes
