"""What `/privacy` says is true of every set-up, also of clusters, rented databases and buckets."""

from __future__ import annotations

import pytest
from discord import ui

from backend.i18n.words import words_for
from bot.ui.about import privacy_view


@pytest.mark.parametrize("is_screened", [False, True])
def test_pictures_may_be_on_several_machines_and_in_rented_storage(*, is_screened: bool) -> None:
    view = privacy_view(words_for("en-US"), 1, 90, None, is_screened=is_screened)
    text = "\n".join(
        each.content for each in view.walk_children() if isinstance(each, ui.TextDisplay)
    )
    assert "painted on machines that whoever runs this bot owns or rents" in text
    assert "kept there or in storage that they rent" in text
    assert "nothing is sent anywhere but to this chat" in text
