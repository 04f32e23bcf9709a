"""A small stand-in for Discord, so that the real bot runs without a token.

Gateway, REST, CDN and a page for people, on one port of 127.0.0.1. It refuses what Discord would
refuse, with Discord's codes and words. It knows nothing of the bot that talks to it.
"""

from bot.localchat.chat import LocalChat
from bot.localchat.examples import Example
from bot.localchat.observe import Dispatch, Exchange
from bot.localchat.person import InvalidInput, NotAcknowledged, Person, Upload
from bot.localchat.state import (
    BOT_PERMISSIONS,
    MEMBER_PERMISSIONS,
    MODERATOR_PERMISSIONS,
    NO_PERMISSION,
    Interaction,
    Permission,
)

__all__ = [
    "BOT_PERMISSIONS",
    "MEMBER_PERMISSIONS",
    "MODERATOR_PERMISSIONS",
    "NO_PERMISSION",
    "Dispatch",
    "Example",
    "Exchange",
    "Interaction",
    "InvalidInput",
    "LocalChat",
    "NotAcknowledged",
    "Permission",
    "Person",
    "Upload",
]
