"""Names of people and servers, as the running bot knows them: the database has ids only."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from backend.control.requests import NAMES, NobodyAnswers, RequestRefused, ask
from backend.database.database import Database

_MOST: Final = 100  # people whom Discord is asked about


async def names_of(
    database: Database, people: Iterable[int], servers: Iterable[int]
) -> dict[int, str]:
    """Return the names that can be found out; of the first people, where they are many."""
    about = {
        "people": [str(each) for each in dict.fromkeys(people)][:_MOST],
        "servers": [str(each) for each in dict.fromkeys(servers)],
    }
    with suppress(NobodyAnswers, RequestRefused):
        found: dict[str, str] = await ask(database, NAMES, about)
        return {int(each): name for each, name in found.items()}
    return {}
