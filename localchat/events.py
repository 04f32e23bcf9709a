"""What the bot is told over the gateway, and which sessions are told it."""

from __future__ import annotations

from typing import Final

from localchat.errors import Json
from localchat.observe import Dispatch, Observers
from localchat.payloads import as_the_bot_sees, interaction_payload, message_payload
from localchat.places import channel_payload, guild_payload, member_payload, role_payload
from localchat.sessions import Sessions
from localchat.state import Channel, Guild, Interaction, Message, Role
from localchat.world import Change, World

GUILDS: Final = 1 << 0
GUILD_MESSAGES: Final = 1 << 9
DIRECT_MESSAGES: Final = 1 << 12


class Events:
    """The part of the gateway that tells events.

    Args:
        world: its changes become events.
        observers: are told every event.
        sessions: of the clients.
    """

    def __init__(self, world: World, observers: Observers, sessions: Sessions) -> None:
        self._world = world
        self._observers = observers
        self.sessions = sessions
        world.listeners.append(self._message_changed)
        world.channel_listeners.append(self.tell_channel)

    def tell_interaction(self, interaction: Interaction) -> None:
        """Send INTERACTION_CREATE."""
        guild_id = self._world.channel(interaction.channel_id).guild_id
        payload = interaction_payload(self._world, interaction)
        self._dispatch("INTERACTION_CREATE", payload, 0, guild_id)

    def tell_channel(self, channel: Channel, change: Change = "update") -> None:
        """Send CHANNEL_UPDATE, THREAD_CREATE or the like."""
        if channel.guild_id is None or not self._world.guild(channel.guild_id).has_bot:
            return
        if channel.is_thread and not self._world.bot_sees(channel):
            return
        what = "THREAD" if channel.is_thread else "CHANNEL"
        payload = channel_payload(self._world, channel)
        if what == "THREAD" and change == "create":
            payload["newly_created"] = True
        self._dispatch(f"{what}_{change.upper()}", payload, GUILDS, channel.guild_id)

    def tell_role(self, guild: Guild, role: Role) -> None:
        """Send GUILD_ROLE_CREATE."""
        if guild.has_bot:
            payload = {"guild_id": str(guild.id), "role": role_payload(role)}
            self._dispatch("GUILD_ROLE_CREATE", payload, GUILDS, guild.id)

    def tell_guild(self, guild: Guild) -> None:
        """Send GUILD_CREATE if the bot has joined, GUILD_DELETE if it was removed."""
        if guild.has_bot:
            payload = guild_payload(self._world, *self._world.look_at(guild.id))
            del payload["unavailable"]  # only told of servers that the bot was in before
            self._dispatch("GUILD_CREATE", payload, GUILDS, guild.id)
        else:
            # Without `unavailable`, which would mean an outage.
            self._dispatch("GUILD_DELETE", {"id": str(guild.id)}, GUILDS, guild.id)

    def _message_changed(self, change: Change, message: Message) -> None:
        if message.visible_to is not None:
            return  # ephemeral messages are not told over the gateway
        world = self._world
        channel = world.channel(message.channel_id)
        guild = world.guild_of(channel)
        if not world.bot_sees(channel):
            return
        if change == "delete":
            data: Json = {"id": str(message.id), "channel_id": str(message.channel_id)}
        else:
            whole = message_payload(world, message) | {"channel_type": int(channel.kind)}
            data = as_the_bot_sees(world, message, whole)
            if message.origin is None and guild is not None:
                member = member_payload(world, message.author, guild)
                del member["user"]
                data["member"] = member
        if guild is not None:
            data["guild_id"] = str(guild.id)
        intent = DIRECT_MESSAGES if guild is None else GUILD_MESSAGES
        self._dispatch(f"MESSAGE_{change.upper()}", data, intent, channel.guild_id)

    def _dispatch(self, name: str, data: Json, intent: int, guild_id: int | None) -> None:
        told = False
        for session in self.sessions:
            if session.serves(guild_id) and (intent == 0 or session.intents & intent):
                session.send(name, data)
                told = True
        if told:
            self._observers.dispatch(Dispatch(name=name, data=data))
