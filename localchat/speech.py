"""Ordinary messages of people: writing, forwarding and deleting them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from localchat.clock import ID
from localchat.components import ComponentReader
from localchat.embeds import read_embeds
from localchat.enums import NO_FLAG, POSTS_ONLY, ChannelKind, MessageFlag
from localchat.errors import FormErrors, Json
from localchat.inputs import InvalidInput, Upload, check_upload
from localchat.permissions import Permission
from localchat.state import Attachment, Channel, Message, Sticker, User
from localchat.world import File, World

MAX_CONTENT = 2000
MAX_FILES = 10
MAX_STICKERS = 3
_MENTION = re.compile(rf"<@!?({ID})>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What somebody writes.

    Attributes:
        text: Markdown.
        files: attachments.
        embeds: those that Discord makes of the links in the text, or those of an application.
        stickers: at most three.
        components: Components V2, of an application; `attachment://name` means one of the files.
        reply_to: id of the message that is replied to.
    """

    text: str = ""
    files: Sequence[Upload] = ()
    embeds: Sequence[Json] = ()
    stickers: Sequence[Sticker] = ()
    components: Sequence[Json] = ()
    reply_to: int | None = None


async def say(
    world: World,
    author: User,
    channel: Channel,
    content: Content,
    *,
    message_id: int | None = None,
) -> int:
    """Write a message; return its id, which is `message_id` if one is given.

    Raises:
        InvalidInput: it is empty or too long, has too many or too large files, or its author may
            not write or attach files there.
        ApiError: the embeds or components break Discord's limits.
    """
    text = _check(content)
    _require(world, author, channel, files=bool(content.files))
    attachments = await _attach(world, channel, content.files)
    errors = FormErrors()
    reader = ComponentReader(v2=True, attachments=attachments, ids=world.ids, errors=errors)
    components = reader.read(list(content.components))
    embeds = read_embeds(list(content.embeds), errors)
    errors.raise_if_any()
    named = {int(number) for number in _MENTION.findall(text)}
    message = Message(
        id=message_id or world.ids.next(),
        channel_id=channel.id,
        author=author,
        created_at=world.clock(),
        type=0 if content.reply_to is None else 19,
        content=text,
        components=components,
        attachments=tuple(attachments),
        embeds=embeds,
        stickers=tuple(content.stickers),
        flags=MessageFlag.COMPONENTS_V2 if components else NO_FLAG,
        mentions=tuple(user for user in world.everybody() if user.id in named),
        reference_id=content.reply_to,
    )
    world.add_message(message)
    return message.id


async def _attach(world: World, channel: Channel, files: Sequence[Upload]) -> list[Attachment]:
    attachments = []
    for upload in files:
        check_upload(upload.filename, upload)
        file = File(upload.filename, upload.data, upload.spoiler)
        attachment = world.new_attachment(file, folder=f"attachments/{channel.id}")
        await world.storage.add(attachment, upload.data)
        attachments.append(attachment)
    return attachments


def _check(content: Content) -> str:
    """Return the text, if Discord's client would let somebody send all this."""
    text = content.text.strip()
    if not (text or content.files or content.stickers or content.embeds or content.components):
        raise InvalidInput("the message is empty")
    if len(text) > MAX_CONTENT:
        raise InvalidInput("a message may have {most} characters at most", most=MAX_CONTENT)
    if len(content.files) > MAX_FILES:
        raise InvalidInput("a message may have {most} files at most", most=MAX_FILES)
    if len(content.stickers) > MAX_STICKERS:
        raise InvalidInput("a message may have {most} stickers at most", most=MAX_STICKERS)
    return text


async def post(world: World, author: User, forum: Channel, title: str, content: Content) -> Channel:
    """Begin a post of a forum or media channel: a thread whose first message has its id.

    Raises:
        InvalidInput: as for `say`, or the channel has no posts.
    """
    if forum.kind not in POSTS_ONLY:
        raise InvalidInput("this channel has no posts")
    guild = world.guild(forum.guild_id or 0)
    thread = world.add_channel(guild, title, kind=ChannelKind.PUBLIC_THREAD, parent=forum)
    world.change_channel(replace(thread, member_ids=frozenset({author.id})))
    await say(world, author, thread, content, message_id=thread.id)
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
