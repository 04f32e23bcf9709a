"""The catalogues say everything that the code says, in every language, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from babel.messages import Catalog, Message

from backend.errors import UserError
from backend.i18n import words_for
from backend.i18n.words import catalogue_path
from docs.translations import catalogues
from docs.translations.catalogues import TRANSLATED, problems, read_catalogue, update
from docs.translations.extract import extract, templates


@pytest.fixture(scope="module")
def said() -> Catalog:
    return extract()


@pytest.mark.slow
@pytest.mark.parametrize("language", TRANSLATED)
def test_complete(language: str, said: Catalog) -> None:
    """`make words` writes what is missing into the catalogue; then translate it there."""
    assert list(problems(read_catalogue(language), said)) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", TRANSLATED)
def test_up_to_date_as_a_file(language: str, said: Catalog, tmp_path: Path,
                              monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A pull request changes only the lines of what it changed."""
    original = catalogue_path(language).read_text("utf-8")
    place = tmp_path / "bot.po"
    place.write_text(original, "utf-8")
    monkeypatch.setattr(catalogues, "catalogue_path", lambda _: place)
    update(language, said)
    assert place.read_text("utf-8") == original


def test_what_is_found_in_the_code(said: Catalog) -> None:
    for template in (
        "Your picture is ready",  # a card
        "Stop and keep",  # a button
        "This picture is not kept any more. Please ask for it again.",  # an error of the bot
        "This file is empty (0 bytes). Send the picture again.",  # an error of nst
        "Paint a photo in the style of a picture.",  # a command
        "Longest side of the result in pixels",  # its option
    ):
        assert said.get(template), template
    assert said.get("stylize", context="command")
    assert said.get("strength", context="option")
    assert said.get(("{n} day", "{n} days"))


HURT: Final = {
    "en": r"easel|recipe|\bsheet|another take|patience|histogram|in 1 servers|somebody else"
    r"|describe it$|\bseed|loss curve",
    "de": r"staffelei|rezept|\bbogen|geduld|histogramm|\bseed|startwert|verlustkurve|jemand anders",
    "fr": r"chevalet|recette|planche|patience|histogramme|graine|courbe de perte|quelqu.un d.autre",
    "es": r"caballete|receta|hoja|paciencia|histograma|semilla|curva de pérdida|otra persona",
    "pt_BR": r"cavalete|receita|folha|paciência|histograma|semente|curva de perda|outra pessoa",
    "ja": "イーゼル|レシピ|シート|忍耐|ヒストグラム|シード|損失|別のテイク|ほかの誰か",
}
"""Words that newcomers did not understand."""


@pytest.mark.parametrize("language", HURT)
def test_words_that_newcomers_did_not_understand_are_not_said(language: str, said: Catalog) -> None:
    """In cards, forms and answers, and in names of commands and options, as people see them."""
    shown = [one for one in said if one.id and _is_of_the_chat(one)]
    if language != "en":
        catalogue = read_catalogue(language)
        shown = [found for one in shown if (found := catalogue.get(one.id, one.context))]
    named, said_as = words_for(language).named, "id" if language == "en" else "string"
    texts = [
        named(one.context, str(one.id)) if one.context else getattr(one, said_as) for one in shown
    ]
    forms = [form for each in texts for form in (each if isinstance(each, tuple) else [each])]
    assert len(forms) > 400
    read = [re.sub(r"{\w+}", "", str(form)) for form in forms]
    assert [each for each in read if re.search(HURT[language], each, re.IGNORECASE)] == []


def _is_of_the_chat(message: Message) -> bool:
    """Tell whether the bot's cards, forms, panels, commands or options say it."""
    return not all(place.startswith("nst/") for place, _ in message.locations)


