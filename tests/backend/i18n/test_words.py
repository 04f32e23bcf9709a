"""Words: which language a person gets, and how values read in it."""

from __future__ import annotations

import pytest

from backend.errors import QueueRefused
from backend.i18n import LANGUAGES, Text, load_catalogues, words_for
from nst.limits import Limits


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en-US", "en"),
        ("en-GB", "en"),
        ("de", "de"),
        ("fr", "fr"),
        ("es-ES", "es"),
        ("es-419", "es"),
        ("pt-BR", "pt_BR"),
        ("pt-PT", "pt_BR"),
        ("ja", "ja"),
        ("zh-TW", "en"),
        ("xx", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_locale(locale: str, language: str) -> None:
    words = words_for(locale)
    assert words.language == language
    assert words_for(locale) is words


def test_every_language_loads() -> None:
    load_catalogues()
    said = {words_for(language)("Your picture is ready") for language in LANGUAGES}
    assert len(said) == len(LANGUAGES)


def test_what_is_not_translated_stays_english() -> None:
    assert words_for("ja")("Nobody says {this}.", this="that") == "Nobody says that."
    assert words_for("ja")("") == ""


def test_an_error_reads_in_the_language_of_the_reader() -> None:
    error = QueueRefused("{size} px is too large here: choose a size up to {limit}.",
                         size=9, limit=8)  # fmt: skip
    assert words_for("de")(error.text) == "9 px sind hier zu viel: Wähle höchstens 8."
    assert str(error).startswith("9 px is too large")


def test_a_text_within_a_text_is_translated_with_its_numbers() -> None:
    text = Limits(max_bytes=2**20 * 5 // 2).too_many_bytes(2**22)
    assert words_for("de")(text).startswith("Diese Datei hat 4 MB; erlaubt sind 2,5 MB.")
    assert words_for("fr")(text).startswith("Ce fichier fait 4 Mo\u202f; la limite est de 2,5 Mo.")


def test_values_are_not_templates() -> None:
    words = words_for("de")
    said = words("Your photo “{name}” cannot be used. {reason}", name="{reason}", reason="x")
    assert said == "Dein Foto „{reason}“ lässt sich nicht verwenden. x"


@pytest.mark.parametrize(
    ("locale", "count", "said"),
    [
        ("en-US", 1, "1 day"),
        ("en-US", 2, "2 days"),
        ("de", 1, "einen Tag"),
        ("de", 3, "3 Tage"),
        ("fr", 0, "0 jour"),
        ("ja", 1, "1日"),
        ("ja", 5, "5日"),
    ],
)
def test_plurals(locale: str, count: int, said: str) -> None:
    assert words_for(locale).plural("{n} day", "{n} days", count) == said


def test_numbers_and_lists() -> None:
    english, german = words_for("en-US"), words_for("de")
    assert (english.percent(0.42), german.percent(0.42)) == ("42%", "42\u00a0%")
    assert (english.number(1.55), german.number(2.0)) == ("1.6", "2")
    assert german.listed(["a", "b", "c"]) == "a, b und c"
    assert german.listed(["a", "b"], "or") == "a oder b"


def test_a_text_is_said_with_more_values() -> None:
    assert words_for("es-ES")(Text("{count} h"), count=1.5) == "1,5 h"
