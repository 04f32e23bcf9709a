"""Which of the registered commands somebody finds in a place, and what is below a command.

Source: Discord's API documentation, "Application Commands" (contexts, integration types, default
permissions, age-restricted commands, subcommands).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localchat.enums import Context, Install
from localchat.errors import Json
from localchat.inputs import InvalidInput
from localchat.kinds import Menu, Option
from localchat.permissions import ALL_PERMISSIONS, Permission
from localchat.state import Channel, Command, User
from localchat.world import World

_GROUPS = frozenset({Option.SUBCOMMAND, Option.SUBCOMMAND_GROUP})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One thing that can be run: a command, or a subcommand below it.

    Attributes:
        command: as it is registered.
        path: the options from the command down to the subcommand; empty for a plain command.
    """

    command: Command
    path: tuple[Json, ...] = ()

    @property
    def node(self) -> Json:
        """The payload of the innermost part."""
        return self.path[-1] if self.path else self.command.payload

    @property
    def name(self) -> str:
        """All names, such as `tag add`."""
        parts = [self.command.payload, *self.path]
        return " ".join(str(part["name"]) for part in parts)

    @property
    def options(self) -> dict[str, Json]:
        """What can be filled in, by name."""
        return {option["name"]: option for option in self.node.get("options") or []}

    def wrap(self, options: list[Json]) -> list[Json]:
        """Filled-in options as the interaction nests them below the names of subcommands."""
        for part in reversed(self.path):
            options = [{"name": part["name"], "type": part["type"], "options": options}]
        return options


def owners(world: World, user: User, channel: Channel, payload: Json | None) -> Mapping[str, str]:
    """Return for whom the application is installed that answers here: `{"0": guild, "1": user}`.

    Args:
        world: the chat.
        user: who acts.
        channel: where.
        payload: the command's registration; None where every installation counts.
    """
    types = [0, 1] if payload is None else payload.get("integration_types") or [Install.GUILD]
    guild = world.guild_of(channel)
    found: dict[str, str] = {}
    if Install.GUILD in types:
        if guild is not None and guild.has_bot:
            found["0"] = str(guild.id)
        elif world.context_of(channel) is Context.BOT_DM:
            found["0"] = "0"
    if Install.USER in types and user.id in world.installed:
        found["1"] = str(user.id)
    return found


def is_available(world: World, user: User, channel: Channel, command: Command) -> bool:
    """Return whether somebody finds a command in a channel."""
    payload = command.payload
    context = world.context_of(channel)
    contexts = payload.get("contexts")
    if contexts is not None and context not in contexts:
        return False
    if context is Context.BOT_DM and contexts is None and payload.get("dm_permission") is False:
        return False
    if not owners(world, user, channel, payload):
        return False
    if context is not Context.GUILD:
        return True
    if payload.get("nsfw") and not channel.nsfw:
        return False
    return _is_permitted(world.permissions_of(user, channel), payload)


def _is_permitted(permissions: Permission, payload: Json) -> bool:
    needed = payload.get("default_member_permissions")
    if needed is None:
        return True
    # "0" is for administrators alone.
    wanted = Permission(int(needed)) or ALL_PERMISSIONS
    return wanted in permissions


def available(world: World, user: User, channel: Channel, kind: Menu) -> list[Command]:
    """Return the commands of a kind that somebody finds in a channel, a guild's own first."""
    found: dict[str, Command] = {}
    scopes = [None] if channel.guild_id is None else [channel.guild_id, None]
    for scope in scopes:
        for (registered, name), command in world.commands.get(scope, {}).items():
            if registered == kind and is_available(world, user, channel, command):
                found.setdefault(name, command)
    return list(found.values())


def find_command(world: World, user: User, channel: Channel, kind: Menu, name: str) -> Command:
    """Return the command that somebody means.

    Raises:
        InvalidInput: there is none of that name for them in that place.
    """
    for command in available(world, user, channel, kind):
        if command.payload["name"] == name:
            return command
    slash = "/" if kind is Menu.CHAT_INPUT else ""
    raise InvalidInput("there is no command {name}", name=slash + name)


def find_leaf(world: World, user: User, channel: Channel, name: str) -> Leaf:
    """Return the slash command or subcommand (`tag add`) that somebody means.

    Raises:
        InvalidInput: there is none, or only part of it was named.
    """
    first, *rest = name.removeprefix("/").split() or [""]
    leaf = Leaf(find_command(world, user, channel, Menu.CHAT_INPUT, first))
    for part in rest:
        below = leaf.options.get(part)
        if below is None or below["type"] not in _GROUPS:
            raise InvalidInput("there is no command {name}", name=f"/{name}")
        leaf = Leaf(leaf.command, (*leaf.path, below))
    if _has_subcommands(leaf):
        raise InvalidInput("{name} has subcommands: name one of them", name=f"/{name}")
    return leaf


def leaves(command: Command) -> list[Leaf]:
    """Return everything of a slash command that can be run."""
    found: list[Leaf] = []
    waiting = [Leaf(command)]
    while waiting:
        leaf = waiting.pop(0)
        if _has_subcommands(leaf):
            waiting += [Leaf(command, (*leaf.path, below)) for below in leaf.options.values()]
        else:
            found.append(leaf)
    return found


def _has_subcommands(leaf: Leaf) -> bool:
    return any(option["type"] in _GROUPS for option in leaf.options.values())


def type_of_focused(data: Json) -> int:
    """Return the type of the option that somebody is filling in."""
    options = list(data.get("options") or [])
    while options:
        option = options.pop()
        if option.get("focused"):
            return int(option["type"])
        options += option.get("options") or []
    return Option.STRING


def localized(node: Json, key: str, locale: str) -> str:
    """Return a command's or option's `name` or `description` in somebody's language."""
    translations = node.get(f"{key}_localizations") or {}
    return str(translations.get(locale) or node.get(key) or "")
