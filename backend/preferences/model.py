"""Settings as plain frozen data, with the host's defaults and limits applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from backend.errors import NotAllowed
from backend.i18n import Text
from backend.records import JobStyle
from nst.options import Preset

USUAL_SIZE: Final = 512
MAX_LISTED: Final = 25
"""How many channels, or roles, a server may name."""
MAX_COOLDOWN: Final = 86_400
NUMBERS: Final[Mapping[str, Text]] = {
    "max_size": Text("Largest size (px)"),
    "jobs_per_person": Text("Pictures per person at a time"),
    "jobs_per_server": Text("Pictures per server at a time"),
    "cooldown": Text("Seconds between one person's pictures"),
    "max_frames": Text("Frames of a film"),
}
"""What people call the settings of a server that are numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What applies in one server."""

    max_size: int  # pixels
    max_frames: (
        int  # of a film, and of one person's films at a time; 1: films are painted as pictures
    )
    jobs_per_person: int
    jobs_per_server: int
    preset: Preset  # what is used if a person does not say
    size: int = USUAL_SIZE  # likewise, pixels
    channels: tuple[int, ...] = ()  # where the bot may be used, with their threads; or everywhere
    role_jobs: dict[int, int] = field(default_factory=dict)  # `jobs_per_person`, by a role's id
    cooldown: int = 0  # seconds between two pictures of one person
    spoiler: bool = False  # results are hidden until somebody clicks on them
    age_restricted_only: bool = False
    report_channel: int | None = None  # where reports of pictures go
    shelf_approval: bool = False  # moderators look at new styles before they can be used
    language: str | None = None  # of `backend.i18n.LANGUAGES`; None for that of who asks

    def check_place(self, channel_ids: Collection[int], *, age_restricted: bool) -> None:
        """Refuse a channel where the bot may not be used; a thread comes with its channel's id."""
        if self.channels and not set(channel_ids) & set(self.channels):
            raise NotAllowed(
                "In this server I paint in {channels} only.",
                channels=" ".join(f"<#{channel}>" for channel in self.channels),
            )
        if self.age_restricted_only and not age_restricted:
            raise NotAllowed("In this server I paint in age-restricted channels only.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSettings:
    """What one person prefers, wherever they are; None where they never said."""

    preset: Preset | None = None
    strength: int | None = None
    size: int | None = None
    language: str | None = None  # of `backend.i18n.LANGUAGES`, instead of the one of their Discord
    private: bool = False  # results are shown to them alone unless they say otherwise
    last_style: JobStyle | None = None  # what they chose with "Use as style"
    last_style_private: bool = False  # nobody else has seen it: what is painted with it is private
