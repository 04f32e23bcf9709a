"""Everything that is in the chat now, and the one place that changes messages."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from localchat.access import Access
from localchat.assets import Assets
from localchat.cdn import Links, Storage
from localchat.clock import Clock
from localchat.config import ChatConfig
from localchat.enums import InteractionKind
from localchat.errors import UNKNOWN_MESSAGE, ApiError, Json
from localchat.kinds import Menu
from localchat.limits import DiscordLimits
from localchat.media import content_type_of, picture_size
from localchat.state import Attachment, Channel, Command, Interaction, Message, Origin, User

SPOILER = "SPOILER_"
"""How the name of a file began that was a spoiler, before attachments had flags; still obeyed."""

Change = Literal["create", "update", "delete"]
Listener = Callable[[Change, Message], None]


@dataclass(frozen=True, slots=True)
class File:
    """A file on its way in: what its sender calls it, its bytes, and whether it is a spoiler."""

    filename: str
    data: bytes
    spoiler: bool = False


class World(Access):
    """The people and places, and what was said and done in them.

    Args:
        clock: every timestamp, deadline and expiry reads it.
        links: signs attachment links.
        storage: keeps attachments.
        config: how the chat begins.
        limits: what is refused.

    Attributes:
        editing: held while a message goes from one state to the next.
        upload_limit: the largest file that the bot may upload now, in bytes.
        told_upload_limit: what interactions say the limit is; None for the truth. Discord's own
            figure is too large for some posts.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        links: Links,
        storage: Storage,
        config: ChatConfig,
        limits: DiscordLimits,
    ) -> None:
        super().__init__(clock, config)
        self.links = links
        self.storage = storage
        self.assets = Assets(links.base_url)
        self.limits = limits
        self.upload_limit = limits.upload_bytes
        self.told_upload_limit: int | None = None
        self.token = self._new_token()
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self.commands: dict[int | None, dict[tuple[int, str], Command]] = {None: {}}
        self.listeners: list[Listener] = []
        self.channel_listeners: list[Callable[[Channel], None]] = []
        self.editing = asyncio.Lock()
        self._by_token: dict[str, Interaction] = {}
        self._waiting: dict[int, asyncio.Event] = {}  # by the interaction's id
        self._in_channel: dict[int, dict[int, None]] = {}  # ids of messages, in their order

    def start_over(self) -> None:
        """Forget what was said and done as well; the bot's commands stay registered."""
        super().start_over()
        self.upload_limit, self.told_upload_limit = self.limits.upload_bytes, None
        self.links.seconds = self.limits.link_seconds
        self.assets.clear()
        for known in (self.messages, self.interactions, self._by_token, self._in_channel):
            known.clear()

    def index(self) -> None:
        """Take in messages and interactions that were put there from outside."""
        self._by_token = {each.token: each for each in self.interactions.values()}
        self._in_channel = {}
        for message in self.messages.values():
            self._in_channel.setdefault(message.channel_id, {})[message.id] = None

    def reset_token(self) -> None:
        """Give the bot another token; the old one is refused from now on."""
        self.token = self._new_token()

    def _new_token(self) -> str:
        # Like Discord's: libraries read the id from the first part.
        head = base64.urlsafe_b64encode(str(self.application_id).encode()).decode().rstrip("=")
        return f"{head}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"

    # messages

    def message(self, message_id: int) -> Message:
        """Return a message; raise ApiError (Unknown Message) for an id that nobody has."""
        try:
            return self.messages[message_id]
        except KeyError:
            raise ApiError(*UNKNOWN_MESSAGE) from None

    def messages_in(self, channel_id: int) -> list[Message]:
        """Return the messages of a channel, oldest first."""
        ids = self._in_channel.get(channel_id, ())
        return [self.messages[message_id] for message_id in ids]

    def add_message(self, message: Message) -> None:
        """Let a new message appear; an archived thread is open again then."""
        channel = self.channel(message.channel_id)
        if channel.archived and message.visible_to is None:
            self.change_channel(replace(channel, archived=False))
        self.messages[message.id] = message
        self._in_channel.setdefault(message.channel_id, {})[message.id] = None
        self._tell("create", message)

    async def change_message(self, message: Message) -> None:
        """Put a message into a new state; files that it no longer has are deleted."""
        before = self.messages[message.id]
        self.messages[message.id] = message
        self._tell("update", message)
        kept = {attachment.id for attachment in message.attachments}
        for attachment in before.attachments:
            if attachment.id not in kept:
                await self.storage.drop(attachment)

    async def remove_message(self, message: Message) -> None:
        """Delete a message and its files."""
        self.forget(self.message(message.id))
        self._tell("delete", message)
        passed_on = {one.forwarded.id for one in self.messages.values() if one.forwarded}
        for attachment in message.attachments if message.id not in passed_on else ():
            await self.storage.drop(attachment)

    def forget(self, message: Message) -> None:
        """Have no such message any more, without telling anybody."""
        del self.messages[message.id]
        del self._in_channel[message.channel_id][message.id]

    def stop_telling(self, listener: Listener) -> None:
        """Tell a listener no more; it may have been forgotten already by a chat that began anew."""
        if listener in self.listeners:
            self.listeners.remove(listener)

    def _tell(self, change: Change, message: Message) -> None:
        for listener in tuple(self.listeners):
            listener(change, message)

    def change_channel(self, channel: Channel) -> None:
        """Put a channel into a new state, and tell so."""
        self.channels[channel.id] = channel
        for listener in self.channel_listeners:
            listener(channel)

    # files

    def new_attachment(
        self, file: File, *, folder: str, description: str | None = None
    ) -> Attachment:
        """Describe a file; its bytes are kept by `storage.add`."""
        size = picture_size(file.data)
        attachment_id = self.ids.next()
        filename = safe_filename(file.filename)
        return Attachment(
            id=attachment_id,
            filename=filename,
            content_type=content_type_of(filename),
            size=len(file.data),
            width=size[0] if size else None,
            height=size[1] if size else None,
            description=description,
            folder=folder,
            spoiler=file.spoiler or filename.startswith(SPOILER),
            path=self.storage.path_for(attachment_id),
        )

    # interactions

    def add_interaction(
        self,
        *,
        kind: InteractionKind,
        user: User,
        channel_id: int,
        data: Json,
        owners: Mapping[str, str],
        message_id: int | None = None,
        trigger: Origin | None = None,
    ) -> Interaction:
        """Note that a person did something; the caller tells the bot."""
        interaction_id = self.ids.next()
        target = int(data.get("target_id", 0))
        origin = Origin(
            interaction_id=interaction_id,
            kind=kind,
            user=user,
            owners=owners,
            command=_full_name(data),
            pressed_message_id=message_id if kind is InteractionKind.COMPONENT else None,
            target_message_id=target if data.get("type") == Menu.MESSAGE else None,
            target_user=self.user(target) if data.get("type") == Menu.USER else None,
            trigger=trigger,
        )
        interaction = Interaction(
            id=interaction_id,
            token=secrets.token_urlsafe(120),
            kind=kind,
            user=user,
            channel_id=channel_id,
            created_at=self.clock(),
            data=data,
            origin=origin,
            message_id=message_id,
        )
        self.interactions[interaction.id] = interaction
        self._by_token[interaction.token] = interaction
        return interaction

    @contextmanager
    def waiting_for(self, interaction: Interaction) -> Iterator[asyncio.Event]:
        """Yield what is set when the bot has answered."""
        answer = self._waiting[interaction.id] = asyncio.Event()
        try:
            yield answer
        finally:
            del self._waiting[interaction.id]

    def answered(self, interaction: Interaction) -> None:
        """Tell whoever waits that the bot has answered."""
        if answer := self._waiting.get(interaction.id):
            answer.set()

    def interaction_with(self, token: str) -> Interaction | None:
        """Return the interaction this token belongs to, dead or alive."""
        return self._by_token.get(token)


def _full_name(data: Json) -> str | None:
    """Return a command's name with those of its subcommands; None if it is no command."""
    name = data.get("name")
    if name is None:
        return None
    names = [str(name)]
    while data.get("options") and data["options"][0]["type"] in {1, 2}:
        data = data["options"][0]
        names.append(str(data["name"]))
    return " ".join(names)


def safe_filename(name: str) -> str:
    """Return a name as Discord makes it: no folders, only characters that are safe in a URL."""
    cleaned = re.sub(r"[^\w.\-]+", "_", name.replace("\\", "/").rpartition("/")[2], flags=re.ASCII)
    cleaned = cleaned.strip("._") if set(cleaned) <= set("._") else cleaned
    return cleaned[-255:] or "unknown"
