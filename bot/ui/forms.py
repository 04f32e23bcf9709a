"""Every form of the bot: what is asked, and how it is filled in at first.

Limits: https://discord.com/developers/docs/components/reference
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from backend.i18n import Text, Words
from backend.preferences import ServerSettings
from backend.preferences.model import NUMBERS
from backend.shelf import ShelfStyle
from backend.shelf.names import MAX_CREDIT, MAX_NAME
from bot.ui.choice import choice
from bot.ui.form import MAX_NOTE, FormLayout, Submit, fitting
from bot.ui.words import SHAPES, colours_name, nearest_shapes, preset_name
from nst.options import Colours, Options, Preset

MAX_CHOICES: Final = 25
MAX_ALT: Final = 1024
MAX_REASON: Final = 500


def change_form(
    words: Words, options: Options, presets: Sequence[Preset], submit: Submit
) -> FormLayout:
    """Ask for another recipe, filled in as it was."""
    offered = dict.fromkeys([*presets, options.preset])
    names = {preset: preset_name(words, preset) for preset in offered}
    preset: ui.Select[Any] = ui.Select(options=choices(names, options.preset))
    return (
        FormLayout(words("Paint it differently"), submit)
        .add("preset", words("Preset"), preset)
        .add("strength", _strength(words), _number(options.strength))
        .add("size", words("Longest side in pixels"), _number(options.size))
        .add("colours", words("Colours"), _colours(words, options.colours))
        .add("shapes", words("Shapes of the style"), _shapes(words, nearest_shapes(options)))
    )


def describe_form(words: Words, alt: str | None, submit: Submit) -> FormLayout:
    """Ask for the description of a picture."""
    note = words("What the picture shows; screen readers read it out")
    text = _text(
        style=discord.TextStyle.paragraph,
        max_length=MAX_ALT,
        required=False,
        default=alt,
        placeholder=fitting(note, MAX_NOTE),
    )
    return FormLayout(words("Describe it for those who cannot see it"), submit).add(
        "text",
        words("Description (alt text)"),
        text,
        words("Leave it empty for the bot's own words."),
    )


def report_form(words: Words, submit: Submit) -> FormLayout:
    """Ask what is wrong with a picture."""
    text = _text(style=discord.TextStyle.paragraph, max_length=MAX_REASON, required=False)
    return FormLayout(words("Report this picture"), submit).add(
        "reason",
        words("What is wrong with it?"),
        text,
        words("The moderators of this server see this, and your name."),
    )


def stylize_form(
    words: Words,
    strength: int,
    styles: Sequence[ShelfStyle],
    submit: Submit,
    parts: dict[str, str] | None = None,
) -> FormLayout:
    """Ask for a style for a picture of a message, and how much of it (`strength` is usual).

    Of a card, whose `parts` have names, it also asks which picture.
    """
    shelf, note = _shelf(words, styles, most=1), words("Or your last style: leave both empty")
    form = (
        FormLayout(words("Stylize this picture"), submit)
        .add("named", words("A style from the shelf"), shelf, note)
        .add("upload", words("Or a picture of your own"), _files(1))
        .add("strength", _strength(words), _number(strength))
        .add("colours", words("Colours"), _colours(words, Colours.STYLE))
    )
    if parts:
        form.add("picture", words("Which picture?"), choice(parts))
    return form


def style_form(words: Words, submit: Submit) -> FormLayout:
    """Ask for a picture to paint with."""
    upload = ui.FileUpload[Any](min_values=1, max_values=1)
    return FormLayout(words("Another style for this photo"), submit).add(
        "upload", words("A picture whose look you like"), upload
    )


def paint_form(words: Words, style: str, strength: int, submit: Submit) -> FormLayout:
    """Ask for a photo to paint in a style of the shelf."""
    return (
        FormLayout(words("Paint with “{name}”", name=style), submit)
        .add("photo", words("The photo to paint"), ui.FileUpload(min_values=1, max_values=1))
        .add("strength", _strength(words), _number(strength))
        .add("colours", words("Colours"), _colours(words, Colours.STYLE))
    )


def reuse_form(words: Words, looks: Mapping[str, Text], look: str, submit: Submit) -> FormLayout:
    """Ask for a photo, and which picture of a card is its style; `look` is chosen already."""
    names = {name: words(text) for name, text in looks.items()}
    return (
        FormLayout(words("This style on another photo"), submit)
        .add("photo", words("The photo to paint"), ui.FileUpload(min_values=1, max_values=1))
        .add("look", words("Which style?"), ui.Select(options=choices(names, look)))
    )


def compose_form(
    words: Words, most: int, styles: Sequence[ShelfStyle], submit: Submit
) -> FormLayout:
    """Ask for a photo, up to `most` styles with weights, and a mask."""
    weights = _text(required=False, max_length=60, placeholder="2; 1; 1")
    shares = words("One number for each style, uploads first, such as 2; 1. Empty: all the same")
    mask = words("A black-and-white picture: white parts are painted, black parts stay")
    return (
        FormLayout(words("Mix styles, paint parts"), submit)
        .add("photo", words("The photo to paint"), ui.FileUpload(min_values=1, max_values=1))
        .add("styles", words("Up to three style pictures"), _files(most))
        .add("named", words("Or styles from the shelf"), _shelf(words, styles, most=most))
        .add("weights", words("How much of each style"), weights, shares)
        .add("mask", words("Mask: which part to paint"), _files(1), mask)
    )


def order_form(
    words: Words,
    usual: Options,
    files: tuple[str, Sequence[str]],
    styles: Sequence[ShelfStyle],
    submit: Submit,
    kinds: tuple[Mapping[str, Text], str | None] | None = None,
) -> FormLayout:
    """Ask what to change of an order that was refused; `files` name its photo and its styles.

    With `kinds` by value, one of which may be chosen already, it asks for one of them in place of
    the strength: a form has five fields at most.
    """
    photo, sent = files
    keep, styled = Text("Leave it empty to keep {files}."), words.listed(list(sent))
    kept = words(keep, files=styled) if sent else None
    form = (
        FormLayout(words("Change it and try again"), submit)
        .add("photo", words("Another photo"), _files(1), words(keep, files=photo))
        .add("upload", words("Another style picture"), _files(1), kept)
        .add("named", words("Or a style from the shelf"), _shelf(words, styles, most=1))
    )
    if kinds:
        offered, chosen = kinds
        names = {kind: words(text) for kind, text in offered.items()}
        form.add("kind", words("How many pictures"), ui.Select(options=choices(names, chosen)))
    else:
        form.add("strength", _strength(words), _number(usual.strength))
    return form.add("size", words("Longest side in pixels"), _number(usual.size))


def shelve_form(words: Words, submit: Submit) -> FormLayout:
    """Ask what a style of the shelf is to be called, and whom to credit."""
    name, credit = _text(max_length=MAX_NAME), _text(max_length=MAX_CREDIT, required=False)
    return (
        FormLayout(words("Add it to the shelf"), submit)
        .add("name", words("What to call it"), name)
        .add("credit", words("Whose work it is"), credit)
    )


def numbers_form(words: Words, settings: ServerSettings, submit: Submit) -> FormLayout:
    """Ask for the numbers among a server's settings; an empty field resets one."""
    form = FormLayout(words("Limits of this server"), submit)
    for name, label in NUMBERS.items():
        number = _text(default=str(getattr(settings, name)), max_length=6, required=False)
        form.add(name, words(label), number)
    return form


