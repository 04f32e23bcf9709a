"""What the host may ask of the running bot (`backend.control.requests`)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import discord

from backend.control.requests import (
    CANCEL,
    NAMES,
    NODES,
    PURGE,
    RELOAD,
    RETRY,
    Handlers,
    RequestRefused,
)
from backend.control.retry import check_may_retry
from backend.engine.protocol import SLOT, Engine
from backend.jobs.model import JobState, NewJob
from backend.jobs.quota import Admission
from backend.jobs.retention import tidy
from bot.cards.answers import FAILURES
from bot.setup import Services

_LOG = logging.getLogger(__name__)
_MOST_NAMES: Final = 10_000


@dataclass(slots=True, eq=False)
class HostRequests:
    """Does what the host asks for."""

    services: Services
    client: discord.Client
    engine: Engine
    _names: dict[str, str] = field(init=False, default_factory=dict)  # of people, by their ids
    _retrying: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    @property
    def handlers(self) -> Handlers:
        """Return what does what."""
        return {
            RELOAD: self.reload,
            CANCEL: self._cancel,
            RETRY: self._retry,
            PURGE: self._purge,
            NAMES: self._name_all,
            NODES: self._list_nodes,
        }

    async def reload(self, _about: None = None) -> None:
        """Follow what the host has decided, and end what waits and may not be painted any more."""
        await self.services.control.load()
        await self.services.jobs.check_waiting()
        self.services.jobs.fill()

    async def _cancel(self, job_id: str) -> str:
        """End a job; return the state that it was in before."""
        before = (await self.services.jobs.get(job_id)).state
        if before is JobState.RECEIVING:
            raise RequestRefused("Its pictures are still coming in. Try again in a moment.")
        await self.services.jobs.cancel(job_id)
        return before

    async def _retry(self, job_id: str) -> str:
        """Queue a job again as a new one on the same card; return its id."""
        async with self._retrying:  # so that of two who ask for the same, one is refused
            job = await self.services.store.get(job_id)
            await check_may_retry(self.services.store, job)
            again = NewJob(address=job.address, spec=job.spec)
            new = await self.services.jobs.submit(again, Admission(job.address))
        self.services.updater.follow(new)
        await self.services.store.mark_delivered(job_id)  # the card is the new job's from now on
        return new.id

    async def _purge(self, days: int) -> tuple[int, int]:
        """Forget old jobs; return how many jobs and files that were."""
        return await tidy(self.services.store, timedelta(days=days))

    async def _list_nodes(self, _about: None) -> list[str]:
        """Return where pictures are painted, each place as JSON."""
        return [SLOT.encode(place) for place in self.engine.places()]

    async def _name_all(self, about: dict[str, list[str]]) -> dict[str, str]:
        """Return names of people and servers, as far as they can be found out."""
        if self.client.user is None or self.client.is_closed():
            return {}  # it is on its way in or out
        await asyncio.gather(*map(self._find_name, about["people"]))
        servers = {each: self.client.get_guild(int(each)) for each in about["servers"]}
        found = {each: guild.name for each, guild in servers.items() if guild}
        return found | {each: self._names[each] for each in about["people"] if each in self._names}

    async def _find_name(self, user_id: str) -> None:
        """Ask Discord what somebody is called; it is kept in memory only."""
        if user_id in self._names:
            return
        try:
            user = await self.client.fetch_user(int(user_id))
        except FAILURES:
            _LOG.info("Nobody can say who %s is.", user_id, exc_info=True)
            return
        if len(self._names) >= _MOST_NAMES:
            self._names.clear()
        self._names[user_id] = user.display_name
