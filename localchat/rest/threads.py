"""What an archived or locked thread, and a forum, allow.

Source: Discord's API documentation, "Threads" and "Opcodes and Status Codes" (50008, 50083).
Assumptions, because the documentation does not say so: an edit through an interaction's token is
refused like one with the bot's own; ephemeral messages are not the thread's, so nothing of this
holds for them; a message can be deleted everywhere.
"""

from __future__ import annotations

from localchat.enums import POSTS_ONLY
from localchat.errors import NOT_A_TEXT_CHANNEL, THREAD_ARCHIVED, ApiError
from localchat.permissions import Permission
from localchat.rest.call import Call
from localchat.state import Channel, Message


def check_writable(call: Call, channel: Channel) -> None:
    """Check that a new message of the bot may appear in a channel.

    Raises:
        ApiError: it is a forum, or a locked thread that the bot may not open again.
    """
    if channel.kind in POSTS_ONLY:
        raise ApiError(*NOT_A_TEXT_CHANNEL)
    may_manage = Permission.MANAGE_THREADS in call.world.bot_permissions(channel.id)
    if channel.locked and not may_manage:
        raise ApiError(*THREAD_ARCHIVED)


def check_editable(call: Call, message: Message) -> None:
    """Check that the bot's message is not in an archived thread.

    Raises:
        ApiError: it is.
    """
    if message.visible_to is None and call.world.channel(message.channel_id).archived:
        raise ApiError(*THREAD_ARCHIVED)
