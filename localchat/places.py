"""Discord's JSON of the bot, its application, the guilds, their channels and members."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final

from localchat.clock import iso
from localchat.enums import POSTS_ONLY, ChannelKind
from localchat.errors import Json
from localchat.permissions import MEMBER_PERMISSIONS, NO_PERMISSION, Permission
from localchat.ranks import rank_roles, ranks_of
from localchat.state import Channel, Guild, Role, User
from localchat.world import World

_VOICE = frozenset({ChannelKind.VOICE, ChannelKind.STAGE})


def user_payload(user: User) -> Json:
    """Return an UserResponse."""
    payload: Json = {
        "id": str(user.id),
        "username": user.username,
        "avatar": None,
        "discriminator": "0000" if user.bot else "0",
        "public_flags": 0,
        "flags": 0,
        "global_name": None if user.bot else user.display_name,
        "primary_guild": None,
    }
    if user.bot:
        payload["username"] = user.display_name
        payload["bot"] = True
    return payload


def own_user_payload(world: World) -> Json:
    """Return an UserPIIResponse: the bot about itself."""
    return user_payload(world.bot) | {
        "mfa_enabled": False,
        "locale": "en-US",
        "verified": True,
        "email": None,
    }


def application_payload(world: World) -> Json:
    """Return a PrivateApplicationResponse."""
    return {
        "id": str(world.application_id),
        "name": world.bot.display_name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user_payload(world.bot),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user_payload(world.owner),
        "approximate_guild_count": len(world.joined()),
        "approximate_user_install_count": len(world.installed),
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["applications.commands", "bot"],
        "integration_types_config": {"0": {}, "1": {}},
    }


def member_payload(world: World, user: User, guild: Guild) -> Json:
    """Return a GuildMemberResponse."""
    roles = [guild.bot_role_id] if user.id == world.bot.id else ranks_of(user, guild)
    return {
        "user": user_payload(user),
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": iso(user.joined_at),
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": [str(role_id) for role_id in (*roles, *guild.given.get(user.id, ()))],
        "mute": False,
        "deaf": False,
    }


def channel_payload(world: World, channel: Channel) -> Json:
    """Return a GuildChannelResponse of a text channel, ThreadResponse or PrivateChannelResponse."""
    said = [message.id for message in world.messages_in(channel.id)]
    payload: Json = {
        "id": str(channel.id),
        "type": int(channel.kind),
        "flags": 0,
        "last_message_id": str(said[-1]) if said else None,
    }
    if channel.kind is ChannelKind.DIRECT:
        return payload | {"recipients": _recipients(world, channel)}
    payload |= {
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "parent_id": None if channel.parent_id is None else str(channel.parent_id),
        "rate_limit_per_user": 0,
    }
    if channel.is_thread:
        return payload | _thread_fields(world, channel, len(said))
    if channel.kind in _VOICE:
        payload |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
    elif channel.kind in POSTS_ONLY:
        payload |= {
            "available_tags": [],
            "default_reaction_emoji": None,
            "default_sort_order": None,
        }
    denied = world.denied(channel.id)
    overwrites = [_overwrite(world.bot.id, deny=denied)] if denied else []
    overwrites += [_overwrite(id_, allow=may) for id_, may in world.allowed(channel).items()]
    return payload | {
        "topic": channel.topic,
        "position": channel.position,
        "nsfw": channel.nsfw,
        "permission_overwrites": overwrites,
    }


def _overwrite(
    user_id: int, *, allow: Permission = NO_PERMISSION, deny: Permission = NO_PERMISSION
) -> Json:
    return {"id": str(user_id), "type": 1, "allow": str(int(allow)), "deny": str(int(deny))}


def _recipients(world: World, channel: Channel) -> list[Json]:
    """Return everybody in a conversation but the bot itself."""
    users = [world.user(user_id) for user_id in channel.recipient_ids if user_id != world.bot.id]
    return [user_payload(user) for user in users if user is not None]


def _thread_fields(world: World, channel: Channel, messages: int) -> Json:
    metadata: Json = {
        "archived": channel.archived,
        "archive_timestamp": iso(world.clock()),
        "auto_archive_duration": 1440,
        "locked": channel.locked,
    }
    if channel.kind is ChannelKind.PRIVATE_THREAD:
        metadata["invitable"] = True
    return {
        "owner_id": str(world.owner.id),
        "thread_metadata": metadata,
        "message_count": min(messages, 50),
        "member_count": max(1, len(channel.member_ids)),
        "total_message_sent": messages,
    }


def role_payload(role: Role) -> Json:
    """Return a GuildRoleResponse."""
    return _role(role.id, role.name, int(role.permissions), position=role.position, bot_id=None)


def roles_payload(world: World, guild: Guild) -> list[Json]:
    """Return all roles of a guild, @everyone and the bot's own included."""
    everyone, bot = int(MEMBER_PERMISSIONS), int(world.bot.permissions)
    own = _role(guild.bot_role_id, world.bot.display_name, bot, position=1, bot_id=world.bot.id)
    return [
        _role(guild.id, "@everyone", everyone, position=0, bot_id=None),
        *([own] if guild.has_bot else []),
        *map(role_payload, [*rank_roles(guild), *guild.roles.values()]),
    ]


