"""The panel of `/my settings`: what somebody prefers, with a menu or a button for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from discord import ButtonStyle, ui

from backend.i18n import Text, Words
from backend.preferences import PersonSettings
from bot.ui.forms import choices
from bot.ui.layouts import button
from bot.ui.settings import LANGUAGE_NAMES, NONE
from bot.ui.words import preset_name, quoted
from nst.options import Preset

_STRENGTHS: Final = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_SIZES: Final = (256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
_PRESET: Final = Text("Preset: {value}")
_STRENGTH: Final = Text("Strength: {value}")
_SIZE: Final = Text("Size: {value}")
_LANGUAGE: Final = Text("Language: {value}")
_RESULTS: Final = Text("Results: {value}")


def own_settings_text(words: Words, settings: PersonSettings, missing: Text | None) -> str:
    """Say what somebody prefers; `missing` is why their last style cannot be used, if it cannot."""
    unset = words("not set")
    strength, last = settings.strength, settings.last_style
    style = quoted(words, last.image.filename) if last else unset
    if missing:
        style = words("{style} ({reason})", style=style, reason=missing)
    facts: list[tuple[Text, object]] = [
        (_PRESET, preset_name(words, settings.preset) if settings.preset else unset),
        (_STRENGTH, unset if strength is None else strength),
        (_SIZE, f"{settings.size} px" if settings.size else unset),
        (_LANGUAGE, LANGUAGE_NAMES[settings.language] if settings.language else unset),
        (_RESULTS, words("for me alone") if settings.private else words("public")),
        (Text("Last style: {value}"), style),
    ]
    lines = [words(Text(template, value=str(value))) for template, value in facts]
    return "\n".join([f"**{words('What you prefer')}**", *(f"- {line}" for line in lines)])


def own_settings_view(
    words: Words, settings: PersonSettings, presets: Sequence[Preset], largest: int
) -> ui.View:
    """Return the menus and buttons that change it; sizes go up to the `largest`."""
    strengths = {*_STRENGTHS, *([] if settings.strength is None else [settings.strength])}
    sizes = {*(size for size in _SIZES if size <= largest), *filter(None, [settings.size])}
    view = ui.View(timeout=None)
    view.add_item(
        _menu(words, "preset", _PRESET, {one: words(one.description) for one in presets}, settings)
    )
    named = {str(one): words(_STRENGTH, value=one) for one in sorted(strengths)}
    view.add_item(_menu(words, "strength", _STRENGTH, named, settings))
    named = {str(one): f"{one} px" for one in sorted(sizes)}
    view.add_item(_menu(words, "size", _SIZE, named, settings))
    view.add_item(_menu(words, "language", _LANGUAGE, LANGUAGE_NAMES, settings))
    for each in _buttons(words, settings):
        view.add_item(each)
    view.stop()
    return view


def _menu(
    words: Words, name: str, title: Text, named: Mapping[Any, str], settings: PersonSettings
) -> ui.Select[Any]:
    chosen = getattr(settings, name)
    options = {NONE: words(title, value=words("not set")), **named}
    now = NONE if chosen is None else str(chosen)
    return ui.Select(custom_id=f"own-{name}", options=choices(options, now))


def _buttons(words: Words, settings: PersonSettings) -> list[ui.Button[Any]]:
    is_private = settings.private
    private = button(
        words(_RESULTS, value=words("for me alone") if is_private else words("public")),
        f"own-private:{'off' if is_private else 'on'}",
        ButtonStyle.success if is_private else ButtonStyle.secondary,
    )
    forget = [button(words("Forget the style"), "own-forget")] if settings.last_style else []
    return [private, *forget, button(words("Forget all of these"), "own-reset")]
