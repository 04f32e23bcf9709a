"""The first answer to an interaction, which Discord takes once, and its own answer to that.

That may be lost: a proxy before Discord says 502, or the connection breaks. discord.py asks again
after the one and gives up after the other; asked again, Discord says that there is an answer.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import aiohttp
import discord
from discord.http import MultipartParameters
from discord.webhook.async_ import AsyncWebhookAdapter

from bot.cards.answers import ANSWERED


class FirstAnswers(AsyncWebhookAdapter):
    """Makes discord.py's requests of webhooks; a first answer that was sent twice counts as sent.

    What Discord would have said of it, such as the message's id, is not known then.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # discord.py does not type it

    async def create_interaction_response(
        self,
        interaction_id: int,
        token: str,
        *,
        session: aiohttp.ClientSession,
        proxy: str | None = None,
        proxy_auth: aiohttp.BasicAuth | None = None,
        params: MultipartParameters,
    ) -> Any:
        """Send it, once more after the connection broke; raises what discord.py raises."""
        counted = _Counted(session)
        send = partial(
            super().create_interaction_response,
            interaction_id,
            token,
            session=cast(aiohttp.ClientSession, counted),
            proxy=proxy,
            proxy_auth=proxy_auth,
            params=params,
        )
        try:
            try:
                return await send()
            except aiohttp.ClientError:
                for file in params.files or ():
                    file.reset()
                return await send()
        except discord.HTTPException as error:
            # At the first attempt it is of somebody else, such as a bot with the same token.
            if error.code != ANSWERED or counted.requests == 1:
                raise
            return {"interaction": {"id": interaction_id}}


class _Counted:
    """A session that counts its requests."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.requests = 0

    def request(self, *given: Any, **options: Any) -> Any:
        self.requests += 1
        return self._session.request(*given, **options)
