"""Bringing the catalogues up to date with the code, and finding what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po

from backend.i18n.words import DOMAIN, LANGUAGES, catalogue_path
from nst.text import placeholders

TRANSLATED: Final = LANGUAGES[1:]

_HEADER: Final = r"""msgid ""
msgstr ""
"Project-Id-Version: stylize-bot\n"
"Language: {language}\n"
"Plural-Forms: {plurals}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


def read_catalogue(language: str) -> Catalog:
    """Return the catalogue of a language as it is on the disk; an empty one if there is none."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update(language: str, template: Catalog) -> Catalog:
    """Merge what the code says into a catalogue and write it.

    New messages are without a translation, those that the code no longer says are removed.
    """
    catalogue = read_catalogue(language)
    unsure = {_key(message) for message in catalogue if message.fuzzy}
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    for message in catalogue:
        if _key(message) not in unsure:  # Babel marks new plurals where it fills up their forms
            message.flags.discard("fuzzy")
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Babel's own header has the time and its version, which would change with each run.
        file.write(_HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
        write_po(
            file, catalogue, width=99, omit_header=True, include_lineno=False, sort_output=True
        )
    return catalogue


def problems(catalogue: Catalog, template: Catalog) -> Iterator[str]:
    """Yield what is missing, left over or wrong in a catalogue, a line each."""
    said = {_key(message): message for message in template if message.id}
    known = {_key(message): message for message in catalogue if message.id}
    for key in said.keys() - known.keys():
        yield f"not in the catalogue: {key}"
    for key in known.keys() - said.keys():
        yield f"not said any more: {key}"
    for key in said.keys() & known.keys():
        message = known[key]
        if message.fuzzy:
            yield f"unsure: {key}"
        yield from _problems(message, catalogue.num_plurals)


def _problems(message: Message, plurals: int) -> Iterator[str]:
    ids, strings = _forms(message.id), _forms(message.string)
    is_plural = len(ids) > 1
    if len(strings) != (plurals if is_plural else 1) or not all(strings):
        yield f"without a translation: {message.id}"
        return
    expected = set().union(*map(placeholders, ids))
    for number, string in enumerate(strings):
        # The form for a single thing may do without the number.
        spared = {"n"} if number == 0 and len(strings) > 1 else set()
        missing = expected - placeholders(string) - spared
        if missing or placeholders(string) - expected:
            yield f"other placeholders than {sorted(expected)}: {string}"


def _forms(text: object) -> tuple[str, ...]:
    """Return the forms of a message, one unless it is a plural."""
    return tuple(map(str, text)) if isinstance(text, tuple | list) else (str(text or ""),)


def _key(message: Message) -> tuple[str | None, object]:
    return message.context, message.id
