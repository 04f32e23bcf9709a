"""Pictures the page offers, so that a first try needs two clicks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A bundled picture.

    Attributes:
        name: shown below its thumbnail.
        kind: offered for the first (`photo`) or the second (`style`) attachment of a command.
        path: the file.
        credit: where it comes from, shown on hover.
    """

    name: str
    kind: Literal["photo", "style"]
    path: Path
    credit: str
