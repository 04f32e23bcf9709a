"""From what is stored to settings that hold: the host's limits, and refusals of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backend.errors import Problems, SettingRefused
from backend.i18n import LANGUAGES, Text
from backend.preferences.model import (
    MAX_COOLDOWN,
    MAX_LISTED,
    NUMBERS,
    USUAL_SIZE,
    PersonSettings,
    ServerSettings,
)
from backend.settings import Settings
from nst.options import MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH, Preset

_AS_STORED: Final = (
    *("spoiler", "age_restricted_only", "shelf_approval", "language", "report_channel"),
)
Stored = Mapping[str, Any]
_WHATS: Final = {**NUMBERS, "size": NUMBERS["max_size"], "strength": Text("Strength")}


def _most_jobs(host: Settings) -> int:
    return max([host.jobs_per_person, *host.jobs_per_role.values()])


def server_settings(host: Settings, stored: Stored) -> ServerSettings:
    """Return what applies in a server that stored this; the host's limits win."""

    def least(name: str) -> int:
        return min(int(stored.get(name, getattr(host, name))), int(getattr(host, name)))

    preset = _offered(host, stored.get("preset")) or _offered(
        host, host.default_preset or Preset.STANDARD
    )
    roles: dict[str, int] = stored.get("role_jobs", {})
    return ServerSettings(
        max_size=least("max_size"),
        size=min(host.default_size or USUAL_SIZE, least("max_size")),
        max_frames=min(int(stored.get("max_frames", host.frames)), host.frames),
        jobs_per_person=least("jobs_per_person"),
        jobs_per_server=least("jobs_per_server"),
        preset=preset or host.presets[0],
        channels=tuple(stored.get("channels", ())),
        role_jobs={int(role): min(jobs, _most_jobs(host)) for role, jobs in roles.items()},
        cooldown=max(stored.get("cooldown", 0), host.cooldown_seconds),
        **{name: stored[name] for name in _AS_STORED if name in stored},
    )


def person_settings(host: Settings, stored: Stored) -> PersonSettings:
    """Return what a person who stored this prefers, but for the last style; within the limits."""
    size = stored.get("size")
    return PersonSettings(
        preset=_offered(host, stored.get("preset")),
        strength=stored.get("strength"),
        size=size and min(size, host.max_size),
        language=stored.get("language"),
        private=stored.get("private", False),
    )


def check_values(host: Settings, values: Stored) -> None:
    """Refuse all values that settings cannot have; None resets a setting and is always fine."""
    within, problems = ranges(host), Problems()
    for name, value in values.items():
        with problems.noted():
            if value is None:
                continue
            if name in within:
                _check_range(_WHATS[name], value, *within[name])
            elif name == "role_jobs":
                _check_roles(host, value)
            else:
                _check_choice(host, name, value)
    problems.check()


def ranges(host: Settings) -> dict[str, tuple[int, int]]:
    """Return from where to where the settings go that are numbers."""
    return {
        "max_size": (MIN_SIZE, host.max_size),
        "max_frames": (1, host.frames),
        "jobs_per_person": (1, host.jobs_per_person),
        "jobs_per_server": (1, host.jobs_per_server),
        "cooldown": (host.cooldown_seconds, MAX_COOLDOWN),
        "size": (MIN_SIZE, host.max_size),
        "strength": (MIN_STRENGTH, MAX_STRENGTH),
    }


def _offered(host: Settings, preset: str | None) -> Preset | None:
    return next((one for one in host.presets if one.value == preset), None)


def _check_range(what: Text, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise SettingRefused(
            "{what} cannot be {value} here: choose {low} to {high}.",
            what=what,
            value=value,
            low=low,
            high=high,
        )


def _check_choice(host: Settings, name: str, value: Any) -> None:
    if name == "preset" and _offered(host, value) is None:
        raise SettingRefused(
            "There is no such preset here; choose one of {presets}.",
            presets=", ".join(host.presets),
        )
    if name == "language" and value not in LANGUAGES:
        raise SettingRefused(
            "I do not speak this language; choose one of {languages}.",
            languages=", ".join(LANGUAGES),
        )
    if name == "channels" and len(value) > MAX_LISTED:
        raise SettingRefused("Choose {limit} channels at most.", limit=MAX_LISTED)


def _check_roles(host: Settings, value: dict[str, int]) -> None:
    if len(value) > MAX_LISTED:
        raise SettingRefused("Choose {limit} roles at most.", limit=MAX_LISTED)
    for jobs in value.values():
        _check_range(NUMBERS["jobs_per_person"], jobs, 1, _most_jobs(host))
