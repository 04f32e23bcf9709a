"""The page's own words in six languages; what bots and people write stays as it is.

English templates are the keys of `languages/<language>.json`, which the page's script reads, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from localchat.rest.registration import LOCALES

_FOLDER: Final = resources.files("localchat") / "languages"
CATALOGUES: Final[Mapping[str, Mapping[str, str]]] = {
    file.name.removesuffix(".json"): json.loads(file.read_text("utf-8"))
    for file in _FOLDER.iterdir()
    if file.name.endswith(".json")
}


@dataclass(frozen=True, slots=True)
class Words:
    """Says the page's sentences in the language of a locale such as `pt-BR`, or in English."""

    locale: str

    @property
    def catalogue(self) -> Mapping[str, str]:
        """Return the translations by English template."""
        return CATALOGUES.get(self.locale.partition("-")[0], {})

    def __call__(self, template: str, **values: object) -> str:
        """Say a sentence, its `{named}` placeholders filled in."""
        return self.catalogue.get(template, template).format(**values)


ENGLISH: Final = Words("en-US")


def locale_of(languages: str) -> str | None:
    """Return the first of Discord's locales that a browser asks for with `Accept-Language`."""
    for part in languages.split(","):
        wanted = part.partition(";")[0].strip()
        language = wanted.partition("-")[0]
        near = (each for each in sorted(LOCALES) if each.partition("-")[0] == language)
        if wanted in LOCALES:
            return wanted
        if language == "en":
            return "en-US"
        if found := next(near, None):
            return found
    return None
