"""Discord's JSON of the bot, its application, the guild, its channels and members."""

from __future__ import annotations

from bot.localchat.clock import iso
from bot.localchat.errors import Json
from bot.localchat.state import Channel, User
from bot.localchat.world import World


def user_payload(user: User) -> Json:
    """UserResponse."""
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
    """UserPIIResponse: the bot about itself."""
    return user_payload(world.bot) | {
        "mfa_enabled": False,
        "locale": "en-US",
        "verified": True,
        "email": None,
    }


def application_payload(world: World) -> Json:
    """PrivateApplicationResponse."""
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
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["applications.commands", "bot"],
        "integration_types_config": {"0": {}},
    }


def member_payload(world: World, user: User) -> Json:
    """GuildMemberResponse."""
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
        "roles": [str(world.bot_role_id)] if user.bot else [],
        "mute": False,
        "deaf": False,
    }


def channel_payload(world: World, channel: Channel) -> Json:
    """GuildChannelResponse of a text channel."""
    said = [message.id for message in world.messages.values() if message.channel_id == channel.id]
    denied = world.denied(channel.id)
    overwrite = {"id": str(world.bot.id), "type": 1, "allow": "0", "deny": str(int(denied))}
    return {
        "id": str(channel.id),
        "type": 0,
        "guild_id": str(world.guild_id),
        "name": channel.name,
        "topic": channel.topic,
        "position": channel.position,
        "flags": 0,
        "nsfw": False,
        "parent_id": None,
        "rate_limit_per_user": 0,
        "last_message_id": str(said[-1]) if said else None,
        "permission_overwrites": [overwrite] if denied else [],
    }


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


def guild_payload(world: World) -> Json:
    """The `GUILD_CREATE` event."""
    people = [world.owner, world.bot, *world.people.values()]
    everyone = int(world.owner.permissions)
    bot = int(world.bot.permissions)
    return {
        "id": str(world.guild_id),
        "name": world.guild_name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": str(world.owner.id),
        "region": "local",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": [
            _role(world.guild_id, "@everyone", everyone, position=0, bot_id=None),
            _role(world.bot_role_id, world.bot.display_name, bot, position=1, bot_id=world.bot.id),
        ],
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
        "preferred_locale": "en-US",
        "nsfw_level": 0,
        "max_members": 500000,
        "joined_at": iso(world.bot.joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(people),
        "members": [member_payload(world, world.bot)],
        "channels": [channel_payload(world, channel) for channel in world.channels.values()],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
