"""Somebody who uses the chat: runs commands and presses buttons as Discord's own client would."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple

from bot.localchat.errors import Json
from bot.localchat.gateway import Gateway
from bot.localchat.kinds import Component, Menu, Option
from bot.localchat.payloads import attachment_payload, walk
from bot.localchat.rest.interactions import ACKNOWLEDGE_SECONDS
from bot.localchat.state import (
    Command,
    Interaction,
    InteractionKind,
    Message,
    Permission,
    User,
)
from bot.localchat.world import File, World

PERSON_UPLOAD_LIMIT = 50 * 1024 * 1024


class Upload(NamedTuple):
    """A file a person attaches: name and type as they claim, and the bytes as they are."""

    filename: str
    data: bytes
    content_type: str | None = None


OptionValue = str | int | float | bool | Upload


class InvalidInput(ValueError):
    """Discord's client would not let a person send this; the text says why."""


class NotAcknowledged(Exception):
    """The bot did not answer within three seconds: "The application did not respond"."""

    def __init__(self, interaction: Interaction) -> None:
        super().__init__("The application did not respond")
        self.interaction = interaction


class Person:
    """A member of the guild.

    Args:
        world: the chat.
        gateway: tells the bot what the person does.
        user: who it is.
    """

    def __init__(self, world: World, gateway: Gateway, user: User) -> None:
        self._world = world
        self._gateway = gateway
        self.user = user

    async def run(
        self,
        command: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        channel: str | None = None,
    ) -> Interaction:
        """Runs a slash command and waits for the bot's acknowledgement.

        Args:
            command: its name, without the slash.
            options: values by option name; an attachment is an `Upload` or an equal tuple.
            channel: name of the channel; the first one for None.

        Raises:
            InvalidInput: no such command, or an option that its registration does not allow.
            NotAcknowledged: the bot did not answer in time.
        """
        found = find_command(self._world, command)
        if found is None:
            raise InvalidInput(f"there is no command /{command}")
        data = await self._command_data(found, options or {})
        return await self._act(InteractionKind.COMMAND, data, self._world.channel_named(channel).id)

    async def press(
        self, message_id: int, custom_id: str, values: tuple[str, ...] = ()
    ) -> Interaction:
        """Presses a button, or chooses `values` in a select menu, and waits for the answer.

        Raises:
            InvalidInput: there is no such thing to press, or it is disabled.
            NotAcknowledged: the bot did not answer in time.
        """
        message = self._world.messages.get(message_id)
        if message is None or message.visible_to not in {None, self.user.id}:
            raise InvalidInput("there is no such message")
        component = _pressable(message, custom_id)
        data: Json = {
            "custom_id": custom_id,
            "component_type": component["type"],
            "id": component["id"],
        }
        if component["type"] != Component.BUTTON:
            data["values"] = list(values)
        return await self._act(
            InteractionKind.COMPONENT, data, message.channel_id, message_id=message.id
        )

    async def autocomplete(
        self,
        command: str,
        option: str,
        value: str,
        *,
        options: Mapping[str, OptionValue] | None = None,
        channel: str | None = None,
    ) -> list[Json]:
        """What the bot suggests while the person types: `[{"name": …, "value": …}, …]`.

        Args:
            command: name of the slash command.
            option: the option being typed.
            value: what has been typed so far.
            options: other options that are filled in already.
            channel: name of the channel; the first one for None.

        Raises:
            InvalidInput: no such command or option.
            NotAcknowledged: the bot did not answer in time.
        """
        found = find_command(self._world, command)
        if found is None:
            raise InvalidInput(f"there is no command /{command}")
        spec = _options(found).get(option)
        if spec is None or not spec.get("autocomplete"):
            raise InvalidInput(f"/{command} does not complete {option!r}")
        filled = [
            {"name": name, "type": _options(found)[name]["type"], "value": given}
            for name, given in (options or {}).items()
            if name != option and name in _options(found) and not isinstance(given, tuple)
        ]
        typed: Json = {"name": option, "type": spec["type"], "value": value, "focused": True}
        data = _command_head(found) | {"options": [*filled, typed]}
        interaction = await self._act(
            InteractionKind.AUTOCOMPLETE, data, self._world.channel_named(channel).id
        )
        return interaction.choices or []

    # how it is sent

    async def _act(
        self, kind: InteractionKind, data: Json, channel_id: int, message_id: int | None = None
    ) -> Interaction:
        if Permission.USE_APPLICATION_COMMANDS not in self.user.permissions:
            raise InvalidInput("you may not use application commands here")
        interaction = self._world.add_interaction(
            kind=kind, user=self.user, channel_id=channel_id, data=data, message_id=message_id
        )
        self._gateway.tell_interaction(interaction)
        while not interaction.answered.is_set():
            # The clock may be a test's own, so the deadline is looked at again and again.
            if self._world.clock() - interaction.created_at > ACKNOWLEDGE_SECONDS:
                raise NotAcknowledged(interaction)
            try:
                await asyncio.wait_for(interaction.answered.wait(), 0.05)
            except TimeoutError:
                continue
        return interaction

    async def _command_data(self, command: Command, values: Mapping[str, OptionValue]) -> Json:
        specs = _options(command)
        unknown = set(values) - set(specs)
        if unknown:
            raise InvalidInput(f"there is no option {sorted(unknown)[0]!r}")
        options = []
        resolved: dict[str, Json] = {}
        for name, spec in specs.items():
            if name not in values:
                if spec.get("required"):
                    raise InvalidInput(f"the option {name!r} is required")
                continue
            value: object = check_option(spec, values[name])
            if isinstance(value, Upload):
                payload = await self._upload(value)
                resolved[payload["id"]] = payload
                value = payload["id"]
            options.append({"name": name, "type": spec["type"], "value": value})
        data = _command_head(command)
        if options:
            data["options"] = options
        if resolved:
            data["resolved"] = {"attachments": resolved}
        return data

    async def _upload(self, upload: Upload) -> Json:
        file = File(upload.filename, upload.content_type, upload.data)
        folder = f"ephemeral-attachments/{self._world.application_id}"
        attachment = self._world.new_attachment(file, folder=folder)
        await self._world.storage.add(attachment, upload.data)
        return attachment_payload(self._world, attachment)


