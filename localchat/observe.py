"""What an observer is told: every exchange over REST, every event over the gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localchat.errors import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A file in a multipart request."""

    name: str
    filename: str
    content_type: str | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One REST request and its answer.

    Attributes:
        method: HTTP method.
        template: the route as Discord's API description writes it, such as
            `/channels/{channel_id}/messages`; None if there is no such route.
        path: the path asked for, after `/api/v10`. May hold an interaction token.
        query: parameters of the query.
        request_json: the body, or the `payload_json` part; None without a body.
        files: the files sent along.
        status: HTTP status of the answer.
        response_json: the answer's body; None for 204, and for HTML.
        is_html: whether the answer was a page of a proxy in front of Discord, not Discord's own.
    """

    method: str
    template: str | None
    path: str
    query: Mapping[str, str]
    request_json: Any
    files: tuple[FilePart, ...]
    status: int
    response_json: Any
    is_html: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One event sent over the gateway."""

    name: str
    data: Json


class Observers:
    """Callbacks; each is called at once, in the order of the events."""

    def __init__(self) -> None:
        self.on_exchange: list[Callable[[Exchange], None]] = []
        self.on_dispatch: list[Callable[[Dispatch], None]] = []

    def clear(self) -> None:
        """Tell nobody any more."""
        self.on_exchange.clear()
        self.on_dispatch.clear()

    def exchange(self, exchange: Exchange) -> None:
        """Tell everybody about an exchange."""
        for callback in self.on_exchange:
            callback(exchange)

    def dispatch(self, dispatch: Dispatch) -> None:
        """Tell everybody about an event."""
        for callback in self.on_dispatch:
            callback(dispatch)
