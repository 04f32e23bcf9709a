"""A stand-in for Discord, for the tests and demos of any bot; see README.md beside this file.

Gateway, REST, CDN and a page for people, on one port of 127.0.0.1. It refuses what Discord would
refuse, with Discord's codes and words. It knows nothing of the bot that talks to it, and imports no
Discord library; `localchat.discord_py` is for bots that use discord.py.
"""

from localchat.chat import LocalChat
from localchat.config import ChannelConfig, ChatConfig, Example, ServerConfig
from localchat.enums import ChannelKind, StickerFormat
from localchat.errors import ApiError
from localchat.export import photograph
from localchat.faults import Fault, Faults
from localchat.inputs import InvalidInput, Upload
from localchat.limits import DiscordLimits
from localchat.observe import Dispatch, Exchange
from localchat.permissions import (
    ALL_PERMISSIONS,
    BOT_PERMISSIONS,
    MANAGER_PERMISSIONS,
    MEMBER_PERMISSIONS,
    MODERATOR_PERMISSIONS,
    NO_PERMISSION,
    Permission,
)
from localchat.person import Person
from localchat.state import Attachment, Channel, Guild, Interaction, Message, Role, Sticker
from localchat.waiting import NotAcknowledged
from localchat.world import Change

__all__ = [
    "ALL_PERMISSIONS",
    "BOT_PERMISSIONS",
    "MANAGER_PERMISSIONS",
    "MEMBER_PERMISSIONS",
    "MODERATOR_PERMISSIONS",
    "NO_PERMISSION",
    "ApiError",
    "Attachment",
    "Change",
    "Channel",
    "ChannelConfig",
    "ChannelKind",
    "ChatConfig",
    "DiscordLimits",
    "Dispatch",
    "Example",
    "Exchange",
    "Fault",
    "Faults",
    "Guild",
    "Interaction",
    "InvalidInput",
    "LocalChat",
    "Message",
    "NotAcknowledged",
    "Permission",
    "Person",
    "Role",
    "ServerConfig",
    "Sticker",
    "StickerFormat",
    "Upload",
    "photograph",
]
