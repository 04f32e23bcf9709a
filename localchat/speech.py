"""Ordinary messages of people: writing, forwarding and deleting them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from localchat.inputs import InvalidInput, Upload, check_upload
from localchat.permissions import Permission
from localchat.state import POSTS_ONLY, Channel, ChannelKind, Message, MessageFlag, User
from localchat.world import File, World

MAX_CONTENT = 2000
MAX_FILES = 10
_MENTION = re.compile(r"<@!?([0-9]+)>")


async def say(
    world: World,
    author: User,
    channel: Channel,
    text: str,
    files: Sequence[Upload] = (),
    *,
    reply_to: int | None = None,
    message_id: int | None = None,
) -> int:
    """Write a message; return its id, which is `message_id` if one is given.

    Raises:
        InvalidInput: it is empty or too long, has too many or too large files, or its author may
            not write or attach files there.
    """
    text = text.strip()
    if not text and not files:
        raise InvalidInput("the message is empty")
    if len(text) > MAX_CONTENT:
        raise InvalidInput(f"a message may have {MAX_CONTENT} characters at most")
    if len(files) > MAX_FILES:
        raise InvalidInput(f"a message may have {MAX_FILES} files at most")
    _require(world, author, channel, files=bool(files))
    folder = f"attachments/{channel.id}"
    attachments = []
    for upload in files:
        check_upload(upload.filename, upload)
        file = File(upload.filename, upload.content_type, upload.data)
        attachment = world.new_attachment(file, folder=folder)
        await world.storage.add(attachment, upload.data)
        attachments.append(attachment)
    named = {int(number) for number in _MENTION.findall(text)}
    message = Message(
        id=message_id or world.ids.next(),
        channel_id=channel.id,
        author=author,
        created_at=world.clock(),
        type=0 if reply_to is None else 19,
        content=text,
        attachments=tuple(attachments),
        mentions=tuple(user for user in world.everybody() if user.id in named),
        reference_id=reply_to,
    )
    world.add_message(message)
    return message.id


async def post(
    world: World, author: User, forum: Channel, title: str, text: str, files: Sequence[Upload] = ()
) -> Channel:
    """Begin a post of a forum or media channel: a thread whose first message has its id.

    Raises:
        InvalidInput: as for `say`, or the channel has no posts.
    """
    if forum.kind not in POSTS_ONLY:
        raise InvalidInput("this channel has no posts")
    guild = world.guild(forum.guild_id or 0)
    thread = world.add_channel(guild, title, kind=ChannelKind.PUBLIC_THREAD, parent=forum)
    world.change_channel(replace(thread, member_ids=frozenset({author.id})))
    await say(world, author, thread, text, files, message_id=thread.id)
    return world.channel(thread.id)


def forward(world: World, author: User, message: Message, channel: Channel) -> int:
    """Pass a message on as it is now; return the id of the new one.

    Source: Discord's documentation of messages, "Message Reference Types".

    Raises:
        InvalidInput: only its reader sees it, or its author may not write there.
    """
    if message.visible_to is not None:
        raise InvalidInput("a message that only you can see cannot be forwarded")
    _require(world, author, channel, files=False)
    original = message.forwarded or message
    forwarding = Message(
        id=world.ids.next(),
        channel_id=channel.id,
        author=author,
        created_at=world.clock(),
        flags=MessageFlag.HAS_SNAPSHOT,
        reference_id=original.id,
        forwarded=original,
    )
    world.add_message(forwarding)
    return forwarding.id


def _require(world: World, author: User, channel: Channel, *, files: bool) -> None:
    permissions = world.permissions_of(author, channel)
    if channel.kind in POSTS_ONLY:
        raise InvalidInput("messages go into the posts of this channel")
    if channel.locked and Permission.MANAGE_THREADS not in permissions:
        raise InvalidInput("this thread is locked")
    in_thread = channel.is_thread
    needed = Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES
    if needed not in permissions:
        raise InvalidInput("you may not write here")
    if files and Permission.ATTACH_FILES not in permissions:
        raise InvalidInput("you may not attach files here")


async def delete_message(world: World, user: User, message: Message) -> None:
    """Delete a message of one's own, a private one, or as a moderator anybody's.

    Raises:
        InvalidInput: it is somebody else's.
    """
    own = user.id in {message.author.id, message.visible_to}
    channel = world.channel(message.channel_id)
    if not own and Permission.MANAGE_MESSAGES not in world.permissions_of(user, channel):
        raise InvalidInput("you may not delete this message")
    async with world.editing:
        await world.remove_message(message)
