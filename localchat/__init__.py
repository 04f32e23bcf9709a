"""A small stand-in for Discord, so that the real bot runs without a token.

Gateway, REST, CDN and a page for people, on one port of 127.0.0.1. It refuses what Discord would
refuse, with Discord's codes and words. It knows nothing of the bot that talks to it.
"""

from localchat.chat import LocalChat
from localchat.examples import Example
from localchat.inputs import InvalidInput, Upload
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
from localchat.state import Channel, Guild, Interaction, Role
from localchat.tour import prepare_tour
from localchat.waiting import NotAcknowledged

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
