"""Orders that were refused, so that a press gives them once more or changes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from discord import ui

from backend.errors import UserError, is_final
from backend.i18n import Words
from bot.latest import Latest
from bot.orders.images import RequestedImages
from bot.orders.options import RequestedOptions
from bot.ui.explain import can_be_mended
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import button

_Offer = Callable[[Words, BaseException], list[ui.Button[Any]]]

_WAYS_OUT: Final = "ways_out"  # of an interaction's extras, which are the program's own


@dataclass(eq=False, slots=True)
class RefusedOrder:
    """What somebody asked for in vain; `is_taken` as long as it is given once more, or was."""

    requested: RequestedOptions
    images: RequestedImages
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class RefusedOrders:
    """The latest of them."""

    _kept: Latest[RefusedOrder] = field(init=False, default_factory=Latest[RefusedOrder])

    def note(
        self, interaction: Interaction, requested: RequestedOptions, images: RequestedImages
    ) -> None:
        """Note in an interaction what to offer if it is refused."""
        order = RefusedOrder(requested, images)
        interaction.extras[_WAYS_OUT] = partial(self._offer, interaction.user.id, order)

    def find(self, interaction: Interaction, key: str) -> RefusedOrder:
        """Return an order of who pressed; UserError if it is not kept any more."""
        order = self._kept.find(interaction.user.id, key)
        if order is None:
            raise UserError("This is too long ago to be repeated. Please give the command again.")
        return order

    def _offer(
        self, person: int, order: RefusedOrder, words: Words, error: BaseException
    ) -> list[ui.Button[Any]]:
        key = self._kept.keep(person, order)
        again = button(words("Try again"), f"order-again:{key}")
        change = button(words("Change…"), f"order-change:{key}")
        return [change] if is_final(error) else [again, change]


def ways_out(interaction: Interaction, error: BaseException) -> list[ui.Button[Any]]:
    """Return the buttons below a refusal; none where nothing was ordered, or we are at fault.

    A file that was refused for what it is would be again.
    """
    offer: _Offer | None = interaction.extras.get(_WAYS_OUT)
    return offer(words_of(interaction), error) if offer and can_be_mended(error) else []
