"""What people read of runs that ended without a picture, whatever the engine."""

from __future__ import annotations

from typing import Final

from backend.files.room import is_out_of_room
from nst.text import Text

CANCELLED: Final = Text("The picture was cancelled.")
CLOSING: Final = Text("The bot is shutting down.")
DIED: Final = Text(
    "The process that painted this picture ended unexpectedly. Trying again, or a smaller size, "
    "may help."
)
SLOW: Final = Text(
    "Painting took longer than the limit of {limit}, so it was ended. A smaller size "
    "or a quicker preset takes less time."
)
HUNG: Final = Text("Painting stood still for {limit}, so it was ended. Please try again.")
NO_WORKER: Final = Text(
    "No picture can be painted now, because no worker could be started. {reason}"
)
SEE_LOG: Final = Text("The host's log says why.")
NOBODY: Final = Text(
    "No picture can be painted now, because no host that paints can be reached. What waits goes on "
    "by itself."
)
LOST: Final = Text("The host that painted this picture is gone.")
_NO_ROOM: Final = Text(
    "The picture could not be stored: no room is left on the disk of the bot's host. Please try "
    "again later."
)
_NO_STORE: Final = Text(
    "The files of this picture could not be read or stored, because the bot's file store does not "
    "work now; the host's log has the details. Please try again later."
)


def said_of(error: BaseException) -> Text:
    """Return what people are told where files cannot be read or stored."""
    return _NO_ROOM if is_out_of_room(error) else _NO_STORE
