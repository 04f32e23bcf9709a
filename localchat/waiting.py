"""Wait for the bot's first answer as long as Discord waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from localchat.gateway import Gateway
from localchat.state import Interaction
from localchat.world import World


class NotAcknowledged(Exception):
    """The bot did not answer in time: "The application did not respond"."""

    def __init__(self, interaction: Interaction) -> None:
        super().__init__("The application did not respond")
        self.interaction = interaction


async def answered(world: World, gateway: Gateway, interaction: Interaction) -> Interaction:
    """Tell the bot what a person did, and return once it has answered.

    Raises:
        NotAcknowledged: it did not in time.
    """
    with world.waiting_for(interaction) as answer:
        gateway.tell_interaction(interaction)
        while not answer.is_set():
            # The clock may be a test's own, so the deadline is looked at again and again.
            if world.clock() - interaction.created_at > world.limits.acknowledge_seconds:
                raise NotAcknowledged(interaction)
            with suppress(TimeoutError):
                await asyncio.wait_for(answer.wait(), 0.05)
    return interaction
