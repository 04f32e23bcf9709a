"""What a person may do in every server, as roles: on Discord nobody may do more by anything else.

Bots reckon from roles what somebody may do in all of a server, beside what an interaction says of
its channel.
"""

from __future__ import annotations

from typing import Final

from localchat.permissions import MEMBER_PERMISSIONS, Permission
from localchat.state import Guild, Role, User

_MORE: Final = tuple(each for each in Permission if each not in MEMBER_PERMISSIONS)
_FIRST: Final = 1 << 20  # of a guild's id: more than is made within the millisecond of the guild


def rank_roles(guild: Guild) -> list[Role]:
    """Return a role for each permission that not everybody has."""
    return [
        Role(
            id=guild.id + _FIRST + at,
            guild_id=guild.id,
            name=str(each.name).replace("_", " ").title(),
            permissions=each,
            position=1,
        )
        for at, each in enumerate(_MORE)
    ]


def ranks_of(user: User, guild: Guild) -> list[int]:
    """Return the ids of those roles by which somebody may do what they may do."""
    return [role.id for role in rank_roles(guild) if role.permissions in user.permissions]
