"""What somebody asks for, before it is a job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.files.store import FileKey
from bot.records import JobStyle, StoredImage
from nst.options import Options

SHEET_STRENGTHS: Final = (15, 40, 65, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobImages:
    """The pictures of an order.

    Attributes:
        received: uploads of this order, to be discarded when its job uses them or is refused.
    """

    content: StoredImage
    styles: tuple[JobStyle, ...]
    mask: StoredImage | None = None
    received: tuple[StoredImage, ...] = ()

    @property
    def images(self) -> tuple[StoredImage, ...]:
        """Return all of them."""
        masks = (self.mask,) if self.mask else ()
        return (self.content, *(style.image for style in self.styles), *masks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A picture that is asked for; the fields that `JobSpec` has too mean the same.

    Attributes:
        gather: gets the pictures, once the order is acknowledged; raises UserError.
    """

    options: Options
    gather: Callable[[], Awaitable[JobImages]]
    private: bool = False
    spoiler: bool = False
    strengths: tuple[int, ...] = ()
    parent_id: str | None = None
    start_from: FileKey | None = None
