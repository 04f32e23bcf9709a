"""Labels of buttons are short enough in every language."""

from __future__ import annotations

from typing import Final

import pytest

from backend.i18n import LANGUAGES, words_for
from docs.translations.extract import extract

# Discord shows about this much of a button's label before it ends in dots.
MAX_LABEL: Final = 38
BUTTON_LABELS: Final = (
    "Stop and keep",
    "Cancel",
    "Less style",
    "More style",
    "Another version",
    "Try again",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_label_of_a_button_is_cut(language: str) -> None:
    words = words_for(language)
    for template in BUTTON_LABELS:
        assert len(words(template)) <= MAX_LABEL, words(template)


@pytest.mark.slow
def test_labels_named_above_are_still_said() -> None:
    said = {str(message.id) for message in extract() if message.id}
    assert {*BUTTON_LABELS} <= said
