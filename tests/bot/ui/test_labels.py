"""Labels are short enough in every language; the code cuts them where Discord's limits are."""

from __future__ import annotations

from typing import Final

import pytest

from bot.i18n import LANGUAGES, words_for
from bot.i18n.extract import extract

FORM_LABELS: Final = (
    "Change the recipe",
    "Preset",
    "Strength: 0 keeps the photo, 100 is all style",
    "Longest side in pixels",
    "Colours",
    "Describe the picture",
    "Description",
    "Numbers of this server",
    "Largest size (px)",
    "Pictures per person at a time",
    "Pictures per server at a time",
    "Seconds between two of one person",
    "The photo to paint",
    "Up to three style pictures",
    "Or styles of the shelf",
    "Weights of the styles",
    "Mask",
    "Compose a picture",
    "Stylize this picture",
    "A style of the shelf",
    "Or a picture of your own",
    "Add it to the shelf",
    "What to call it",
    "Whose work it is",
)
FORM_NOTES: Final = (
    "One number for each style, uploads first; empty for equal shares",
    "White where to paint, black where the photo stays",
    "Or your last style: leave both empty",
    "Leave it empty for the bot's own words.",
    "What is to be seen, for those who cannot see it",
)
# Discord shows about this much of a button's label before it ends in dots.
BUTTON_LABELS: Final = ("Stop and keep", "Cancel", "Less style", "More style", "Another take")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_label_of_a_form_or_button_has_been_cut(language: str) -> None:
    words = words_for(language)
    most = {
        **dict.fromkeys(FORM_LABELS, 45),
        **dict.fromkeys(FORM_NOTES, 100),
        **dict.fromkeys(BUTTON_LABELS, 38),
    }
    for template, limit in most.items():
        assert len(words(template)) <= limit, words(template)


def test_labels_named_above_are_still_said() -> None:
    said = {str(message.id) for message in extract() if message.id}
    assert {*FORM_LABELS, *FORM_NOTES, *BUTTON_LABELS} <= said
