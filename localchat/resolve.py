"""The `resolved` part of an interaction: what the ids in its data stand for."""

from __future__ import annotations

from collections.abc import Sequence

from localchat.errors import Json
from localchat.inputs import InvalidInput, Upload, check_count, check_upload
from localchat.kinds import Component, Option
from localchat.payloads import attachment_payload, message_payload
from localchat.places import channel_payload, member_payload, role_payload, user_payload
from localchat.state import Channel, Message, Role, User
from localchat.world import File, World

_USERS = frozenset({Option.USER, Option.MENTIONABLE})
_ROLES = frozenset({Option.ROLE, Option.MENTIONABLE})
_AS_OPTION = {
    Component.USER_SELECT: Option.USER,
    Component.ROLE_SELECT: Option.ROLE,
    Component.MENTIONABLE_SELECT: Option.MENTIONABLE,
    Component.CHANNEL_SELECT: Option.CHANNEL,
}


class Resolved:
    """Collects what an interaction refers to.

    Args:
        world: the chat.
        channel: where the interaction happens: names and members are those of its guild.

    Attributes:
        payload: Discord's `resolved`, by kind and id.
    """

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._channel = channel
        self._guild = world.guild_of(channel)
        self.payload: dict[str, Json] = {}

    def _note(self, section: str, key: int, payload: Json) -> str:
        self.payload.setdefault(section, {})[str(key)] = payload
        return str(key)

    # by kind

    async def upload(self, name: str, upload: Upload) -> str:
        """Keep a file that a person hands over; return its id.

        Raises:
            InvalidInput: it is too large.
        """
        check_upload(name, upload)
        file = File(upload.filename, upload.data, upload.spoiler)
        folder = f"ephemeral-attachments/{self._world.application_id}"
        attachment = self._world.new_attachment(file, folder=folder)
        await self._world.storage.add(attachment, upload.data)
        return self._note("attachments", attachment.id, attachment_payload(self._world, attachment))

    def message(self, message: Message) -> str:
        """Note a message with everything in it; return its id."""
        return self._note("messages", message.id, message_payload(self._world, message))

    def user(self, user: User) -> str:
        """Note somebody, as a member where there is a guild; return their id."""
        if self._guild is not None and (user.id != self._world.bot.id or self._guild.has_bot):
            member = member_payload(self._world, user, self._guild)
            for key in ("user", "mute", "deaf"):
                del member[key]
            permissions = self._world.permissions_of(user, self._channel)
            self._note("members", user.id, member | {"permissions": str(int(permissions))})
        return self._note("users", user.id, user_payload(user))

    def entity(self, kind: int, value: str | int) -> str:
        """Return the member, role or channel of this name or id, for an option of this kind.

        Raises:
            InvalidInput: there is none.
        """
        if kind in _USERS and (user := self._find_user(value)) is not None:
            return self.user(user)
        if kind in _ROLES and (role := self._find_role(value)) is not None:
            return self._note("roles", role.id, role_payload(role))
        if kind == Option.CHANNEL and (channel := self._find_channel(value)) is not None:
            payload = channel_payload(self._world, channel)
            return self._note("channels", channel.id, payload | {"permissions": "0"})
        raise InvalidInput("there is no '{name}' here", name=value)

    async def choose(self, node: Json, values: Sequence[object]) -> list[str]:
        """Return the values chosen in a menu, a group of boxes or a file field, as they are sent.

        Raises:
            InvalidInput: too few, too many, or not among the options.
        """
        name = node["custom_id"]
        check_count(name, node, len(values))
        kind = node["type"]
        if kind == Component.FILE_UPLOAD:
            files = [Upload(*value) for value in values if isinstance(value, tuple)]
            if len(files) != len(values):
                raise InvalidInput("'{name}' takes files", name=name)
            return [await self.upload(name, file) for file in files]
        if len(set(values)) < len(values):
            raise InvalidInput("'{name}' takes each value once", name=name)
        if kind in _AS_OPTION:
            named = [value for value in values if isinstance(value, str | int)]
            return [self.entity(_AS_OPTION[kind], value) for value in named]
        known = {option["value"] for option in node["options"]}
        if not set(values) <= known:
            raise InvalidInput("'{name}' must be one of the options", name=name)
        return [str(value) for value in values]

    # by name or id

    def _find_user(self, value: str | int) -> User | None:
        people = self._world.everybody()
        found = [user for user in people if str(user.id) == str(value)]
        found += [user for user in people if user.display_name == value]
        return found[0] if found else None

    def _find_role(self, value: str | int) -> Role | None:
        roles = list(self._guild.roles.values()) if self._guild else []
        return next((role for role in roles if value in {role.name, role.id, str(role.id)}), None)

    def _find_channel(self, value: str | int) -> Channel | None:
        for channel in self._world.channels.values():
            here = channel.guild_id is not None and channel.guild_id == self._channel.guild_id
            if here and value in {channel.name, f"#{channel.name}", channel.id, str(channel.id)}:
                return channel
        return None
