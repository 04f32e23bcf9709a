"""How long the bot waits for the chat: one record, so that tests can shorten what they wait for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Pauses and limits towards the chat, in seconds.

    Attributes:
        edit: least time between two edits of a card. Discord lets a channel's messages be edited
            about five times in five seconds; a card that is edited more rarely than every two
            seconds leaves room for its neighbours.
        token_margin: how long before the death of an interaction's token its card offers to
            collect the picture.
        deliveries: pauses before an outcome is sent again.
        gateway: how long the gateway may take to answer at the start.
        guilds: how long to wait for a further server to be announced at the start.
    """

    edit: float = 2.5
    token_margin: float = 120.0
    deliveries: tuple[float, ...] = (2.0, 10.0, 60.0, 300.0)
    gateway: float = 30.0
    guilds: float = 2.0
