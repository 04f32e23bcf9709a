"""What the host decided, as the running bot follows it; looked up in memory for each command."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final, Self

from backend.control.decisions import Bans, Decisions, Kind, load_bans, load_decisions
from backend.database.database import Database
from backend.errors import NotAllowed, UserError
from backend.i18n import Text
from backend.jobs.model import Job

_BANNED: Final = {
    Kind.PERSON: Text(
        "Sorry: whoever runs this bot has decided that you cannot use it at the moment. If you "
        "think that this is a mistake, please write to them."
    ),
    Kind.SERVER: Text(
        "Sorry: whoever runs this bot has decided that it cannot be used in this server at the "
        "moment. If you think that this is a mistake, please write to them."
    ),
}
_BECAUSE: Final = Text("{ban} Their reason: {reason}")
_MAINTENANCE: Final = Text("The bot is having a break: {message}")
_PAUSED: Final = Text("Painting is paused for now; your picture keeps its place.")
_DRAINING: Final = Text(
    "The bot is about to have a break: it finishes the pictures that it has, and takes no new ones "
    "for now. Please try again later."
)


@dataclass(slots=True, eq=False)
class HostControl:
    """What holds now; an async context manager that begins with what is in the database.

    Without a database, nothing was ever decided.
    """

    database: Database | None = None
    decisions: Decisions = field(default_factory=Decisions)
    bans: Bans = field(default_factory=dict)
    _loading: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def __aenter__(self) -> Self:
        """Follow what was decided."""
        await self.load()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Do nothing: the database is its owner's."""

    async def load(self) -> None:
        """Follow what is in the database now; of several at once, the last one looks last."""
        if self.database:
            async with self._loading:
                self.decisions = await load_decisions(self.database)
                self.bans = await load_bans(self.database)

    def held(self) -> Text | None:
        """Return why no picture is begun now; None while they are."""
        return _PAUSED if self.decisions.paused else None

    def announcement(self) -> str:
        """Return what is shown on cards, with how long ago the host said it; nothing if empty."""
        now = self.decisions
        return now.announcement and f"{now.announcement} · <t:{now.announced_at}:R>"

    def check_somebody(self, user_id: int, guild_id: int | None) -> None:
        """Refuse people and servers that are banned."""
        for subject in ((Kind.PERSON, user_id), (Kind.SERVER, guild_id or 0)):
            if (reason := self.bans.get(subject)) is not None:
                said = _BANNED[subject[0]]
                raise NotAllowed(Text(_BECAUSE, ban=said, reason=reason) if reason else said)

    def check_open(self) -> None:
        """Refuse everybody while the host looks after the bot."""
        if message := self.decisions.maintenance:
            raise UserError(_MAINTENANCE, message=message)

    def check_orders(self) -> None:
        """Refuse new orders while the host looks after the bot, or is about to."""
        self.check_open()
        if self.decisions.draining:
            raise UserError(_DRAINING)

    def check_job(self, job: Job) -> None:
        """Refuse a job whose requester or server was banned while it waited."""
        self.check_somebody(job.address.requester_id, job.address.guild_id)