def _role(role_id: int, name: str, permissions: int, *, position: int, bot_id: int | None) -> Json:
    role: Json = {
        "id": str(role_id),
        "name": name,
        "permissions": str(permissions),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": bot_id is not None,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if bot_id is not None:
        role["tags"] = {"bot_id": str(bot_id)}
    return role


_PLAIN_GUILD: Final[Json] = {
    "icon": None,
    "splash": None,
    "discovery_splash": None,
    "banner": None,
    "description": None,
    "region": "local",
    "afk_channel_id": None,
    "afk_timeout": 300,
    "verification_level": 0,
    "default_message_notifications": 1,
    "explicit_content_filter": 0,
    "emojis": [],
    "stickers": [],
    "features": [],
    "mfa_level": 0,
    "application_id": None,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "rules_channel_id": None,
    "public_updates_channel_id": None,
    "safety_alerts_channel_id": None,
    "vanity_url_code": None,
    "premium_tier": 0,
    "premium_subscription_count": 0,
    "premium_progress_bar_enabled": False,
    "nsfw_level": 0,
    "max_members": 500000,
    "large": False,
    "unavailable": False,
    "presences": [],
    "voice_states": [],
    "stage_instances": [],
    "guild_scheduled_events": [],
    "soundboard_sounds": [],
}
"""What all guilds here have in common."""


def guild_payload(world: World, guild: Guild, channels: Sequence[Channel]) -> Json:
    """Return the `GUILD_CREATE` event."""
    threads = [each for each in channels if each.is_thread and not each.archived]
    return _PLAIN_GUILD | {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(world.owner.id),
        "roles": roles_payload(world, guild),
        "preferred_locale": guild.locale,
        "joined_at": iso(world.bot.joined_at),
        "member_count": len(world.everybody()),
        "members": [member_payload(world, world.bot, guild)],
        "channels": [channel_payload(world, each) for each in channels if not each.is_thread],
        "threads": [channel_payload(world, each) for each in threads if world.bot_sees(each)],
    }


def partial_guild_payload(world: World, guild: Guild) -> Json:
    """Return a MyGuildResponse: what the bot may do in all of a guild."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": False,
        "permissions": str(int(world.bot.permissions)),
        "features": [],
    }


def ready_payload(world: World, guild_ids: Sequence[int]) -> Json:
    """Return the `READY` event, but for what belongs to the session."""
    return {
        "v": 10,
        "user": own_user_payload(world),
        "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
        "application": {"id": str(world.application_id), "flags": 0},
        "private_channels": [],
        "relationships": [],
        "_trace": [],
    }


def members_payload(world: World, guild: Guild, wanted: Set[str]) -> Json:
    """Return the `GUILD_MEMBERS_CHUNK` event: the members with these ids."""
    people = world.everybody()
    return {
        "guild_id": str(guild.id),
        "members": [
            member_payload(world, user, guild) for user in people if str(user.id) in wanted
        ],
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": sorted(wanted - {str(user.id) for user in people}),
    }
