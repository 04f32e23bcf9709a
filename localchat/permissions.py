"""What somebody may do. Source: Discord's API documentation, "Permissions"."""

from __future__ import annotations

from enum import IntFlag


class Permission(IntFlag):
    """The bits that the local chat looks at."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    USE_EXTERNAL_APPS = 1 << 50


NO_PERMISSION = Permission(0)

BOT_PERMISSIONS = Permission(274878024704)
"""What the invitation asks for: view, send (also in threads), embed, attach, read history."""

MEMBER_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_EXTERNAL_APPS
)
"""What anybody in the server may do."""

MODERATOR_PERMISSIONS = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES
"""What a moderator may do."""

MANAGER_PERMISSIONS = MODERATOR_PERMISSIONS | Permission.MANAGE_GUILD
"""What somebody may do who looks after the server's settings."""

ALL_PERMISSIONS = Permission(sum(Permission))
"""What the owner and administrators may do."""
