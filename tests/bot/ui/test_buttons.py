"""Every press finds its way to one kind of control."""

from __future__ import annotations

from typing import Any, Final

import pytest
from discord import ui

from bot.commands.me import EraseButton
from bot.ui.action_buttons import Action, ActionButton
from bot.ui.buttons import BUTTONS
from bot.ui.collect import CollectButton
from bot.ui.forms import FormButton
from bot.ui.settings import CONTROLS
from bot.ui.shelf import SHELF_BUTTONS

KINDS: Final[tuple[type[ui.DynamicItem[Any]], ...]] = (
    *(*BUTTONS, ActionButton, CollectButton, FormButton, EraseButton),
    *(*CONTROLS, *SHELF_BUTTONS),
)


@pytest.mark.parametrize("action", Action)
def test_an_action_is_nothing_else_as_well(action: Action) -> None:
    custom_id = f"{action}:0123456789abcdef"  # a form's draft is named like this, too
    templates = {kind: kind.__discord_ui_compiled_template__ for kind in KINDS}
    assert [kind for kind, template in templates.items() if template.fullmatch(custom_id)] == [
        ActionButton
    ]
