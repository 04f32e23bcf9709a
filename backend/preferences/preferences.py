"""Settings of servers (held in memory) and of people (read when they are needed)."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Self

from sqlalchemy import Table, Text, cast, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.codec import Codec, Unreadable
from backend.database.tables import PEOPLE, SERVERS
from backend.files.uses import FileUses, UseChange, person_owner
from backend.jobs.quota import Quota
from backend.locks import Locks
from backend.preferences.model import PersonSettings, ServerSettings
from backend.preferences.values import check_values, person_settings, ranges, server_settings
from backend.records import JobStyle
from backend.settings import Settings

_LOG = logging.getLogger(__name__)

_LAST_STYLE: Final = "last_style"
_LAST_STYLE_PRIVATE: Final = "last_style_private"
_LANGUAGE: Final = "language"
_STYLE: Final = Codec[JobStyle](JobStyle)
_SETTINGS: Final = Codec[dict[str, Any]](dict[str, Any])


class Preferences:
    """Reads and changes settings; an async context manager."""

    def __init__(self, uses: FileUses, host: Settings) -> None:
        self._uses = uses
        self._database = uses.database
        self._servers: dict[int, dict[str, Any]] = {}
        self._languages: dict[int, str] = {}
        self._locks = Locks()  # of two changes at once none may undo the other
        self.follow(host)

    def follow(self, host: Settings) -> None:
        """Go by what the host says now."""
        self._host, self._elsewhere = host, server_settings(host, {})

    async def __aenter__(self) -> Self:
        """Read the settings of all servers that have any, and who chose a language."""
        for guild_id, stored in (await self._all(SERVERS)).items():
            try:
                server_settings(self._host, stored)
            except (TypeError, ValueError, AttributeError):
                _LOG.exception("The settings of server %d make no sense.", guild_id)
            else:
                self._servers[guild_id] = stored
        for user_id, stored in (await self._all(PEOPLE)).items():
            self._remember_language(user_id, stored.get(_LANGUAGE))
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Leave the database to its owner."""

    def server(self, guild_id: int | None) -> ServerSettings:
        """Return what applies in a server; what the host says in direct messages (None)."""
        if guild_id is None or guild_id not in self._servers:
            return self._elsewhere
        return server_settings(self._host, self._servers[guild_id])

    async def quota(self, guild_id: int | None) -> Quota:
        """Return how many jobs people may have in a server, for the queue.

        A server that says more for some roles does so instead of the host, not beside.
        """
        settings = self.server(guild_id)
        roles = {str(role): jobs for role, jobs in settings.role_jobs.items()}
        return Quota(
            per_person=settings.jobs_per_person,
            per_server=settings.jobs_per_server,
            per_role=roles or self._host.jobs_per_role,
            in_all=self._host.max_jobs,
            cooldown=settings.cooldown,
            daily_per_person=self._host.daily_per_person,
            daily_per_server=self._host.daily_per_server,
        )

    def range_of(self, name: str) -> tuple[int, int]:
        """Return from where to where a setting goes that is a number."""
        return ranges(self._host)[name]

    def check(self, values: dict[str, Any]) -> None:
        """Refuse values that settings cannot have, all of them at once."""
        check_values(self._host, values)

    async def change_server(self, guild_id: int, **values: Any) -> ServerSettings:
        """Store settings of a server by the names of `ServerSettings`' fields; None resets one."""
        check_values(self._host, values)
        async with self._locks.of(("server", guild_id)):
            stored = _merged(self._servers.get(guild_id, {}), values)
            async with self._database.write() as connection:
                await _store(connection, SERVERS, guild_id, stored)
            self._servers[guild_id] = stored
        return self.server(guild_id)

    def language(self, user_id: int) -> str | None:
        """Return the language that somebody chose; None if they leave it to their Discord."""
        return self._languages.get(user_id)

    async def person(self, user_id: int) -> PersonSettings:
        """Return what somebody prefers."""
        async with self._database.read() as connection:
            stored = await _stored_person(connection, user_id)
        return replace(
            person_settings(self._host, stored),
            last_style=_read_style(stored.get(_LAST_STYLE)),
            last_style_private=bool(stored.get(_LAST_STYLE_PRIVATE)),
        )

    async def change_person(self, user_id: int, **values: Any) -> PersonSettings:
        """Store what somebody prefers, as `change_server` does."""
        check_values(self._host, values)
        async with self._changing(user_id, values):
            pass
        return await self.person(user_id)

    async def remember_style(self, user_id: int, style: JobStyle, *, private: bool = False) -> None:
        """Keep a style image as somebody's last style, in place of the former one.

        Of a `private` one only they have seen the picture.
        """
        owner, files = person_owner(user_id), style.image.files
        last = json.loads(_STYLE.encode(replace(style, weight=1.0)))
        values = {_LAST_STYLE: last, _LAST_STYLE_PRIVATE: private or None}
        async with self._changing(user_id, values) as change:
            await change.take(owner, files)
            await change.drop([owner], but=files)

    async def forget_style(self, user_id: int) -> None:
        """Forget somebody's last style, and its file if nobody else uses it."""
        values = {_LAST_STYLE: None, _LAST_STYLE_PRIVATE: None}
        async with self._changing(user_id, values) as change:
            await change.drop([person_owner(user_id)])

    @asynccontextmanager
    async def _changing(self, user_id: int, values: dict[str, Any]) -> AsyncIterator[UseChange]:
        """Store values of somebody, in one transaction with what the block does."""
        async with self._locks.of(("person", user_id)):
            async with self._uses.change() as change:
                yield change
                stored = _merged(await _stored_person(change.connection, user_id), values)
                await _store(change.connection, PEOPLE, user_id, stored)
            self._remember_language(user_id, stored.get(_LANGUAGE))

    async def forget_person(self, user_id: int) -> bool:
        """Delete what somebody prefers; return whether there was anything."""
        forget = delete(PEOPLE).where(PEOPLE.c.user_id == user_id)
        async with self._locks.of(("person", user_id)):
            async with self._uses.change() as change:
                await change.drop([person_owner(user_id)])
                gone = await change.connection.execute(forget)
            self._remember_language(user_id, None)
        return gone.rowcount > 0

    def _remember_language(self, user_id: int, language: str | None) -> None:
        if language is None:
            self._languages.pop(user_id, None)
        else:
            self._languages[user_id] = language

    async def _all(self, table: Table) -> dict[int, dict[str, Any]]:
        """Return what every owner has stored, without rows that cannot be read."""
        (key,) = table.primary_key
        stored = cast(table.c.settings, Text).label("stored")
        rows = await self._database.rows(select(key.label("owner"), stored))
        return {row["owner"]: _read(row["owner"], row["stored"]) for row in rows}


async def _stored_person(connection: AsyncConnection, user_id: int) -> dict[str, Any]:
    query = select(cast(PEOPLE.c.settings, Text)).where(PEOPLE.c.user_id == user_id)
    stored = await connection.scalar(query)
    return _read(user_id, stored) if stored else {}


async def _store(
    connection: AsyncConnection, table: Table, owner: int, settings: dict[str, Any]
) -> None:
    (key,) = table.primary_key
    changed = await connection.execute(update(table).where(key == owner).values(settings=settings))
    if not changed.rowcount:
        await connection.execute(insert(table).values({key.name: owner, "settings": settings}))


def _read(owner: int, stored: str) -> dict[str, Any]:
    """Return the settings of a row; of one that cannot be read the defaults."""
    try:
        return _SETTINGS.decode(stored)
    except Unreadable:
        _LOG.exception("The settings of %d cannot be read.", owner)
        return {}


def _read_style(stored: dict[str, Any] | None) -> JobStyle | None:
    try:
        return _STYLE.decode(json.dumps(stored)) if stored else None
    except Unreadable:
        _LOG.exception("A last style cannot be read.")
        return None


def _merged(stored: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**stored, **values}.items() if value is not None}
