"""Times and options as people read them, in their language."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from discord.utils import escape_markdown, escape_mentions

from bot.i18n import Text, Words
from bot.jobs.model import Address, Job
from nst.options import Colours, Options, Preset

_PRESETS: Final = {
    Preset.DRAFT: Text("draft"),
    Preset.STANDARD: Text("standard"),
    Preset.FINE: Text("fine"),
    Preset.REFERENCE: Text("reference"),
}
_COLOURS: Final = {
    Colours.STYLE: Text("style's colours"),
    Colours.PHOTO: Text("photo's colours"),
    Colours.HISTOGRAM: Text("photo's colours (histogram)"),
    Colours.COVARIANCE: Text("photo's colours (covariance)"),
}


_MAX_TYPED: Final = 40


def shown(text: str) -> str:
    """A stranger's words, without Markdown and mentions."""
    return escape_mentions(escape_markdown(text))


def typed(text: str) -> str:
    """What somebody typed, repeated to them: its beginning, without what cannot be seen."""
    seen = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
    return shown(seen[:_MAX_TYPED])


def time_left(words: Words, seconds: float | None) -> str:
    """An estimate, such as `about 20 s left`; empty while it is unknown."""
    if seconds is None:
        return ""
    if seconds < 2:
        return words("almost done")
    return words("about {duration} left", duration=duration(words, seconds))


def duration(words: Words, seconds: float) -> str:
    """A time in its fitting unit: `20 s`, `5 min`, `1.5 h`."""
    whole = max(1, round(seconds))
    if whole < 90:
        return words("{count} s", count=whole)
    if whole < 90 * 60:
        return words("{count} min", count=round(whole / 60))
    return words("{count} h", count=whole / 3600)


def preset_name(words: Words, preset: Preset) -> str:
    """What a preset is called."""
    return words(_PRESETS[preset])


def colours_name(words: Words, colours: Colours) -> str:
    """Whose colours a picture has."""
    return words(_COLOURS[colours])


def options_line(words: Words, options: Options, strengths: Sequence[int] = ()) -> str:
    """What was asked for, in one line; the style's own colours go without saying.

    Args:
        words: of who reads it.
        options: of the picture.
        strengths: of a strength sheet; they stand in place of the one strength.
    """
    parts = [
        preset_name(words, options.preset),
        words("strengths {strengths}", strengths=", ".join(map(str, strengths)))
        if strengths
        else words("strength {strength}", strength=options.strength),
        words("{size} px", size=options.size),
        "" if options.colours is Colours.STYLE else colours_name(words, options.colours),
        words("seed {seed}", seed=options.seed),
    ]
    return " · ".join(part for part in parts if part)


def style_names(job: Job) -> str:
    """What the style images of a job are called."""
    return " + ".join(style.image.filename for style in job.styles)


def card_link(at: Address) -> str:
    """Where a card is, as an address that Discord opens."""
    return f"https://discord.com/channels/{at.guild_id or '@me'}/{at.channel_id}/{at.message_id}"
