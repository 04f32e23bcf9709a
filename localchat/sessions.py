"""Sessions of the gateway: who may identify, how often, and who may resume.

Source: Discord's API documentation, "Gateway" (identifying, resuming, sharding, session start
limit) and "Opcodes and Status Codes".
"""

from __future__ import annotations

import asyncio
import math
import secrets
from typing import Any, Final

from localchat.connection import Close, Session, is_shard
from localchat.errors import Json
from localchat.opcodes import CloseCode
from localchat.world import World

DAY_SECONDS: Final = 24 * 3600.0
GUILDS_PER_SHARD: Final = 1000  # what Discord advises

PRIVILEGED: Final = (1 << 1) | (1 << 8) | (1 << 15)  # members, presences, message content
KNOWN_INTENTS: Final = (1 << 26) - 1


class InvalidSession(Exception):
    """The client must identify (again), after a pause."""


class Sessions:
    """All sessions, connected or not.

    Args:
        world: has the token, the limits and the guilds.

    Attributes:
        started: how many sessions have been started.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_id: dict[str, Session] = {}
        self._used = 0
        self._window_ends = -math.inf
        self._next_identify: dict[int, float] = {}
        self.started = 0

    def __iter__(self) -> Any:
        """Iterate over the sessions."""
        return iter(tuple(self._by_id.values()))

    def end(self, session: Session) -> None:
        """Forget a session: it cannot be resumed."""
        self._by_id.pop(session.id, None)
        if session.telling is not None:
            session.telling.cancel()

    def clear(self) -> None:
        """Forget all sessions."""
        for session in self:
            self.end(session)

    def start_limit(self) -> Json:
        """Return the `session_start_limit` of `GET /gateway/bot`."""
        limits, left = self._world.limits, self._window_ends - self._world.clock()
        used = self._used if left > 0 else 0
        return {
            "total": limits.session_starts,
            "remaining": max(0, limits.session_starts - used),
            "reset_after": round(1000 * (left if left > 0 else DAY_SECONDS)),
            "max_concurrency": limits.max_concurrency,
        }

    def advised_shards(self) -> int:
        """Return how many shards the bot should start with."""
        return max(1, math.ceil(len(self._world.joined()) / GUILDS_PER_SHARD))

    def identify(self, data: Any) -> Session:
        """Start a session.

        Raises:
            Close: what the client sent is wrong, or it may not start a session.
            InvalidSession: it came too early after the last one.
        """
        if not isinstance(data, dict) or not isinstance(data.get("properties"), dict):
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        self._check_token(data.get("token"))
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= KNOWN_INTENTS:
            raise Close(CloseCode.INVALID_INTENTS, "Invalid intent(s).")
        if intents & PRIVILEGED:
            raise Close(CloseCode.DISALLOWED_INTENTS, "Disallowed intent(s).")
        shard = data.get("shard", [0, 1])
        if not is_shard(shard):
            raise Close(CloseCode.INVALID_SHARD, "Invalid shard.")
        self._count_start(shard[0])
        session = Session(secrets.token_hex(16), intents, shard[0], shard[1])
        self._check_size(session)
        self._by_id[session.id] = session
        self.started += 1
        return session

    def resume(self, data: Any) -> tuple[Session, list[str]]:
        """Return the session that a client goes on with, and the events that it missed.

        Raises:
            Close: what the client sent is wrong.
            InvalidSession: there is no such session, or too much was missed.
        """
        if not isinstance(data, dict):
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        self._check_token(data.get("token"))
        session = self._by_id.get(str(data.get("session_id")))
        sequence = data.get("seq")
        if session is None or not isinstance(sequence, int):
            raise InvalidSession
        if sequence > session.sequence:
            raise Close(CloseCode.INVALID_SEQ, "Invalid seq.")
        missed = [text for number, text in session.sent if number > sequence]
        if len(missed) < session.sequence - sequence:
            self.end(session)
            raise InvalidSession
        return session, missed

    def _check_token(self, token: object) -> None:
        given = token.removeprefix("Bot ") if isinstance(token, str) else ""
        if not secrets.compare_digest(given.encode(), self._world.token.encode()):
            raise Close(CloseCode.AUTHENTICATION_FAILED, "Authentication failed.")

    def _check_size(self, session: Session) -> None:
        """Refuse one connection for too many guilds.

        Assumption: the documentation has "2500+ guilds must enable sharding" and "each shard can
        only support a maximum of 2500 guilds"; so 2500 is too many without shards, 2501 with them.
        """
        served = sum(session.serves(guild_id) for guild_id in self._world.joined())
        most = self._world.limits.guilds_per_connection
        if served > most or (session.shards == 1 and served == most):
            raise Close(CloseCode.SHARDING_REQUIRED, "Sharding required.")

    def _count_start(self, shard: int) -> None:
        """Count an identification against the two limits of the whole application."""
        limits, now = self._world.limits, asyncio.get_running_loop().time()
        key = shard % limits.max_concurrency
        if now < self._next_identify.get(key, -math.inf):
            raise InvalidSession
        self._next_identify[key] = now + limits.identify_seconds
        if self._world.clock() >= self._window_ends:
            self._window_ends, self._used = self._world.clock() + DAY_SECONDS, 0
        if self._used >= limits.session_starts:
            # "All active sessions for the app will be terminated, and the bot token will be reset."
            self._world.reset_token()
            raise Close(CloseCode.AUTHENTICATION_FAILED, "Authentication failed.")
        self._used += 1
