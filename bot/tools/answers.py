"""What the tools answer, as plain records; pydantic checks them, for an answer is not trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Suffix = Literal[".png", ".jpg", ".webp", ".mp4"]


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
    """

    suffix: Suffix
    width: int
    height: int
    sha256: str
    fingerprint: str | None
    blank: bool = False


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """Something made for one answer: its bytes, and what its name should end in, with its dot."""

    suffix: Suffix
    data: bytes
