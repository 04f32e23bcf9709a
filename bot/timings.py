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
        waiting_edit: least time between two edits of a card that waits for its turn.
        token_reserve: how long before the death of an interaction's token cards are edited through
            the channel again, where the bot may.
        token_margin: how long before it a card that has no other way offers to collect the picture.
        first_retry: the first pause before something is tried again that Discord did not answer;
            each further one is twice as long …
        longest_retry: … up to this.
        settle: how long until an edit that an outcome cut off cannot arrive any more; then the
            outcome is shown once more.
        goodbye: how long all cards together may take to say that the bot restarts; a little longer
            than a window of the rate limit for edits.
        gateway: how long the gateway may take to answer, until it is asked again.
        identify: least time between two shards of a bucket that start sessions; Discord's own is 5,
            when they arrive there.
        guilds: how long to wait for a further server to be announced at the start.
    """

    edit: float = 2.5
    waiting_edit: float = 30.0
    token_reserve: float = 60.0
    token_margin: float = 120.0
    first_retry: float = 2.0
    longest_retry: float = 300.0
    settle: float = 10.0
    goodbye: float = 5.0
    gateway: float = 30.0
    identify: float = 5.5
    guilds: float = 2.0
