"""One language: templates in English go in, sentences in that language come out."""

from __future__ import annotations

import gettext
import io
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal

from babel import Locale
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from nst.text import Text, fill

LANGUAGES: Final = ("en", "de", "fr", "es", "pt_BR", "ja")
"""As Babel and gettext spell them; the first is the one in the code."""

COMMAND: Final = "command"
OPTION: Final = "option"
"""Contexts of names in the catalogues: these are translated by Discord's rules for names."""

_SHOWN: Final = {"seed": "version", "sheet": "compare"}
"""Options that English shows otherwise than commands name them, which never changes."""

DOMAIN: Final = "bot"
_LOCALES: Final = 64  # Discord has fewer
_FOLDER: Final = Path(__file__).parent


class Words:
    """What the bot says, in one language; call it with an English template.

    Get one from `words_for`. A template that the catalogue lacks is said in English.
    """

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._translations = translations
        self._locale = Locale.parse(language)

    def __call__(self, text: str | Text, /, **values: str | float | Text) -> str:
        """Translate a template with `{named}` placeholders, or a text, and fill in its values.

        Texts among these are translated, numbers written as usual in the language.
        """
        text = Text(text, **values)
        if not text.template:
            return ""  # which gettext would take for the catalogue's own header
        return fill(self._translations.gettext(text.template), text.values, self._show)

    def plural(self, one: str, many: str, n: int, /, **values: str | float | Text) -> str:
        """Do the same for a number of things: `words.plural("{n} picture", "{n} pictures", 3)`."""
        template = self._translations.ngettext(one, many, n)
        return fill(template, {"n": n, **values}, self._show)

    def named(self, kind: str, name: str) -> str:
        """Return the name of a command or an option (`kind`: its context in the catalogue)."""
        said = self._translations.pgettext(kind, name)
        return _SHOWN.get(name, name) if kind == OPTION and said == name else said

    def percent(self, fraction: float) -> str:
        """Write `0.42` as `42%` or `42 %`."""
        return format_percent(fraction, locale=self._locale)

    def number(self, value: float) -> str:
        """Write a number with at most one digit after the comma, or point."""
        return format_decimal(round(value, 1), locale=self._locale)

    def listed(self, parts: list[str], style: Literal["standard", "or"] = "standard") -> str:
        """Write `a, b and c`, or `a, b or c`."""
        return format_list(parts, style=style, locale=self._locale)

    def _show(self, value: str | float | Text) -> str:
        if isinstance(value, Text):
            return self(value)
        return self.number(value) if isinstance(value, float) else str(value)


@lru_cache(_LOCALES)
def words_for(locale: str) -> Words:
    """Return the words for a person's locale, as Discord names it (`de`, `pt-BR`, `es-419` …).

    English for languages that the bot does not speak. `load_catalogues` comes first, in a thread.
    """
    locale = locale.replace("-", "_")
    language = locale.partition("_")[0]
    spoken = next((one for one in LANGUAGES if one in {locale, language}), None)
    # "pt" alone is Brazil's as well.
    return _words(spoken or ("pt_BR" if language == "pt" else LANGUAGES[0]))


def load_catalogues() -> None:
    """Read every language's catalogue; blocks for a fraction of a second."""
    for language in LANGUAGES:
        _words(language)


def catalogue_path(language: str) -> Path:
    """Return where the translations of a language are."""
    return _FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def _words(language: str) -> Words:
    if language == LANGUAGES[0]:
        return Words(language, gettext.NullTranslations())
    with catalogue_path(language).open("rb") as file:
        catalogue = read_po(file, locale=language, domain=DOMAIN, abort_invalid=True)
    # Compiled in memory, so that the repository holds no binaries that could be out of date.
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Words(language, gettext.GNUTranslations(compiled))
