"""The options that somebody gave, as typed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedOptions:
    """The options that somebody gave, as typed; None where they left it to the bot.

    Forms that are open know them by their order: further ones come last.
    """

    strength: int | None = None
    size: int | None = None
    seed: int | None = None
    private: bool | None = None
    spoiler: bool | None = None
    preset: str | None = None
    colours: str | None = None
    sheet: bool = False
    takes: int | None = None
    shapes: float | None = None
