"""Somebody in the chat: who it is, and the ordinary messages they write."""

from __future__ import annotations

from collections.abc import Sequence

from localchat.errors import Json
from localchat.gateway import Gateway
from localchat.inputs import InvalidInput, Upload
from localchat.speech import Content, delete_message, forward, post, say
from localchat.state import Channel, Message, Role, Sticker, User
from localchat.world import World


class Member:
    """The part of `Person` that has nothing to do with the bot's commands.

    Args:
        world: the chat.
        gateway: tells the bot what the person does.
        user: who it is.
    """

    def __init__(self, world: World, gateway: Gateway, user: User) -> None:
        self._world = world
        self._gateway = gateway
        self._name = user.display_name

    @property
    def user(self) -> User:
        """Who it is, with the permissions and the language they have now."""
        return self._world.people[self._name]

    @property
    def dm(self) -> int:
        """Id of the direct messages with the bot."""
        return self._world.conversation(self.user, self._world.bot).id

    def dm_with(self, other: Member) -> int:
        """Return id of the direct messages with somebody else; the bot is not in them."""
        return self._world.conversation(self.user, other.user).id

    @property
    def roles(self) -> list[Role]:
        """The roles that they have, in all servers."""
        return self._world.roles_of(self.user)

    @property
    def has_installed(self) -> bool:
        """Whether they have installed the application for themselves."""
        return self.user.id in self._world.installed

    def install(self) -> None:
        """Install the application for oneself: commands with the integration type USER_INSTALL
        now work in every place, also where the bot is no member."""
        self._world.installed.add(self.user.id)

    def uninstall(self) -> None:
        """Take `install` back."""
        self._world.installed.discard(self.user.id)

    # messages

    async def say(
        self,
        text: str = "",
        files: Sequence[Upload] = (),
        *,
        channel: str | int | None = None,
        embeds: Sequence[Json] = (),
        stickers: Sequence[Sticker] = (),
        components: Sequence[Json] = (),
        reply_to: int | None = None,
    ) -> int:
        """Write an ordinary message; return its id.

        Args:
            text: Markdown.
            files: attachments.
            channel: where.
            embeds: those that Discord makes of the links in the text; an application's own.
            stickers: from `LocalChat.add_sticker`.
            components: an application's Components V2.
            reply_to: id of another message.

        Raises:
            InvalidInput: it is empty or too long, has too many or too large files, or the person
                may not write or attach files there.
            ApiError: the embeds or components break Discord's limits.
        """
        content = Content(
            text=text,
            files=files,
            embeds=embeds,
            stickers=stickers,
            components=components,
            reply_to=reply_to,
        )
        return await say(self._world, self.user, self._place(channel), content)

    async def post(
        self, forum: str | int, title: str, text: str = "", files: Sequence[Upload] = ()
    ) -> Channel:
        """Begin a post of a forum or media channel; return its thread.

        Raises:
            InvalidInput: as for `say`, or the channel has no posts.
        """
        content = Content(text=text, files=files)
        return await post(self._world, self.user, self._place(forum), title, content)

    async def forward(self, message_id: int, channel: str | int | None = None) -> int:
        """Forward a message to another channel; return the id of the new one.

        Raises:
            InvalidInput: there is no such message, it is for one's own eyes, or one may not write
                there.
        """
        place = self._place(channel)
        return forward(self._world, self.user, self._visible(message_id), place)

    async def delete(self, message_id: int) -> None:
        """Delete one's own message, or with Manage Messages anybody's; dismiss a private one.

        Raises:
            InvalidInput: there is no such message, or one may not.
        """
        await delete_message(self._world, self.user, self._visible(message_id))

    def _place(self, channel: str | int | None) -> Channel:
        place = self._world.channel_named(channel)
        if not self._world.may_see(self.user, place):
            raise InvalidInput("there is no such channel")
        return place

    def _visible(self, message_id: int) -> Message:
        message = self._world.messages.get(message_id)
        if message is None or message.visible_to not in {None, self.user.id}:
            raise InvalidInput("there is no such message")
        self._place(message.channel_id)
        return message
