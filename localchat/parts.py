"""What the halves of `LocalChat` share."""

from __future__ import annotations

from localchat.ban import AddressBan
from localchat.cdn import Cdn
from localchat.gateway import Gateway
from localchat.observe import Observers
from localchat.world import World


class ChatParts:
    """The parts of a running chat; they are there inside `async with` only."""

    _world: World
    _gateway: Gateway
    _cdn: Cdn
    _ban: AddressBan
    _observers: Observers
