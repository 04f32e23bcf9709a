"""`/compose`: several styles with weights, and a mask, in a form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from unicodedata import normalize

import discord
from discord import app_commands, ui

from bot.commands.suggestions import SuggestsOptions
from bot.errors import UserError
from bot.i18n import Words
from bot.orders import Orders
from bot.orders.attachments import attachment
from bot.orders.images import MAX_STYLES, RequestedImages
from bot.orders.resolve import RequestedOptions, Resolver
from bot.shelf import Shelf, ShelfStyle
from bot.ui.forms import Form, Forms
from bot.ui.language import words_of
from bot.ui.words import typed as as_typed
from nst.options import MAX_SEED, MAX_SIZE, MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH

_MAX_CHOICES: Final = 25
_MAX_WEIGHT: Final = 1000.0
_COMPOSE: Final = "compose:"
_NUMBER: Final = r"\d{0,10}"
_FLAG: Final = "(?:True|False)?"
_ANYTHING: Final = "(?s:.*)"  # names are as somebody typed them; `Resolver` looks at them
_GIVEN: Final = {
    "strength": _NUMBER,
    "size": _NUMBER,
    "seed": _NUMBER,
    "private": _FLAG,
    "spoiler": _FLAG,
    "preset": _ANYTHING,
    "colours": _ANYTHING,
}
_ADDRESS: Final = _COMPOSE + ":".join(f"(?P<{name}>{form})" for name, form in _GIVEN.items())


class Compose(SuggestsOptions):
    """The whole easel.

    Args:
        resolver: writes the orders.
        orders: knows what is offered.
        shelf: styles to choose from.
        forms: gets the form.
    """

    def __init__(self, *, resolver: Resolver, orders: Orders, shelf: Shelf, forms: Forms) -> None:
        self._forms = forms
        self._resolver = resolver
        super().__init__(orders)
        self._shelf = shelf
        forms.add(_ADDRESS, self._form)

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.describe(
        preset="How much patience the picture is worth",
        strength="0 keeps the photo, 100 is all style; 50 if you leave it out",
        size="Longest side of the result in pixels",
        colours="Whose colours the picture has",
        seed="The same number repeats a picture exactly; leave it out for a new take",
        private="Only you see it, until you share it",
        spoiler="Hidden until somebody clicks on it",
    )
    @app_commands.autocomplete(
        preset=SuggestsOptions.suggest_presets,
        colours=SuggestsOptions.suggest_colours,
    )
    @app_commands.autocomplete(size=SuggestsOptions.suggest_sizes)
    async def compose(
        self,
        interaction: discord.Interaction[Any],
        preset: str | None = None,
        strength: app_commands.Range[int, MIN_STRENGTH, MAX_STRENGTH] | None = None,
        size: app_commands.Range[int, MIN_SIZE, MAX_SIZE] | None = None,
        colours: str | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        private: bool | None = None,
        spoiler: bool | None = None,
    ) -> None:
        """Mix up to three styles, and paint only where a mask is white."""
        requested = RequestedOptions(
            preset=preset,
            strength=strength,
            size=size,
            colours=colours,
            seed=seed,
            private=private,
            spoiler=spoiler,
        )
        await self._forms.open(interaction, address(requested))

    async def _form(self, interaction: discord.Interaction[Any], match: re.Match[str]) -> Form:
        requested = _requested(match)
        await self._resolver.check(interaction, requested)
        styles = await self._shelf.search(interaction.guild_id, "", _MAX_CHOICES)
        return ComposeForm(words_of(interaction), self._resolver, requested, styles)


class ComposeForm(Form):
    """Asks for the pictures.

    Args:
        words: of who fills it in.
        resolver: writes the order.
        requested: what was said with the command.
        styles: of the shelf, to choose from; 25 at most.
    """

    def __init__(
        self,
        words: Words,
        resolver: Resolver,
        requested: RequestedOptions,
        styles: Sequence[ShelfStyle],
    ) -> None:
        super().__init__(words("Compose a picture"))
        self._resolver = resolver
        self._requested = requested
        self._photo: ui.FileUpload[Any] = ui.FileUpload(min_values=1, max_values=1)
        self._styles: ui.FileUpload[Any] = ui.FileUpload(
            min_values=0, max_values=MAX_STYLES, required=False
        )
        self._named = shelf_select(words, styles, most=MAX_STYLES)
        self._weights: ui.TextInput[Any] = ui.TextInput(
            required=False, max_length=60, placeholder="2; 1; 1"
        )
        self._mask: ui.FileUpload[Any] = ui.FileUpload(min_values=0, max_values=1, required=False)
        self.add_field("photo", words("The photo to paint"), self._photo)
        self.add_field("styles", words("Up to three style pictures"), self._styles)
        self.add_field("named", words("Or styles of the shelf"), self._named)
        self.add_field(
            "weights",
            words("Weights of the styles"),
            self._weights,
            words("One number for each style, uploads first; empty for equal shares"),
        )
        self.add_field(
            "mask",
            words("Mask"),
            self._mask,
            words("White where to paint, black where the photo stays"),
        )

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Order it."""
        pictures = RequestedImages(
            content=attachment(self._photo.values[0]),
            styles=[attachment(style) for style in self._styles.values],
            names=self._named.values,
            weights=weights(self._weights.value),
            mask=next((attachment(mask) for mask in self._mask.values), None),
        )
        await self._resolver.order(interaction, self._requested, pictures)


def address(requested: RequestedOptions) -> str:
    """Of the form that goes on from what was said with the command."""
    given = (getattr(requested, name) for name in _GIVEN)
    return _COMPOSE + ":".join("" if one is None else str(one) for one in given)


def _requested(match: re.Match[str]) -> RequestedOptions:
    """What `address` wrote."""
    said: dict[str, Any] = {name: text for name, text in match.groupdict().items() if text}
    said |= {name: int(said[name]) for name in ("strength", "size", "seed") if name in said}
    said |= {name: said[name] == "True" for name in ("private", "spoiler") if name in said}
    return RequestedOptions(**said)


def shelf_select(words: Words, styles: Sequence[ShelfStyle], *, most: int) -> ui.Select[Any]:
    """A list of styles of the shelf of which none has to be chosen."""
    return ui.Select(
        min_values=0,
        max_values=min(most, len(styles)),
        required=False,
        placeholder=words("None")[:150],
        options=[discord.SelectOption(label=style.name, value=style.name) for style in styles],
    )


def weights(typed: str) -> tuple[float, ...]:
    """Numbers that somebody typed: `2, 1`, `2; 1.5`, `2; 1,5` or `2 1,5`.

    A comma is a decimal one where semicolons, or spaces alone, stand between the numbers.
    Full-width digits and signs, as Japanese keyboards type them, count as the others do.

    Raises:
        UserError: one is none, or out of range.
    """
    plain = normalize("NFKC", typed).replace("、", ",")
    return tuple(_weight(part) for part in _parts(plain.strip()) if part)


def _parts(typed: str) -> list[str]:
    if ";" in typed:
        return [part.strip() for part in typed.replace(",", ".").split(";")]
    words = typed.split()
    if len(words) > 1 and not any(word.startswith(",") or word.endswith(",") for word in words):
        return typed.replace(",", ".").split()
    return typed.replace(",", " ").split()


def _weight(typed: str) -> float:
    try:
        number = float(typed)
    except ValueError:
        number = 0.0
    if not 0 < number <= _MAX_WEIGHT:
        raise UserError(
            "“{typed}” is not a weight: write one number above 0 for each style, such as “2; 1.5”.",
            typed=as_typed(typed),
        )
    return number
