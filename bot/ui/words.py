"""Times as people read them."""

from __future__ import annotations


def time_left(seconds: float | None) -> str:
    """An estimate, such as `about 20 s left`; empty while it is unknown."""
    if seconds is None:
        return ""
    return "almost done" if seconds < 2 else f"about {duration(seconds)} left"


def duration(seconds: float) -> str:
    """A time in its fitting unit: `20 s`, `5 min`, `1.5 h`."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    if whole < 90 * 60:
        return f"{round(whole / 60)} min"
    return f"{whole / 3600:.1f} h"
