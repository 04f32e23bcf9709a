"""How long the bot waits for the chat: one record, so that tests can shorten what they wait for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Pauses and limits towards the chat, in seconds."""

    edit: float = 2.5  # between two edits of a card; a channel takes five in five seconds
    waiting_edit: float = 30.0  # the same for a card that waits for its turn
    token_reserve: float = 60.0  # before a token dies: edits through the channel again
    token_margin: float = 120.0  # before that a card without another way offers to be collected
    first_retry: float = 2.0  # until Discord is asked again; each further pause is twice as long …
    longest_retry: float = 300.0  # … up to this
    settle: float = 10.0  # until an edit that an outcome cut off cannot arrive any more
    goodbye: float = 5.0  # for all cards to say that the bot restarts: a window of the rate limit
    gateway: float = 30.0  # for the gateway to answer, until it is asked again
    identify: float = 5.5  # between two shards of a bucket; Discord wants 5 where they arrive
    lost: float = 60.0  # after which a shard without a connection is no hiccup any more
    beat: float = 10.0  # between two signs of life for `stylize-bot health`
    host: float = 1.0  # between two looks at whether the host asks for something
    guilds: float = 2.0  # for a further server to be announced at the start
