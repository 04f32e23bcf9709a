"""What the tools answer, as plain records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """What is known of a picture that was checked.

    Attributes:
        suffix: what the clean copy's name should end in, with its dot.
        width: of the clean copy, pixels.
        height: the same.
        sha256: hash of the file as sent.
        fingerprint: look of the clean copy (`nst.fingerprint`).
        frame: which frame of an animation was taken, counted from 1.
        frames: how many there are; 1 for what does not move.
        blank: it is one colour all over.
    """

    suffix: str
    width: int
    height: int
    sha256: str
    fingerprint: str | None
    frame: int = 1
    frames: int = 1
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Rendering:
    """A picture in a file.

    Attributes:
        suffix: what the file's name should end in, with its dot.
        width: pixels.
        height: pixels.
    """

    suffix: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """Something made for one answer.

    Attributes:
        suffix: what its name should end in, with its dot.
        data: its bytes.
    """

    suffix: str
    data: bytes
