"""What the page knows besides messages: who one is, the places, the commands in one's language."""

from __future__ import annotations

from collections.abc import Sequence

from localchat.catalog import Leaf, available, leaves, localized
from localchat.enums import ChannelKind
from localchat.errors import Json
from localchat.inputs import PERSON_UPLOAD_LIMIT
from localchat.kinds import Menu, Option
from localchat.permissions import (
    MANAGER_PERMISSIONS,
    MEMBER_PERMISSIONS,
    MODERATOR_PERMISSIONS,
    Permission,
)
from localchat.state import Channel, Command, User
from localchat.words import Words
from localchat.world import World

RANKS = {
    "member": MEMBER_PERMISSIONS,
    "moderator": MODERATOR_PERMISSIONS,
    "manager": MANAGER_PERMISSIONS,
}
"""What the page can make of a person."""
AWAY = "{server} (without the bot)"


def describe(world: World, user: User, *, online: bool) -> Json:
    """Return everything but messages that the page shows to `user`; `online`: is a bot there?"""
    config = world.config
    world.conversation(user, world.bot)
    channels = [each for each in world.channels.values() if world.may_see(user, each)]
    return {
        "person": user.display_name,
        "user": str(user.id),
        "rank": _rank(user.permissions),
        "locale": user.locale,
        "installed": user.id in world.installed,
        "people": [each.display_name for each in world.people.values()],
        "members": [_named(each.id, each.display_name) for each in world.everybody()],
        "roles": [
            _named(role.id, role.name)
            | {"place": world.guild(role.guild_id).name, "given": role in world.roles_of(user)}
            for role in world.roles()
        ],
        "bot": world.bot.display_name,
        "online": online,
        "upload_limit": PERSON_UPLOAD_LIMIT,
        "places": _places(world, channels, Words(user.locale)),
        "channels": [_channel(world, user, each) for each in channels],
        "commands": _commands(world, user, channels),
        "menus": [
            entry
            for kind in (Menu.MESSAGE, Menu.USER)
            for entry in _menus(world, user, channels, kind)
        ],
        "examples": [
            {"number": at, "name": each.name, "credit": each.credit}
            for at, each in enumerate(config.examples)
        ],
        "welcome": {
            "title": config.say(config.welcome_title, user.locale),
            "text": config.say(config.welcome_text, user.locale),
        },
    }


def _named(id_: int, name: str) -> Json:
    return {"id": str(id_), "name": name}


def _rank(permissions: Permission) -> str:
    ranks = [name for name, needed in RANKS.items() if needed in permissions]
    return ranks[-1] if ranks else "member"


def _places(world: World, channels: Sequence[Channel], words: Words) -> list[Json]:
    """Return the servers with their channels, then the conversations."""
    places = [
        {
            "name": guild.name if guild.has_bot else words(AWAY, server=guild.name),
            "channels": [str(each.id) for each in channels if each.guild_id == guild.id],
        }
        for guild in world.guilds.values()
    ]
    direct = [str(each.id) for each in channels if each.guild_id is None]
    return [*places, {"name": words("Direct messages"), "channels": direct}]


def _channel(world: World, user: User, channel: Channel) -> Json:
    described: Json = {
        "id": str(channel.id),
        "name": f"#{channel.name}",
        "topic": channel.topic,
        "nsfw": channel.nsfw,
        "bot": world.bot_sees(channel),
        "moderator": Permission.MANAGE_MESSAGES in world.permissions_of(user, channel),
    }
    if channel.is_thread:
        described["name"] = f"↳ {channel.name}"
    elif channel.kind is ChannelKind.DIRECT:
        others = [world.user(id_) for id_ in channel.recipient_ids if id_ != user.id]
        described["name"] = f"@{others[0].display_name}" if others and others[0] else "@?"
    return described


def _commands(world: World, user: User, channels: Sequence[Channel]) -> list[Json]:
    """Return what can be run, with the channels where it can."""
    return [
        _leaf(world, leaf, user.locale) | {"channels": where}
        for command, where in _found(world, user, channels, Menu.CHAT_INPUT)
        for leaf in leaves(command)
    ]


def _found(
    world: World, user: User, channels: Sequence[Channel], kind: Menu
) -> list[tuple[Command, list[str]]]:
    """Return each command once, with the ids of the channels where it is found."""
    found: dict[int, tuple[Command, list[str]]] = {}
    for channel in channels:
        for command in available(world, user, channel, kind):
            found.setdefault(command.id, (command, []))[1].append(str(channel.id))
    return list(found.values())


def _leaf(world: World, leaf: Leaf, locale: str) -> Json:
    parts = [leaf.command.payload, *leaf.path]
    return {
        "name": leaf.name,
        "label": " ".join(localized(part, "name", locale) for part in parts),
        "description": localized(leaf.node, "description", locale),
        "options": [_option(world, leaf, option, locale) for option in leaf.options.values()],
    }


def _option(world: World, leaf: Leaf, option: Json, locale: str) -> Json:
    is_file = option["type"] == Option.ATTACHMENT
    return option | {
        "examples": world.config.examples_for(leaf.name, option["name"]) if is_file else [],
        "main": world.config.is_main(leaf.name, option["name"]),
        "label": localized(option, "name", locale),
        "description": localized(option, "description", locale),
        "choices": [
            {"name": localized(choice, "name", locale), "value": choice["value"]}
            for choice in option.get("choices") or []
        ],
    }


def _menus(world: World, user: User, channels: Sequence[Channel], kind: Menu) -> list[Json]:
    return [
        {
            "name": command.payload["name"],
            "label": localized(command.payload, "name", user.locale),
            "on": "message" if kind is Menu.MESSAGE else "member",
            "channels": where,
        }
        for command, where in _found(world, user, channels, kind)
    ]
