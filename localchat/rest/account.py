"""`/users/@me`, `/applications/@me` and `/gateway…`: who the bot is and where it connects."""

from __future__ import annotations

from typing import Final

from localchat.clock import MAX_ID, snowflake
from localchat.errors import INVALID_RECIPIENT, UNKNOWN_USER, ApiError, FormErrors
from localchat.places import (
    application_payload,
    channel_payload,
    own_user_payload,
    partial_guild_payload,
    user_payload,
)
from localchat.ratelimit import Limit
from localchat.rest.call import Answer, Call, Route

MAX_GUILDS: Final = 200


async def get_my_user(call: Call) -> Answer:
    """GET /users/@me."""
    return Answer(200, own_user_payload(call.world))


async def get_user(call: Call) -> Answer:
    """GET /users/{user_id}."""
    user = call.world.user(call.id("user_id"))
    if user is None:
        raise ApiError(*UNKNOWN_USER)
    return Answer(200, user_payload(user))


async def get_my_guilds(call: Call) -> Answer:
    """GET /users/@me/guilds."""
    world, errors = call.world, FormErrors()
    asked = call.numbers("limit", "after")
    limit = errors.count(asked, "limit", (), 1, MAX_GUILDS, default=MAX_GUILDS)
    after = errors.count(asked, "after", (), 0, MAX_ID, default=0)
    errors.raise_if_any()
    found = sorted(each for each in world.joined() if each > after)[:limit]
    return Answer(200, [partial_guild_payload(world, world.look_at(each)[0]) for each in found])


async def get_my_application(call: Call) -> Answer:
    """GET /applications/@me and GET /oauth2/applications/@me."""
    return Answer(200, application_payload(call.world))


async def open_conversation(call: Call) -> Answer:
    """POST /users/@me/channels: direct messages with somebody."""
    recipient = call.form().get("recipient_id")
    user = call.world.user(snowflake(recipient))
    if user is None or user.bot:
        raise ApiError(*INVALID_RECIPIENT)
    return Answer(200, channel_payload(call.world, call.world.conversation(user, call.world.bot)))


async def get_gateway(call: Call) -> Answer:
    """GET /gateway."""
    return Answer(200, {"url": call.gateway.url})


async def get_bot_gateway(call: Call) -> Answer:
    """GET /gateway/bot."""
    sessions = call.gateway.sessions
    body = {
        "url": call.gateway.url,
        "shards": sessions.advised_shards(),
        "session_start_limit": sessions.start_limit(),
    }
    return Answer(200, body)


ROUTES = [
    Route(method="GET", template=template, handler=handler, limit=Limit(30, 30), bucket=template)
    for template, handler in (
        ("/users/@me", get_my_user),
        ("/users/@me/guilds", get_my_guilds),
        ("/users/{user_id}", get_user),
        ("/applications/@me", get_my_application),
        ("/oauth2/applications/@me", get_my_application),
        ("/gateway/bot", get_bot_gateway),
    )
] + [
    Route(
        method="POST",
        template="/users/@me/channels",
        handler=open_conversation,
        limit=Limit(10, 10),
        bucket="/users/@me/channels",
    ),
    Route(method="GET", template="/gateway", handler=get_gateway, needs_token=False),
]