@pytest.mark.parametrize("language", TRANSLATED)
def test_commands_are_named_as_people_see_them(language: str, said: Catalog) -> None:
    words, found = words_for(language), 0
    for message in said:
        for command in re.findall(r"`/([a-z ]+)`", str(message.id)):
            name = " ".join(words.named("command", part) for part in command.split())
            assert f"`/{name}`" in words(str(message.id))
            found += 1
    assert found


@pytest.mark.parametrize(
    ("language", "wrong"),
    [
        ("de", r"[\"”«»]|„[^“]*$|“\w"),
        # Narrow before ; ! ? and full before a colon, and neither ever breaks the line.
        ("fr", r"[\"„“”’]|[^\xa0]:|[^\u202f ][;!?]| [:;!?»]|« |«(?!\xa0)|(?<!\xa0)»"),
        ("es", r"[\"„“”]|^[^¿]*\?|^[^¡]*!"),
        ("pt_BR", r"[\"„«»]"),
        ("ja", r"[\"„“”«»]|[ぁ-んァ-ヶ一-龥][,.:;!?]|[ぁ-んァ-ヶ一-龥、。] [ぁ-んァ-ヶ一-龥]"),
    ],
)
def test_punctuation_is_that_of_the_language(language: str, wrong: str) -> None:
    """Spaces that must not break, quotation marks, inverted and full-width signs."""
    for message in read_catalogue(language):
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for said in forms if message.id else ():
            plain = re.sub(r"`[^`]*`|'stylize-bot\[\w+\]'", "x", str(said))  # typed as it is
            assert not re.search(wrong, plain), said


@pytest.mark.parametrize(
    ("language", "formal"),
    [
        ("de", r"\bIhnen\b|\b[Bb]itte \w+en Sie\b"),
        ("fr", r"(?i)\b(?:vous|votre|vos)\b|\b(?!chez|assez)\w+ez\b"),
        ("es", r"(?i)\bustede?s?\b"),
    ],
)
def test_people_are_addressed_as_friends(language: str, formal: str) -> None:
    """As Discord does, in every sentence."""
    for message in read_catalogue(language):
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        assert [said for said in forms if re.search(formal, str(said))] == []


def test_templates() -> None:
    source = """
words("one" " piece", x=Text("inside"))
words.plural("{n} cat", "{n} cats", n)
words("yes" if kind else "no")
raise UserError("refused {x}", x=words.percent(1))
words(variable); print("not this"); words(f"nor {this}"); words("")
"""
    assert set(templates(source, {"words", "Text", UserError.__name__})) == {
        "one piece",
        "inside",
        ("{n} cat", "{n} cats"),
        "yes",
        "no",
        "refused {x}",
    }


def test_what_is_wrong_is_told() -> None:
    said, known = Catalog(locale="de"), Catalog(locale="de")
    for text in ("missing", "empty", "{a} and {b}", "unsure"):
        said.add(text)
    said.add(("{n} cat", "{n} cats"))
    known.add("left over", "x")
    known.add("empty", "")
    known.add("{a} and {b}", "{a} und {c}")
    known.add("unsure", "x", flags=["fuzzy"])
    known.add(("{n} cat", "{n} cats"), ("Katze", "Katzen"))
    found = list(problems(known, said))
    assert len(found) == 6
    for words in ("not in the catalogue", "not said any more", "without a translation", "unsure"):
        assert sum(words in line for line in found) == 1
    assert any("{a} und {c}" in line for line in found)
    assert any("Katzen" in line for line in found)


def test_new_messages_are_merged_and_old_ones_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "catalogue_path", lambda language: tmp_path / language / "x.po")
    first, second = Catalog(), Catalog()
    first.add("old", locations=[("a.py", 1)])
    second.add(("{n} new", "{n} new ones"))
    update("ja", first)
    merged = update("ja", second)
    assert [message.id for message in merged if message.id] == [("{n} new", "{n} new ones")]
    assert not any(message.fuzzy for message in merged if message.id)
    assert "old" not in (tmp_path / "ja" / "x.po").read_text()
