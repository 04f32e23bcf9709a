"""`/channels/…`: the channel and its messages, with the bot's own token."""

from __future__ import annotations

from bot.localchat.errors import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    NO_HISTORY,
    NOT_THE_AUTHOR,
    UNKNOWN_MESSAGE,
    ApiError,
    FormErrors,
    Json,
    invalid_form,
)
from bot.localchat.payloads import as_the_bot_sees, message_payload
from bot.localchat.permissions import NO_PERMISSION, Permission
from bot.localchat.places import channel_payload
from bot.localchat.ratelimit import Limit
from bot.localchat.rest.call import Answer, Call, Route
from bot.localchat.rest.compose import draft, edit
from bot.localchat.state import Channel, ChannelKind, Message

HOUR = 3600
NONCE_SECONDS = 300
MAX_PAGE = 100


def _visible_channel(call: Call, needed: Permission = NO_PERMISSION) -> Channel:
    """The channel of the path, if the bot may see it and may do what is needed there."""
    channel = call.world.channel(call.id("channel_id"))
    permissions = call.world.bot_permissions(channel.id)
    if Permission.VIEW_CHANNEL not in permissions:
        raise ApiError(*MISSING_ACCESS)
    if call.files:
        needed |= Permission.ATTACH_FILES
    if channel.kind is ChannelKind.THREAD and Permission.SEND_MESSAGES in needed:
        needed = needed & ~Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS
    if needed not in permissions:
        raise ApiError(*MISSING_PERMISSIONS)
    return channel


def _message(call: Call) -> Message:
    """The message of the path. Ephemeral ones cannot be reached through the channel."""
    message = call.world.message(call.id("message_id"))
    if message.channel_id != call.id("channel_id") or message.visible_to is not None:
        raise ApiError(*UNKNOWN_MESSAGE)
    return message


def _told(call: Call, message: Message) -> Json:
    return as_the_bot_sees(call.world, message, message_payload(call.world, message))


async def get_channel(call: Call) -> Answer:
    """GET /channels/{channel_id}."""
    return Answer(200, channel_payload(call.world, _visible_channel(call)))


async def list_messages(call: Call) -> Answer:
    """GET /channels/{channel_id}/messages: newest first."""
    channel = _visible_channel(call)
    if Permission.READ_MESSAGE_HISTORY not in call.world.bot_permissions(channel.id):
        return Answer(200, [])
    limit = int(call.query.get("limit", "50"))
    if not 1 <= limit <= MAX_PAGE:
        message = f"int value should be between 1 and {MAX_PAGE}."
        raise invalid_form(("limit",), "NUMBER_TYPE_MAX", message)
    before = int(call.query.get("before", "0")) or float("inf")
    after = int(call.query.get("after", "0"))
    said = [
        message
        for message in call.world.messages.values()
        if message.channel_id == channel.id
        and message.visible_to is None
        and after < message.id < before
    ]
    newest = sorted(said, key=lambda message: message.id, reverse=True)[:limit]
    return Answer(200, [_told(call, message) for message in newest])


async def get_message(call: Call) -> Answer:
    """GET /channels/{channel_id}/messages/{message_id}."""
    _visible_channel(call, Permission.READ_MESSAGE_HISTORY)
    return Answer(200, _told(call, _message(call)))


async def create_message(call: Call) -> Answer:
    """POST /channels/{channel_id}/messages; the same nonce within minutes makes no second one."""
    channel = _visible_channel(call, Permission.SEND_MESSAGES)
    world = call.world
    form = call.form()
    nonce = form.get("nonce")
    if nonce is not None:
        errors = FormErrors()
        errors.length(("nonce",), str(nonce), 0, 25)
        errors.raise_if_any()
        earlier = _same_nonce(call, channel, nonce) if form.get("enforce_nonce") else None
        if earlier is not None:
            return Answer(200, message_payload(world, earlier))
    reference_id = _reference(call, form, channel)
    blank = Message(
        id=world.ids.next(),
        channel_id=channel.id,
        author=world.bot,
        created_at=world.clock(),
        type=0 if reference_id is None else 19,
        reference_id=reference_id,
        nonce=nonce,
    )
    drafted = draft(call, form, blank, new=True)
    message = await drafted.keep_files(call)
    world.add_message(message)
    return Answer(200, message_payload(world, message))


def _same_nonce(call: Call, channel: Channel, nonce: object) -> Message | None:
    oldest = call.world.clock() - NONCE_SECONDS
    for message in reversed(call.world.messages.values()):
        if (
            message.nonce is not None
            and str(message.nonce) == str(nonce)
            and message.channel_id == channel.id
            and message.created_at >= oldest
        ):
            return message
    return None


def _reference(call: Call, form: Json, channel: Channel) -> int | None:
    reference = form.get("message_reference")
    if not isinstance(reference, dict):
        return None
    if Permission.READ_MESSAGE_HISTORY not in call.world.bot_permissions(channel.id):
        raise ApiError(*NO_HISTORY)
    message = call.world.messages.get(int(reference.get("message_id", 0)))
    if message is not None and message.channel_id == channel.id and message.visible_to is None:
        return message.id
    if reference.get("fail_if_not_exists") is False:
        return None
    path = ("message_reference",)
    raise invalid_form(path, "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")


async def edit_message(call: Call) -> Answer:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    channel = _visible_channel(call)
    world = call.world
    message = _message(call)
    if message.author.id != world.bot.id:
        raise ApiError(*NOT_THE_AUTHOR)
    if world.clock() - message.created_at > HOUR:
        call.limits.take_old_edit(channel.id)
    edited = await edit(call, call.form(), message.id)
    return Answer(200, message_payload(world, edited))


async def delete_message(call: Call) -> Answer:
    """DELETE /channels/{channel_id}/messages/{message_id}."""
    channel = _visible_channel(call)
    message = _message(call)
    own = message.author.id == call.world.bot.id
    if not own and Permission.MANAGE_MESSAGES not in call.world.bot_permissions(channel.id):
        raise ApiError(*MISSING_PERMISSIONS)
    async with call.world.editing:
        await call.world.remove_message(message)
    return Answer(204)


async def start_typing(call: Call) -> Answer:
    """POST /channels/{channel_id}/typing."""
    _visible_channel(call, Permission.SEND_MESSAGES)
    return Answer(204)


ROUTES = [
    Route(
        method=method,
        template="/channels/{channel_id}" + rest,
        handler=handler,
        limit=limit,
        bucket=handler.__name__,
        major="channel_id",
    )
    for method, rest, handler, limit in (
        ("GET", "", get_channel, Limit(50, 1)),
        ("GET", "/messages", list_messages, Limit(5, 5)),
        ("POST", "/messages", create_message, Limit(5, 5)),
        ("GET", "/messages/{message_id}", get_message, Limit(50, 1)),
        ("PATCH", "/messages/{message_id}", edit_message, Limit(5, 5)),
        ("DELETE", "/messages/{message_id}", delete_message, Limit(5, 1)),
        ("POST", "/typing", start_typing, Limit(5, 5)),
    )
]
