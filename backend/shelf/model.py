"""A style on the shelf, as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.records import JobStyle, StoredImage


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfStyle:
    """One style of a server, or a starter style."""

    id: str = ""  # safe in a `custom_id`; none for a starter style
    guild_id: int | None = None  # whose shelf it is on; None for a starter style: on every shelf
    name: str  # as its contributor wrote it, normalised (`backend.shelf.names`)
    image: StoredImage
    contributor_id: int | None = None  # None for starters, or where they asked us to forget them
    credit: str  # whose work it is, in the contributor's words; escape it to show it
    approved: bool = True  # False while moderators have not looked at it
    created_at: datetime | None = None

    @property
    def is_starter(self) -> bool:
        """Return whether it came with the bot, so that nobody can change it."""
        return self.guild_id is None

    def for_job(self, weight: float = 1.0) -> JobStyle:
        """Return it as one of the styles of a job."""
        return JobStyle(image=self.image, weight=weight, credit=self.credit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfPage:
    """A few styles of a shelf, by name: page `number` (from 0) of `pages` with `total` styles."""

    styles: tuple[ShelfStyle, ...]
    number: int
    pages: int
    total: int