def _strength(words: Words) -> str:
    return words("Strength: 0 is your photo, 100 is all style")


def _text(**options: Any) -> ui.TextInput[Any]:
    return ui.TextInput(**options)


def _number(value: int) -> ui.TextInput[Any]:
    return _text(default=str(value), max_length=4)


def _files(most: int) -> ui.FileUpload[Any]:
    return ui.FileUpload(min_values=0, max_values=most, required=False)


def _colours(words: Words, chosen: Colours) -> ui.Select[Any]:
    names = {colours: colours_name(words, colours) for colours in Colours}
    return ui.Select(options=choices(names, chosen))


def _shapes(words: Words, chosen: float) -> ui.Select[Any]:
    names = {str(shapes): words(name) for shapes, name in SHAPES.items()}
    return ui.Select(options=choices(names, str(chosen)))


def choices(names: Mapping[Any, str], chosen: object) -> list[discord.SelectOption]:
    """Return what a list offers, by value; one is chosen already."""
    return [
        discord.SelectOption(label=name, value=one, default=one == chosen)
        for one, name in names.items()
    ]


def _shelf(words: Words, styles: Sequence[ShelfStyle], *, most: int) -> ui.Select[Any] | None:
    if not styles:  # all were taken down; Discord takes no list without anything to choose
        return None
    return ui.Select(
        min_values=0,
        max_values=min(most, len(styles)),
        required=False,
        placeholder=words("None")[:150],
        options=[discord.SelectOption(label=style.name, value=style.name) for style in styles],
    )
