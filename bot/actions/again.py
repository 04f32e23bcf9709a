"""What the buttons below a refused order do: give it once more, or change it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from backend.errors import Problems, UserError
from backend.i18n import Text
from backend.shelf import Shelf
from bot.actions.registry import ActionSpec
from bot.orders.again import RefusedOrder
from bot.orders.images import SURPRISE, RequestedImages
from bot.orders.options import RequestedOptions
from bot.orders.resolve import Resolver
from bot.orders.typed import whole
from bot.ui.form import FormLayout, Submission
from bot.ui.forms import MAX_CHOICES, order_form
from bot.ui.language import Interaction, words_of
from nst.options import MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH, Options

_KEY: Final = "(?P<key>[0-9a-f]{16})"
_SHEET: Final = "sheet"
_KINDS: Final = {
    "1": Text("One picture"),
    "2": Text("Two versions"),
    "4": Text("Four versions"),
    _SHEET: Text("Four strengths"),
    SURPRISE: Text("A surprise: four styles"),
}


@dataclass(frozen=True, slots=True)
class OrderAgain:
    """Repeats orders that were refused, for who gave them."""

    resolver: Resolver
    shelf: Shelf

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons do."""
        return [
            ActionSpec(f"order-again:{_KEY}", self._again),
            ActionSpec(f"order-change:{_KEY}", self._form, is_form=True),
        ]

    async def _again(self, interaction: Interaction, key: str) -> None:
        order = self.resolver.refused.find(interaction, key)
        if order.is_taken:  # such as by the first of two quick presses
            raise UserError("This was ordered already; its card shows how far it is.")
        order.is_taken, job = True, None
        try:
            job = await self.resolver.order(interaction, order.requested, order.images)
        finally:
            order.is_taken = job is not None

    async def _form(self, interaction: Interaction, key: str) -> FormLayout:
        order = self.resolver.refused.find(interaction, key)
        strength = order.requested.strength
        usual = await self.resolver.check(interaction, RequestedOptions(strength=strength))
        size = min(order.requested.size or usual.size, self._largest(interaction))
        shown = replace(usual, size=size)
        named = [name for name in order.images.names if name != SURPRISE]
        sent = [*(style.filename for style in order.images.styles), *named]
        styles = await self.shelf.search(interaction.guild_id, "", MAX_CHOICES)
        return order_form(
            words_of(interaction),
            shown,
            (order.images.content.filename, sent),
            styles,
            partial(self._submit, order, shown),
            _offered(_kinds(order)),
        )

    async def _submit(
        self, order: RefusedOrder, shown: Options, interaction: Interaction, filled: Submission
    ) -> None:
        """Order it as the form says; what the bot chose, and nobody changed, it chooses again."""
        problems, requested = Problems(), order.requested
        images = _changed(order.images, filled)
        if _kinds(order):
            kind = filled.chosen("kind")[0]
            requested, images = _of_kind(kind, requested), _without_other(kind, images)
        else:
            with problems.noted():
                typed = filled.text("strength")
                strength = whole(Text("Strength"), typed, MIN_STRENGTH, MAX_STRENGTH)
                if (requested.strength, strength) != (None, shown.strength):
                    requested = replace(requested, strength=strength)
        with problems.noted():
            largest = self._largest(interaction)
            size = whole(Text("The size"), filled.text("size"), MIN_SIZE, largest)
            if (requested.size, size) != (None, shown.size):
                requested = replace(requested, size=size)
        await self.resolver.order(interaction, requested, images, problems)

    def _largest(self, interaction: Interaction) -> int:
        return self.resolver.orders.settings(interaction).max_size


def _kinds(order: RefusedOrder) -> list[str]:
    """Return in which ways somebody asked for several pictures at once."""
    takes, sheet = order.requested.takes or 1, order.requested.sheet
    asked = {str(takes): takes > 1, _SHEET: sheet, SURPRISE: SURPRISE in order.images.names}
    return [kind for kind, is_asked in asked.items() if is_asked]


def _offered(asked: Sequence[str]) -> tuple[dict[str, Text], str | None] | None:
    """Return what may be had in place of several pictures; None for who asked for one.

    They may be too many, or of kinds that exclude each other; then none is chosen yet. The strength
    that came with the command is one that there is.
    """
    kinds = {kind: text for kind, text in _KINDS.items() if kind in asked or kind != SURPRISE}
    return (kinds, asked[0] if len(asked) == 1 else None) if asked else None


def _of_kind(kind: str, requested: RequestedOptions) -> RequestedOptions:
    takes = int(kind) if kind.isdecimal() else None
    return replace(requested, takes=takes, sheet=kind == _SHEET)


def _without_other(kind: str, images: RequestedImages) -> RequestedImages:
    """Return the pictures without a surprise, unless that is what is wanted."""
    if kind == SURPRISE or SURPRISE not in images.names:
        return images
    names = [name for name in images.names if name != SURPRISE]
    return replace(images, names=names, weights=())


def _changed(images: RequestedImages, filled: Submission) -> RequestedImages:
    """Return the pictures of an order with those that were chosen instead."""
    if photos := filled.uploads("photo"):
        images = replace(images, content=photos[0], mask=None)
    styles, names = filled.uploads("upload"), filled.chosen("named")
    if styles or names:
        images = replace(images, styles=styles, names=names, weights=())
    return images
