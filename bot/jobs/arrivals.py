"""Commands that were taken and are not jobs yet: their pictures are still on their way in.

```
 command ──▶ add ──▶ acknowledgement ──▶ set_card ──▶ intake ──┬──▶ JobStore.create (removes it)
                                                              └──▶ refusal ──▶ remove
```
Whatever is left here when the bot starts was cut off by its end, and somebody looks at a card that
waits for ever; `bot.cards.refusals` gives it an end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from bot.database.database import Database
from bot.database.tables import ARRIVALS
from bot.jobs.model import Address
from bot.jobs.table import ADDRESS
from nst.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One command.

    Attributes:
        address: whose it is; `message_id` is 0 where the bot ended before it learned of its card.
        options: what was asked for.
        locale: Discord's name of the requester's language.
    """

    address: Address
    options: Options
    locale: str = "en-US"


class Arrivals:
    """The table of arrivals; each is named by its interaction token.

    Args:
        database: open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, arrival: Arrival) -> None:
        """Take note of a command before it is acknowledged."""
        address = {name: getattr(arrival.address, name) for name in ADDRESS}
        async with self._database.write() as connection:
            await connection.execute(
                insert(ARRIVALS).values(
                    address | {"options": arrival.options.as_dict(), "locale": arrival.locale}
                )
            )

    async def set_card(self, address: Address) -> None:
        """The command was acknowledged: this is its card."""
        async with self._database.write() as connection:
            await connection.execute(
                update(ARRIVALS)
                .where(ARRIVALS.c.interaction_token == address.interaction_token)
                .values(message_id=address.message_id)
            )

    async def remove(self, address: Address) -> None:
        """The card has come to an end; one that is not there is ignored."""
        async with self._database.write() as connection:
            await connection.execute(
                delete(ARRIVALS).where(ARRIVALS.c.interaction_token == address.interaction_token)
            )

    async def all(self) -> Sequence[Arrival]:
        """Every arrival."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(ARRIVALS))).mappings().all()
        return [
            Arrival(
                address=Address(**{name: row[name] for name in ADDRESS}),
                options=Options(**row["options"]),
                locale=row["locale"],
            )
            for row in rows
        ]
