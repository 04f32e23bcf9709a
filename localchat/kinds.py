"""Discord's numbers for the types of components and of command options."""

from __future__ import annotations

from enum import IntEnum


class Component(IntEnum):
    """Types of message components. Source: Discord's "Component Reference"."""

    ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT = 10
    THUMBNAIL = 11
    GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


ENTITY_SELECTS = frozenset(
    {
        Component.USER_SELECT,
        Component.ROLE_SELECT,
        Component.MENTIONABLE_SELECT,
        Component.CHANNEL_SELECT,
    }
)
"""Select menus whose options are people, roles or channels."""

# What may stand where.
IN_ROW = ENTITY_SELECTS | {Component.BUTTON, Component.STRING_SELECT}
IN_SECTION = frozenset({Component.TEXT})
ACCESSORY = frozenset({Component.BUTTON, Component.THUMBNAIL})
IN_CONTAINER = frozenset(
    {
        Component.ROW,
        Component.SECTION,
        Component.TEXT,
        Component.GALLERY,
        Component.FILE,
        Component.SEPARATOR,
    }
)
TOP_V2 = IN_CONTAINER | {Component.CONTAINER}
TOP_LEGACY = frozenset({Component.ROW})
TOP_MODAL = frozenset({Component.ROW, Component.TEXT, Component.LABEL})
IN_MODAL_ROW = frozenset({Component.TEXT_INPUT})
IN_LABEL = ENTITY_SELECTS | {
    Component.STRING_SELECT,
    Component.TEXT_INPUT,
    Component.FILE_UPLOAD,
    Component.RADIO_GROUP,
    Component.CHECKBOX_GROUP,
    Component.CHECKBOX,
}

LINK_STYLE = 5
"""The style of a button that opens a link instead of telling the bot."""


class Option(IntEnum):
    """Types of command options. Source: Discord's "Application Command Option Type"."""

    SUBCOMMAND = 1
    SUBCOMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


class Menu(IntEnum):
    """Types of application commands."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3
