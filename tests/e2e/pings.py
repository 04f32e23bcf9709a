"""Nothing that the bot says may wake anybody but who asked for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from localchat import Exchange, LocalChat

_CALLBACK: Final = "/interactions/{interaction_id}/{interaction_token}/callback"
_WEBHOOK: Final = "/webhooks/{webhook_id}/{webhook_token}"
_CHANNEL: Final = "/channels/{channel_id}/messages"
_SAYING: Final = {
    ("POST", _CHANNEL),
    ("PATCH", _CHANNEL + "/{message_id}"),
    ("POST", _WEBHOOK),
    ("PATCH", _WEBHOOK + "/messages/@original"),
    ("PATCH", _WEBHOOK + "/messages/{message_id}"),
}
_SAYING_CALLBACKS: Final = {4, 7}  # a new message, and another one in its place


def pings(chat: LocalChat, exchanges: Sequence[Exchange]) -> list[str]:
    """Return what was said without, or with too wide, `allowed_mentions`."""
    return [
        f"{exchange.method} {exchange.template}: allowed_mentions {allowed}"
        for exchange in exchanges
        for body in _said(exchange)
        if (allowed := body.get("allowed_mentions")) is None
        or allowed.get("parse")
        or allowed.get("roles")
        or allowed.get("replied_user")
        or not set(map(str, allowed.get("users", []))) <= _requester(chat, exchange, body)
    ]


def _said(exchange: Exchange) -> Iterator[dict[str, Any]]:
    body = exchange.request_json
    if (exchange.method, exchange.template) in _SAYING:
        yield body
    elif exchange.template == _CALLBACK and body["type"] in _SAYING_CALLBACKS:
        yield body["data"]


def _requester(chat: LocalChat, exchange: Exchange, body: dict[str, Any]) -> set[str]:
    """Return who asked for the card of a message, or for any card there if it is no reply."""
    card = int(body.get("message_reference", {}).get("message_id", 0))
    return {
        str(each.user.id)
        for each in chat.interactions
        if each.token in exchange.path
        or (each.response_message_id == card if card else f"/{each.channel_id}/" in exchange.path)
    }
