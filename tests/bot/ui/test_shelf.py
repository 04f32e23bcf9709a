"""The fullest lists of the shelf and the fullest panel of settings, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from discord import ui

from backend.files.store import FileKey
from backend.i18n import LANGUAGES, words_for
from backend.preferences import ServerSettings
from backend.preferences.model import MAX_LISTED
from backend.records import StoredImage
from backend.shelf import ShelfPage, ShelfStyle
from backend.shelf.names import MAX_CREDIT, MAX_NAME
from bot.ui.settings import settings_view
from bot.ui.shelf import PAGE_SIZE, PENDING_SIZE, list_layout, pending_layout, style_layout
from nst.options import Preset

SNOWFLAKE = 2**63 - 1


def _style(*, approved: bool) -> ShelfStyle:
    return ShelfStyle(
        id="0" * 16,
        guild_id=SNOWFLAKE,
        name="Ä" * MAX_NAME,
        image=StoredImage(
            file=FileKey("style.png"),
            thumbnail=FileKey("style.jpg"),
            filename="Ä" * MAX_NAME,
            sha256="0" * 64,
            width=4096,
            height=4096,
        ),
        contributor_id=SNOWFLAKE,
        credit="*" * MAX_CREDIT,  # twice as long when it is escaped
        approved=approved,
        created_at=datetime.now(UTC),
    )


def _page(size: int, *, approved: bool) -> ShelfPage:
    styles = (_style(approved=approved),) * size
    return ShelfPage(styles=styles, number=99_998, pages=100_000, total=size * 100_000)


def _walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _walk(component.get("components", []))
        if "accessory" in component:
            yield component["accessory"]


def _components(view: ui.LayoutView) -> list[dict[str, Any]]:
    return list(_walk(view.to_components()))  # type: ignore[no-untyped-call]


def _check(view: ui.LayoutView) -> None:
    components = _components(view)
    assert len(components) <= 40
    assert sum(len(component.get("content", "")) for component in components) <= 4000
    for component in components:
        assert len(component.get("custom_id") or "") <= 100
        assert len(component.get("label") or "") <= 80
        assert len(component.get("options", [])) <= 25
        assert len(component.get("items", [])) <= 10
        for item in component.get("items", []):
            assert len(item["description"]) <= 1024


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_fullest_are_within_discords_limits(language: str) -> None:
    words = words_for(language)
    shown = list_layout(words, _page(PAGE_SIZE, approved=True))
    assert len(shown.files) == PAGE_SIZE
    _check(shown.view)
    waiting = pending_layout(words, _page(PENDING_SIZE, approved=False))
    assert len(waiting.files) == PENDING_SIZE
    _check(waiting.view)
    _check(style_layout(words, _style(approved=False), words("Style")).view)
    settings = ServerSettings(
        max_size=4096,
        max_frames=60,
        jobs_per_person=999,
        jobs_per_server=999,
        preset=Preset.STANDARD,
        channels=tuple(range(SNOWFLAKE - MAX_LISTED, SNOWFLAKE)),
        role_jobs={SNOWFLAKE - n: 999 for n in range(MAX_LISTED)},
        cooldown=86_400,
    )
    _check(settings_view(words, settings, list(Preset)))


async def test_words_of_strangers_are_escaped() -> None:
    components = _components(style_layout(words_for("en"), _style(approved=True), "x").view)
    text = "".join(one.get("content", "") for one in components)
    assert r"\*\*" in text
    assert "***" not in text


async def test_empty_lists_say_so() -> None:
    empty = ShelfPage(styles=(), number=0, pages=1, total=0)
    for layout in (list_layout(words_for("en"), empty), pending_layout(words_for("en"), empty)):
        assert layout.files == {}
        assert "Nothing" in str(_components(layout.view))
