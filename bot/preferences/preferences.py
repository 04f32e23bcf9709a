"""Settings of servers (held in memory) and of people (read when they are needed)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Table, delete, insert, select, update

from bot.database.database import Database
from bot.database.tables import PEOPLE, SERVERS
from bot.jobs.model import JobStyle, SpooledImage
from bot.jobs.quota import Quota
from bot.preferences.model import PersonSettings, ServerSettings
from bot.preferences.values import check_values, person_settings, server_settings
from bot.settings import Settings
from bot.shelf.pictures import PictureFolder

_LAST_STYLE: Final = "last_style"
_LANGUAGE: Final = "language"
_IMAGE: Final = ("filename", "sha256", "width", "height", "fingerprint")


class Preferences:
    """Reads and changes settings; an async context manager.

    Args:
        database: open.
        host: defaults and limits.
        pictures: where the last styles of people are kept.
    """

    def __init__(self, database: Database, host: Settings, pictures: PictureFolder) -> None:
        self._database = database
        self._host = host
        self._pictures = pictures
        self._servers: dict[int, dict[str, Any]] = {}
        self._languages: dict[int, str] = {}
        self._elsewhere = server_settings(host, {})

    async def __aenter__(self) -> Self:
        """Read the settings of all servers that have any, and who chose a language."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(SERVERS))).all()
            people = (await connection.execute(select(PEOPLE))).all()
        self._servers = {row.guild_id: dict(row.settings) for row in rows}
        self._languages = {
            row.user_id: row.settings[_LANGUAGE] for row in people if _LANGUAGE in row.settings
        }
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Nothing is to be closed; the database is its owner's."""

    def server(self, guild_id: int | None) -> ServerSettings:
        """What applies in a server; what the host says in direct messages (None)."""
        if guild_id is None or guild_id not in self._servers:
            return self._elsewhere
        return server_settings(self._host, self._servers[guild_id])

    async def quota(self, guild_id: int | None) -> Quota:
        """How many jobs people may have in a server: what the queue asks before it takes one.

        A server that says more for some roles does so instead of the host, not beside.
        """
        settings = self.server(guild_id)
        roles = {str(role): jobs for role, jobs in settings.role_jobs.items()}
        return Quota(
            per_person=settings.jobs_per_person,
            per_server=settings.jobs_per_server,
            per_role=roles or self._host.jobs_per_role,
            cooldown=settings.cooldown,
        )

    async def change_server(self, guild_id: int, **values: Any) -> ServerSettings:
        """Store settings of a server by the names of `ServerSettings`' fields; None resets one.

        Raises:
            SettingRefused: a value that the setting cannot have, or beyond the host's limits.
        """
        check_values(self._host, values)
        stored = _merged(self._servers.get(guild_id, {}), values)
        await self._store(SERVERS, guild_id, stored)
        self._servers[guild_id] = stored
        return self.server(guild_id)

    def language(self, user_id: int) -> str | None:
        """The language that somebody chose; None if they leave it to their Discord."""
        return self._languages.get(user_id)

    async def person(self, user_id: int) -> PersonSettings:
        """What somebody prefers."""
        stored = await self._stored_person(user_id)
        last = stored.get(_LAST_STYLE)
        return replace(
            person_settings(self._host, stored), last_style=last and self._to_style(last)
        )

    async def change_person(self, user_id: int, **values: Any) -> PersonSettings:
        """Store what somebody prefers, by the names of `PersonSettings`' fields; None resets one.

        Raises:
            SettingRefused: a value that the setting cannot have, or beyond the host's limits.
        """
        check_values(self._host, values)
        stored = _merged(await self._stored_person(user_id), values)
        await self._store(PEOPLE, user_id, stored)
        self._remember_language(user_id, stored.get(_LANGUAGE))
        return await self.person(user_id)

    async def remember_style(self, user_id: int, style: JobStyle) -> JobStyle:
        """Keep a copy of a style image as somebody's last style, in place of the former one.

        The files of the former one go with the shelf's next sweep, unless a job needs them.

        Returns:
            The copy; it stays when the files of `style` go.

        Raises:
            OSError: it cannot be stored.
        """
        async with self._pictures.gate:
            image = await self._pictures.adopt(style.image, style.image.filename)
            kept = JobStyle(image=image, credit=style.credit)
            await self.change_person(user_id, **{_LAST_STYLE: _from_style(kept)})
        return kept

    async def forget_person(self, user_id: int) -> bool:
        """Delete what somebody prefers; returns whether there was anything."""
        async with self._database.write() as connection:
            gone = await connection.execute(delete(PEOPLE).where(PEOPLE.c.user_id == user_id))
        self._remember_language(user_id, None)
        return gone.rowcount > 0

    async def files(self) -> set[Path]:
        """The files of all last styles."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(PEOPLE.c.settings))).scalars().all()
        styles = [row[_LAST_STYLE]["file"] for row in rows if _LAST_STYLE in row]
        ends = (self._pictures.clean, self._pictures.thumbnail)
        return {end(file) for file in styles for end in ends}

    def _remember_language(self, user_id: int, language: str | None) -> None:
        if language is None:
            self._languages.pop(user_id, None)
        else:
            self._languages[user_id] = language

    async def _stored_person(self, user_id: int) -> dict[str, Any]:
        query = select(PEOPLE.c.settings).where(PEOPLE.c.user_id == user_id)
        async with self._database.read() as connection:
            return dict((await connection.execute(query)).scalar() or {})

    async def _store(self, table: Table, owner: int, settings: dict[str, Any]) -> None:
        (key,) = table.primary_key
        async with self._database.write() as connection:
            changed = await connection.execute(
                update(table).where(key == owner).values(settings=settings)
            )
            if not changed.rowcount:
                row = {key.name: owner, "settings": settings}
                await connection.execute(insert(table).values(row))

    def _to_style(self, data: dict[str, Any]) -> JobStyle:
        image = {name: data[name] for name in _IMAGE}
        file = data["file"]
        return JobStyle(
            image=SpooledImage(
                path=self._pictures.clean(file), thumbnail=self._pictures.thumbnail(file), **image
            ),
            credit=data["credit"],
        )


def _from_style(style: JobStyle) -> dict[str, Any]:
    image = {name: getattr(style.image, name) for name in _IMAGE}
    return {"file": style.image.path.stem, "credit": style.credit, **image}


def _merged(stored: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**stored, **values}.items() if value is not None}
