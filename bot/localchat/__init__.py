"""A small stand-in for Discord, so that the real bot runs without a token.

Gateway, REST, CDN and a page for people, on one port of 127.0.0.1. It refuses what Discord would
refuse, with Discord's codes and words. It knows nothing of the bot that talks to it.
"""

from bot.localchat.chat import LocalChat
from bot.localchat.examples import Example
from bot.localchat.inputs import InvalidInput, Upload
from bot.localchat.observe import Dispatch, Exchange
from bot.localchat.permissions import (
    ALL_PERMISSIONS,
    BOT_PERMISSIONS,
    MANAGER_PERMISSIONS,
    MEMBER_PERMISSIONS,
    MODERATOR_PERMISSIONS,
    NO_PERMISSION,
    Permission,
)
from bot.localchat.person import Person
from bot.localchat.state import Channel, Guild, Interaction, Role
from bot.localchat.tour import prepare_tour
from bot.localchat.waiting import NotAcknowledged

__all__ = [
    "ALL_PERMISSIONS",
    "BOT_PERMISSIONS",
    "MANAGER_PERMISSIONS",
    "MEMBER_PERMISSIONS",
    "MODERATOR_PERMISSIONS",
    "NO_PERMISSION",
    "Channel",
    "Dispatch",
    "Example",
    "Exchange",
    "Guild",
    "Interaction",
    "InvalidInput",
    "LocalChat",
    "NotAcknowledged",
    "Permission",
    "Person",
    "Role",
    "Upload",
    "prepare_tour",
]
