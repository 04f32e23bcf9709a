"""Times and options as people read them, in their language."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from discord.utils import escape_mentions

from backend.errors import UserError
from backend.i18n import Text, Words
from backend.jobs.model import Address, Job
from backend.records import JobSpec
from bot.ui.form import fitting
from nst.options import Colours, Init, Options, Preset
from nst.text import lasting

_Choice = TypeVar("_Choice", bound=StrEnum)

COLOURS: Final = {
    Colours.STYLE: Text("style's colours"),
    Colours.PHOTO: Text("photo's colours"),
    Colours.HISTOGRAM: Text("photo's colours, as paint"),
    Colours.COVARIANCE: Text("photo's colours, as a tint"),
}
SHAPES: Final = {
    0.5: Text("smaller shapes"),
    1.0: Text("usual shapes"),
    2.0: Text("larger shapes"),
    4.0: Text("very large shapes"),
}
_BEGUN: Final[dict[Init | None, Text]] = {
    Init.NOISE: Text("begun on a blank canvas"),
    Init.STYLE: Text("begun in the style's colours"),
}
_MARKDOWN: Final = re.compile(
    r"""
    (?P<link> <? https?:// [-\w./?=&%\#:+,~@!$;]+ >? )  # says itself where it leads
    | (?P<before> ^ \s* (?: [0-9]+ (?=\.\s) )? ) (?P<first> [-\#>] | \.(?=\s) )  # lists, quotes …
    | (?P<sign> [\\*_~|`\[\]<] | (?<=\]) \( )  # emphasis, code, links, mentions, times, emoji
    """,
    re.VERBOSE,
)
_MAX_TYPED: Final = 40
_LARGE: Final = 512  # px
_MOST_OF_NAME: Final = 40  # signs
_AT_ONCE: Final = 2.0  # seconds


def shown(text: str) -> str:
    """Return a stranger's words without Markdown and mentions; plain links stay.

    discord.py's own `escape_markdown` overlooks links behind words where there are two of them.
    """
    return escape_mentions("\n".join(_MARKDOWN.sub(_escaped, line) for line in text.splitlines()))


def _escaped(found: re.Match[str]) -> str:
    return found["link"] or f"{found['before'] or ''}\\{found['first'] or found['sign']}"


def quoted(words: Words, name: str) -> str:
    """Return what a stranger called something, in the language's quotation marks."""
    return words("“{name}”", name=shown(name))


def typed(text: str) -> str:
    """Repeat the beginning of what somebody typed, without what cannot be seen."""
    seen = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
    return shown(seen[:_MAX_TYPED])


def time_left(words: Words, seconds: float | None) -> str:
    """Say how long it takes yet, such as `ready in about 20 s`; nothing while that is unknown."""
    if seconds is None:
        return ""
    if seconds < 2:
        return words("almost done")
    return words("ready in about {duration}", duration=duration(words, seconds))


def starts_in(words: Words, seconds: float | None) -> str:
    """Say when the turn of one that waits comes; nothing while that is unknown, or at once."""
    if seconds is None or seconds < _AT_ONCE:
        return ""
    return words("starts in about {duration}", duration=duration(words, seconds))


def duration(words: Words, seconds: float) -> str:
    """Write a time in its fitting unit: `20 s`, `5 min`, `1.5 h`."""
    return words(lasting(seconds))


def preset_name(words: Words, preset: Preset) -> str:
    """Return what a preset is called."""
    return words(preset.label)


def colours_name(words: Words, colours: Colours) -> str:
    """Return what a choice of colours is called."""
    return words(COLOURS[colours])


def preset_called(words: Words, name: str, offered: Iterable[Preset]) -> Preset:
    """Return the preset that somebody typed, as it is called in their language or in the code."""
    names = {preset: preset_name(words, preset) for preset in offered}
    refusal = Text("There is no preset “{name}” here; choose one of {names}.")
    return _called(words, name, names, refusal)


def colours_called(words: Words, name: str) -> Colours:
    """Return the choice of colours that somebody typed, as `preset_called` does."""
    names = {colours: colours_name(words, colours) for colours in Colours}
    refusal = Text("There are no colours called “{name}”; choose one of {names}.")
    return _called(words, name, names, refusal)


def _called(words: Words, said: str, names: Mapping[_Choice, str], refusal: Text) -> _Choice:
    folded = said.strip().casefold()
    for one, name in names.items():
        if folded in {one, name.casefold()}:
            return one
    raise UserError(refusal, name=typed(said), names=words.listed(list(names.values()), "or"))


def options_line(words: Words, spec: JobSpec) -> str:
    """Say in one line what was asked for; the style's own colours go without saying.

    The strengths of a strength sheet stand in place of the one strength. The seed, which is by
    chance nearly always, is told by Details alone.
    """
    options = spec.options
    parts = [
        preset_name(words, options.preset),
        words("strengths {strengths}", strengths=", ".join(map(str, spec.strengths)))
        if spec.strengths
        else words("strength {strength}", strength=options.strength),
        words("{size} px", size=options.size),
        "" if options.colours is Colours.STYLE else colours_name(words, options.colours),
        *ways(words, options),
        words.plural("{n} version", "{n} versions", len(spec.takes)) if spec.takes else "",
    ]
    return " · ".join(part for part in parts if part)


def ways(words: Words, options: Options) -> list[str]:
    """Say how a picture is begun, with what strokes and shapes, where that is not as usual."""
    strokes = {1: Text("larger strokes"), -1: Text("finer strokes")}
    size = (options.style_scale > 1) - (options.style_scale < 1)
    shapes = SHAPES[nearest_shapes(options)] if options.shapes != 1 else None
    said = [_BEGUN.get(options.init), strokes.get(size), shapes]
    return [words(text) for text in said if text]


def nearest_shapes(options: Options) -> float:
    """Return the size of shapes, of those with a name, that is next to what a picture has."""
    return min(SHAPES, key=lambda shapes: abs(math.log(shapes / options.shapes)))


def style_names(job: Job) -> str:
    """Return what the style images of a job are called."""
    return " + ".join(style.image.filename for style in job.spec.styles)


def picture_names(job: Job) -> str:
    """Return what the photo and the styles of a job are called, cut where that is long."""
    names = (job.spec.photo.filename, style_names(job))
    return " · ".join(shown(fitting(name, _MOST_OF_NAME)) for name in names)


def card_link(at: Address) -> str:
    """Return the address at which Discord shows a card."""
    return f"https://discord.com/channels/{at.guild_id or '@me'}/{at.channel_id}/{at.message_id}"


def how_larger(words: Words, spec: JobSpec) -> str:
    """Say how to get a larger one of a small picture; nothing of films, and where one is chosen."""
    if spec.strengths or spec.versions or spec.film or spec.options.size >= _LARGE:
        return ""
    return words("Want it larger? Press More…, then Bigger.")
