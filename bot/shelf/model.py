"""A style on the shelf, as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.records import JobStyle, StoredImage


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfStyle:
    """One style of a server, or a starter style.

    Attributes:
        id: safe in a `custom_id`; empty for a starter style.
        guild_id: whose shelf it is on; None for a starter style, which is on every shelf.
        name: as its contributor wrote it, normalised (`bot.shelf.names`).
        contributor_id: None for a starter style, or where they asked us to forget them.
        credit: whose work it is, in the contributor's words; may be empty. Escape it to show it.
        approved: False while moderators have not looked at it.
    """

    id: str = ""
    guild_id: int | None = None
    name: str
    image: StoredImage
    contributor_id: int | None = None
    credit: str
    approved: bool = True
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
