"""`/channels/…`: the channel and its messages, with the bot's own token."""

from __future__ import annotations

from localchat.clock import MAX_ID, snowflake
from localchat.errors import (
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
from localchat.payloads import as_the_bot_sees, message_payload
from localchat.permissions import NO_PERMISSION, Permission
from localchat.places import channel_payload
from localchat.ratelimit import Limit
from localchat.rest.call import Answer, Call, Route
from localchat.rest.compose import draft, edit
from localchat.rest.threads import check_editable, check_writable
from localchat.state import Channel, Message

HOUR = 3600
NONCE_SECONDS = 300
MAX_PAGE = 100
MAX_NONCE = 25


def _visible_channel(call: Call, needed: Permission = NO_PERMISSION) -> Channel:
    """Return the channel of the path, if the bot may see it and may do what is needed there."""
    channel = call.world.channel(call.id("channel_id"))
    if not call.world.bot_sees(channel):
        raise ApiError(*MISSING_ACCESS)
    permissions = call.world.bot_permissions(channel.id)
    if call.files:
        needed |= Permission.ATTACH_FILES
    if channel.is_thread and Permission.SEND_MESSAGES in needed:
        needed = needed & ~Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS
    if needed not in permissions:
        raise ApiError(*MISSING_PERMISSIONS)
    return channel


def _message(call: Call) -> Message:
    """Return the message of the path. Ephemeral ones cannot be reached through the channel."""
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
    errors = FormErrors()
    asked = call.numbers("limit", "before", "after")
    limit = errors.count(asked, "limit", (), 1, MAX_PAGE, default=50)
    before = errors.count(asked, "before", (), 0, MAX_ID, default=MAX_ID)
    after = errors.count(asked, "after", (), 0, MAX_ID, default=0)
    errors.raise_if_any()
    said = [
        message
        for message in call.world.messages_in(channel.id)
        if message.visible_to is None and after < message.id < before
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
    check_writable(call, channel)
    world = call.world
    form = call.form()
    nonce = form.get("nonce")
    if nonce is not None:
        _check_nonce(nonce)
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


def _check_nonce(nonce: object) -> None:
    if not isinstance(nonce, int | str):
        message = "This field must be a string or integer."
        raise invalid_form(("nonce",), "NONCE_TYPE_INVALID_TYPE", message)
    if len(str(nonce)) > MAX_NONCE:
        message = f"Must be {MAX_NONCE} or fewer characters long."
        raise invalid_form(("nonce",), "NONCE_TYPE_TOO_LONG", message)


def _same_nonce(call: Call, channel: Channel, nonce: object) -> Message | None:
    oldest = call.world.clock() - NONCE_SECONDS
    for message in reversed(call.world.messages_in(channel.id)):
        given = message.nonce is not None and str(message.nonce) == str(nonce)
        if given and message.created_at >= oldest:
            return message
    return None


def _reference(call: Call, form: Json, channel: Channel) -> int | None:
    path = ("message_reference",)
    errors = FormErrors()
    reference = errors.object(path, form.get("message_reference"))
    if reference and reference.get("message_id") is None:
        errors.add((*path, "message_id"), "BASE_TYPE_REQUIRED", "This field is required")
    errors.raise_if_any()
    if not reference:
        return None
    if Permission.READ_MESSAGE_HISTORY not in call.world.bot_permissions(channel.id):
        raise ApiError(*NO_HISTORY)
    message = call.world.messages.get(snowflake(reference["message_id"]))
    if message is not None and message.channel_id == channel.id and message.visible_to is None:
        return message.id
    if reference.get("fail_if_not_exists") is False:
        return None
    raise invalid_form(path, "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")


async def edit_message(call: Call) -> Answer:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    channel = _visible_channel(call)
    world = call.world
    message = _message(call)
    if message.author.id != world.bot.id:
        raise ApiError(*NOT_THE_AUTHOR)
    check_editable(call, message)
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
