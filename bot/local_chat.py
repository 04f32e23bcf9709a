"""The local chat as this bot uses it; the only module that imports `localchat`.

`bot.app` and the command line import this module only when they are asked for the local chat, so
that a bot on Discord never loads it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from backend.errors import ConfigurationError
from backend.examples import list_examples
from backend.i18n import Text, words_for
from backend.settings import variable
from bot.connection import ChatServer
from localchat import ChannelConfig, ChatConfig, Example, LocalChat, ServerConfig
from localchat.discord_py import connected_to

_HOME: Final = ServerConfig(
    name="Art café",
    channels=(
        ChannelConfig(name="painting", topic="Turn photos into paintings"),
        ChannelConfig(name="gallery", topic="The finished ones"),
    ),
)
_TITLE: Final = Text("Pick a photo, pick a painting")
_WELCOME: Final = Text(
    "Choose one of each, or drop two pictures of your own, and press Run. "
    "The painting appears here and changes as it is made."
)
CHAT: Final = ChatConfig(
    bot_name="Stylize",
    servers=(_HOME,),
    welcome_title=_TITLE.template,
    welcome_text=_WELCOME.template,
    say=lambda text, locale: words_for(locale)(Text(text)),
    examples=[
        Example(name=example.name, kind=example.kind, path=example.path, credit=example.credit)
        for example in list_examples()
    ],
    example_options={"photo": "^stylize content$", "style": "^stylize style|^style "},
    main_options="^stylize (strength|preset)$",
)
"""One server with two channels."""

TOUR: Final = replace(
    CHAT,
    servers=(
        replace(
            _HOME,
            channels=(
                *_HOME.channels,
                ChannelConfig(
                    name="life-drawing", topic="Drawn from the nude: for adults", nsfw=True
                ),
            ),
            roles=("Regular",),
        ),
        ServerConfig(
            name="Book club",
            channels=(
                ChannelConfig(name="covers", topic="Which cover is the finest?"),
                ChannelConfig(name="chatter", topic="About everything else"),
            ),
            has_bot=False,
        ),
    ),
)
"""The same with an age-restricted channel, a role, and a server without the bot, to try by hand."""


@asynccontextmanager
async def local_chat(
    port: int, config: ChatConfig = CHAT, *, keep_in: Path | None = None
) -> AsyncIterator[tuple[LocalChat, ChatServer]]:
    """Start the local chat, as it was left in a folder, and point discord.py at it meanwhile."""
    async with AsyncExitStack() as stack:
        try:
            chat = await stack.enter_async_context(LocalChat(port, config, keep_in=keep_in))
        except OSError as error:
            raise ConfigurationError(_told(error, port)) from error
        stack.enter_context(connected_to(chat))
        yield chat, server_of(chat)


def _told(error: OSError, port: int) -> str:
    """Say why the chat cannot start: a file names itself, a port does not."""
    why = os.strerror(error.errno or 0)
    if error.filename is not None:
        return f"{variable('data_dir')}: {error.filename} cannot be used ({why})."
    other = f"choose another one with {variable('local_chat_port')}"
    return f"The local chat cannot listen on port {port} ({why}): {other}."


def server_of(chat: LocalChat) -> ChatServer:
    """Return how the bot gets into a chat."""
    return ChatServer(token=chat.token, attachment_hosts=frozenset({chat.file_host}))
