"""How many jobs one person and one server may have at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.errors import QueueRefused
from bot.i18n import Text
from bot.jobs.model import Address

_PERSON_FULL: Final = Text(
    "You already have {limit} pictures queued or being painted, and no more are taken from one "
    "person at a time. Please wait for one to finish, or cancel one."
)
_SERVER_FULL: Final = Text(
    "This server already has {limit} pictures queued or being painted, and no more are taken from "
    "one server at a time. Please try again when one has finished."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Queued and running jobs count alike.

    Attributes:
        per_person: for one person, wherever they ask.
        per_server: for one server; direct messages have no such limit.
    """

    per_person: int
    per_server: int

    def check(self, asker: Address, others: Iterable[Address]) -> None:
        """Whether one more job fits beside those of `others`.

        Raises:
            QueueRefused: it does not; the text names the limit and what to do.
        """
        others = list(others)
        if sum(other.requester_id == asker.requester_id for other in others) >= self.per_person:
            raise QueueRefused(_PERSON_FULL, limit=self.per_person)
        server = asker.guild_id
        if server and sum(other.guild_id == server for other in others) >= self.per_server:
            raise QueueRefused(_SERVER_FULL, limit=self.per_server)
