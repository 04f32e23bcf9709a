"""Somebody who uses the bot as Discord's own client would let them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from localchat.catalog import find_command, find_leaf, owners
from localchat.enums import POSTS_ONLY, InteractionKind
from localchat.errors import Json
from localchat.inputs import FieldValue, InvalidInput, OptionValue
from localchat.kinds import Component, Menu
from localchat.member import Member
from localchat.permissions import Permission
from localchat.requests import command_data, fill_options, pressable
from localchat.resolve import Resolved
from localchat.state import Channel, Command, Interaction, Origin
from localchat.submits import fill_in
from localchat.waiting import answered


class Person(Member):
    """Somebody in the chat: a member of every guild, and a recipient of direct messages.

    Wherever a `channel` is asked for, it is a channel's name (with or without `#`), its id, or
    None for the first one; `dm` is the id of the direct messages with the bot.
    """

    async def run(
        self,
        command: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        channel: str | int | None = None,
    ) -> Interaction:
        """Run a slash command and wait for the bot's first answer.

        Args:
            command: its name, without the slash; with subcommands all names: `style add`.
            options: values by option name; an attachment is an `Upload` or an equal tuple; a
                member, role or channel is its name or id.
            channel: where.

        Raises:
            InvalidInput: no such command here, or an option that its registration does not allow.
            NotAcknowledged: the bot did not answer in time.
        """
        place = self._place(channel)
        leaf = find_leaf(self._world, self.user, place, command)
        resolved = Resolved(self._world, place)
        filled = await fill_options(leaf, options or {}, resolved)
        data = command_data(leaf.command, Menu.CHAT_INPUT, leaf.wrap(filled), resolved)
        return await self._run(InteractionKind.COMMAND, leaf.command, data, place)

    async def use(
        self, command: str, target: int | str, *, channel: str | int | None = None
    ) -> Interaction:
        """Use an entry of a context menu and wait for the bot's first answer.

        Args:
            command: the entry's name, such as `Translate this…`.
            target: id of the message, or name of the member, it is used on.
            channel: where, if it is used on a member; a message's own channel otherwise.

        Raises:
            InvalidInput: no such entry here, or nothing to use it on.
            NotAcknowledged: the bot did not answer in time.
        """
        if isinstance(target, int):
            message = self._visible(target)
            place, kind = self._world.channel(message.channel_id), Menu.MESSAGE
            resolved = Resolved(self._world, place)
            target_id = resolved.message(message)
        else:
            place, kind = self._place(channel), Menu.USER
            resolved = Resolved(self._world, place)
            user = next((u for u in self._world.everybody() if u.display_name == target), None)
            if user is None:
                raise InvalidInput("there is no member '{name}'", name=target)
            target_id = resolved.user(user)
        found = find_command(self._world, self.user, place, kind, command)
        data = command_data(found, kind, [], resolved) | {"target_id": target_id}
        return await self._run(InteractionKind.COMMAND, found, data, place)

    async def autocomplete(
        self,
        command: str,
        option: str,
        value: str,
        *,
        options: Mapping[str, OptionValue] | None = None,
        channel: str | int | None = None,
    ) -> list[Json]:
        """Return what the bot suggests while the person types: `[{"name": …, "value": …}, …]`.

        Args:
            command: name of the slash command, with its subcommands.
            option: the option being typed.
            value: what has been typed so far.
            options: other options that are filled in already.
            channel: where.

        Raises:
            InvalidInput: no such command or option.
            NotAcknowledged: the bot did not answer in time.
        """
        place = self._place(channel)
        leaf = find_leaf(self._world, self.user, place, command)
        specs = leaf.options
        if not specs.get(option, {}).get("autocomplete"):
            raise InvalidInput("nothing is suggested for '{name}'", name=option)
        filled = [
            {"name": name, "type": specs[name]["type"], "value": given}
            for name, given in (options or {}).items()
            if name != option and name in specs and not isinstance(given, tuple)
        ]
        kind = specs[option]["type"]
        typed: Json = {"name": option, "type": kind, "value": value, "focused": True}
        resolved = Resolved(self._world, place)
        data = command_data(leaf.command, Menu.CHAT_INPUT, leaf.wrap([*filled, typed]), resolved)
        asked = await self._run(InteractionKind.AUTOCOMPLETE, leaf.command, data, place)
        return asked.choices or []

    # what the bot has put there

    async def press(
        self, message_id: int, custom_id: str, values: Sequence[str | int] = ()
    ) -> Interaction:
        """Press a button, or choose `values` in a select menu, and wait for the answer.

        Args:
            message_id: where the button or menu is.
            custom_id: which one.
            values: options by value; members, roles and channels by name or id.

        Raises:
            InvalidInput: there is no such thing to press, it is disabled, or the values break
                the menu's limits.
            NotAcknowledged: the bot did not answer in time.
        """
        message = self._visible(message_id)
        component = pressable(message, custom_id)
        place = self._world.channel(message.channel_id)
        data: Json = {
            "custom_id": custom_id,
            "component_type": component["type"],
            "id": component["id"],
        }
        if component["type"] != Component.BUTTON:
            resolved = Resolved(self._world, place)
            data["values"] = await resolved.choose(component, values)
            if resolved.payload:
                data["resolved"] = resolved.payload
        origin = message.origin
        mine = owners(self._world, self.user, place, None) if origin is None else origin.owners
        return await self._act(InteractionKind.COMPONENT, data, place, mine, message_id=message.id)

    async def submit(
        self, interaction: Interaction, values: Mapping[str, FieldValue] | None = None
    ) -> Interaction:
        """Fill in and submit the modal that the bot opened, and wait for the answer.

        Args:
            interaction: what `run`, `use` or `press` returned.
            values: by custom id: a text, True or False, options, names or ids of members, roles
                or channels, an `Upload` or a list of them. What is missing keeps what the bot
                put there.

        Raises:
            InvalidInput: there is no modal, no such field, or a value breaks its limits.
            NotAcknowledged: the bot did not answer in time.
        """
        modal = interaction.modal
        if modal is None or interaction.user.id != self.user.id:
            raise InvalidInput("no form is open")
        place = self._world.channel(interaction.channel_id)
        resolved = Resolved(self._world, place)
        components = await fill_in(modal, values or {}, resolved)
        data: Json = {"custom_id": modal["custom_id"], "components": components}
        if resolved.payload:
            data["resolved"] = resolved.payload
        return await self._act(
            InteractionKind.MODAL_SUBMIT,
            data,
            place,
            interaction.origin.owners,
            message_id=interaction.message_id,
            trigger=interaction.origin,
        )

    async def _run(
        self, kind: InteractionKind, command: Command, data: Json, place: Channel
    ) -> Interaction:
        if Permission.USE_APPLICATION_COMMANDS not in self._world.permissions_of(self.user, place):
            raise InvalidInput("you may not use application commands here")
        if place.kind in POSTS_ONLY:
            raise InvalidInput("commands go into the posts of this channel")
        installed_for = owners(self._world, self.user, place, command.payload)
        return await self._act(kind, data, place, installed_for)

    async def _act(
        self,
        kind: InteractionKind,
        data: Json,
        place: Channel,
        installed_for: Mapping[str, str],
        *,
        message_id: int | None = None,
        trigger: Origin | None = None,
    ) -> Interaction:
        interaction = self._world.add_interaction(
            kind=kind,
            user=self.user,
            channel_id=place.id,
            data=data,
            owners=installed_for,
            message_id=message_id,
            trigger=trigger,
        )
        return await answered(self._world, self._gateway, interaction)