def find_command(world: World, name: str) -> Command | None:
    """The registered slash command called `name`; the guild's own before the global one."""
    for scope in (world.guild_id, None):
        command = world.commands.get(scope, {}).get((Menu.CHAT_INPUT, name))
        if command is not None:
            return command
    return None


def _options(command: Command) -> dict[str, Json]:
    return {option["name"]: option for option in command.payload.get("options") or []}


def _command_head(command: Command) -> Json:
    return {"id": str(command.id), "name": command.payload["name"], "type": Menu.CHAT_INPUT}


_TYPES: Final[Mapping[int, tuple[type, ...]]] = {
    Option.STRING: (str,),
    Option.INTEGER: (int,),
    Option.BOOLEAN: (bool,),
    Option.NUMBER: (int, float),
    Option.ATTACHMENT: (tuple,),
}


def check_option(spec: Json, value: OptionValue) -> OptionValue:
    """A value as its registration allows it.

    Raises:
        InvalidInput: wrong type, out of bounds, not one of the choices, or too large a file.
    """
    name, kind = spec["name"], spec["type"]
    allowed = _TYPES.get(kind, (str,))
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind != Option.BOOLEAN):
        raise InvalidInput(f"{name!r} is not a value of this kind")
    if isinstance(value, tuple):
        upload = Upload(*value)
        if len(upload.data) > PERSON_UPLOAD_LIMIT:
            limit = PERSON_UPLOAD_LIMIT // 1024 // 1024
            raise InvalidInput(f"{name!r} is too large: a file may have {limit} MiB at most")
        return upload
    choices = [choice["value"] for choice in spec.get("choices") or []]
    if choices and value not in choices:
        raise InvalidInput(f"{name!r} must be one of the choices")
    _check_bounds(spec, value)
    return value


def _check_bounds(spec: Json, value: str | float) -> None:
    is_text = isinstance(value, str)
    measure = len(value) if isinstance(value, str) else value
    low = spec.get("min_length" if is_text else "min_value")
    high = spec.get("max_length" if is_text else "max_value")
    if low is not None and measure < low:
        raise InvalidInput(f"{spec['name']!r} must be at least {low}")
    if high is not None and measure > high:
        raise InvalidInput(f"{spec['name']!r} must be at most {high}")


def _pressable(message: Message, custom_id: str) -> Json:
    for component in walk(message.components):
        if component.get("custom_id") == custom_id:
            if component.get("disabled"):
                raise InvalidInput("this is disabled")
            return component
    raise InvalidInput("there is no such button")
