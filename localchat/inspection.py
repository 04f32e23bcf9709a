"""What can be looked at in a running chat: places, messages, interactions, traffic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from localchat.errors import Json
from localchat.export import export_message
from localchat.observe import Dispatch, Exchange
from localchat.parts import ChatParts
from localchat.payloads import interaction_payload, message_payload
from localchat.render import Renderer
from localchat.state import Channel, Guild, Interaction, Message, Role
from localchat.world import Change


class Inspection(ChatParts):
    """The part of `LocalChat` that tells what is there and what happens."""

    # places

    @property
    def home(self) -> Guild:
        """The first server."""
        return self._world.home

    @property
    def guilds(self) -> list[Guild]:
        """All servers."""
        return list(self._world.guilds.values())

    def channel(self, name: str | int | None = None) -> Channel:
        """Return the channel of this name (with or without `#`) or id; None: the first one.

        Raises:
            LookupError: there is none.
        """
        return self._world.channel_named(name)

    def channels(self, guild: Guild | None = None) -> list[Channel]:
        """Return the channels of a server, threads included; None: every channel there is."""
        if guild is None:
            return list(self._world.channels.values())
        return self._world.channels_of(guild.id)

    @property
    def roles(self) -> list[Role]:
        """The roles of all servers, without @everyone and the bot's own."""
        return self._world.roles()

    @property
    def people(self) -> list[str]:
        """The names of everybody who has joined, without the owner and the bot."""
        return list(self._world.people)

    # messages

    def message(self, message_id: int) -> Message:
        """Return a message as it is now.

        Raises:
            ApiError: there is no such message.
        """
        return self._world.message(message_id)

    def find_message(self, message_id: int) -> Message | None:
        """Return a message as it is now; None if there is no such message."""
        return self._world.messages.get(message_id)

    def all_messages(self) -> list[Message]:
        """Return the messages of all channels, oldest first, ephemeral ones included."""
        return list(self._world.messages.values())

    def messages(self, channel: str | int | None = None) -> list[Json]:
        """Return a channel's messages as `message_json` does, oldest first."""
        channel_id = self._world.channel_named(channel).id
        return [self.message_json(each) for each in self._world.messages_in(channel_id)]

    def message_json(self, message: Message | int) -> Json:
        """Return a message, or the present one with this id, as Discord's JSON.

        Raises:
            ApiError: there is no message with this id.
        """
        found = self._world.message(message) if isinstance(message, int) else message
        return message_payload(self._world, found)

    def message_html(self, message_id: int) -> str:
        """Return a message as the page shows it to somebody who is not mentioned in it.

        Raises:
            ApiError: there is no such message.
        """
        message = self._world.message(message_id)
        return Renderer(self._world, self._world.links.path_of).message(message)

    async def watch(self, message_id: int) -> AsyncIterator[Json]:
        """Yield each state of a message, the present one first; end when it is deleted."""
        states: asyncio.Queue[Json | None] = asyncio.Queue()

        def listen(change: Change, message: Message) -> None:
            if message.id == message_id:
                states.put_nowait(None if change == "delete" else self.message_json(message))

        self._world.listeners.append(listen)
        try:
            yield self.message_json(message_id)
            while (state := await states.get()) is not None:
                yield state
        finally:
            self._world.stop_telling(listen)

    async def export_message(self, message_id: int, *, live: bool = False) -> str:
        """Return a message as one HTML page that needs nothing else, pictures included.

        Its buttons do nothing; with `live` they look as if they did, for screenshots.

        Raises:
            ApiError: there is no such message.
        """
        return await export_message(self._world, self._world.message(message_id), live=live)

    # commands and interactions

    def commands(self, guild: Guild | None = None) -> list[Json]:
        """Return the commands as the bot registered them, for one server or (None) for all."""
        found = self._world.commands.get(None if guild is None else guild.id, {})
        return [command.payload for command in found.values()]

    @property
    def interactions(self) -> list[Interaction]:
        """Everything that people did which the bot had to answer, oldest first."""
        return list(self._world.interactions.values())

    def interaction_json(self, interaction: Interaction) -> Json:
        """Return the data of the event that tells the bot of an interaction."""
        return interaction_payload(self._world, interaction)

    # the bot's traffic

    @property
    def ban_seconds(self) -> float:
        """How long the bot is still banned for too many refused requests; 0 if it is not."""
        return self._ban.seconds_left

    @property
    def connected(self) -> bool:
        """Whether a bot is connected to the gateway."""
        return self._gateway.connected

    @property
    def shards(self) -> list[tuple[int, int]]:
        """Number and count of each shard that is connected."""
        return self._gateway.shards

    @property
    def session_starts(self) -> int:
        """How often a bot has identified (resumed sessions do not count)."""
        return self._gateway.sessions.started

    async def wait_for_bot(self) -> None:
        """Return once a bot has connected and has been told of its servers."""
        await self._gateway.wait_for_bot()

    def on_exchange(self, callback: Callable[[Exchange], None]) -> None:
        """Call back after every REST request."""
        self._observers.on_exchange.append(callback)

    def on_dispatch(self, callback: Callable[[Dispatch], None]) -> None:
        """Call back at every gateway event."""
        self._observers.on_dispatch.append(callback)

    def on_change(self, callback: Callable[[Change, Message], None]) -> None:
        """Call back whenever a message is created, updated or deleted."""
        self._world.listeners.append(callback)
