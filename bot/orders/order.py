"""What somebody asks for, as the orders takes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.jobs.model import JobStyle, SpooledImage
from nst.options import Options

SHEET_STRENGTHS: Final = (15, 40, 65, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobImages:
    """The pictures of an order.

    Attributes:
        content: the photo.
        styles: at least one.
        mask: white where to paint.
        received: those of them that came in for this order, and go if it is refused.
    """

    content: SpooledImage
    styles: tuple[JobStyle, ...]
    mask: SpooledImage | None = None
    received: tuple[SpooledImage, ...] = ()

    @property
    def images(self) -> tuple[SpooledImage, ...]:
        """All of them."""
        masks = (self.mask,) if self.mask else ()
        return (self.content, *(style.image for style in self.styles), *masks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A picture that is asked for.

    Attributes:
        options: what to make.
        gather: gets the pictures, once the order is acknowledged; raises UserError.
        private: only the requester is to see it.
        spoiler: hidden until somebody clicks on it.
        strengths: for a strength sheet.
        parent_id: the job that this one varies.
        start_from: the raw picture to go on from.
    """

    options: Options
    gather: Callable[[], Awaitable[JobImages]]
    private: bool = False
    spoiler: bool = False
    strengths: tuple[int, ...] = ()
    parent_id: str | None = None
    start_from: Path | None = None
