"""Every custom_id that any version of the bot gave a control or a form finds its action."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest.mock import MagicMock

import pytest

from backend.settings import load_settings
from bot.actions.again import OrderAgain
from bot.actions.card import CardActions
from bot.actions.exports import Exports
from bot.actions.mine import MyPictures
from bot.actions.registry import Actions, ActionSpec
from bot.actions.restyling import Restyling
from bot.actions.running import RunningActions
from bot.actions.use_style import UseStyle
from bot.actions.variations import Variations
from bot.actions.versions import Versions
from bot.client import StylizeClient
from bot.commands.about import About
from bot.commands.compose import Compose
from bot.commands.me import Mine
from bot.commands.pictures import PictureMenus
from bot.commands.reports import Reports
from bot.commands.settings import ServerSettingsCog
from bot.commands.style import Style
from bot.setup import Services, set_up

JOB: Final = "1k0zdtv535tg33dd"
LINK: Final = "https://cdn.discordapp.com/attachments/1/2/cat.jpg?ex=65d903de&is=65c68ede&hm=0f"
BUTTONS: Final[dict[type, list[str]]] = {
    RunningActions: [f"stop:{JOB}", f"cancel:{JOB}", f"collect:{JOB}", f"still:{JOB}"],
    Variations: [
        *(f"{name}:{JOB}" for name in ("less", "more", "take", "retry", "bigger", "sheet")),
        *(f"at{strength}:{JOB}" for strength in (0, 15, 40, 65, 90, 100)),
    ],
    Versions: [
        *(f"{name}:{JOB}" for name in ("takes", "keep1", "keep4", "large1", "large4")),
        f"restyle-surprise:{JOB}",
    ],
    Restyling: [
        *(f"restyle:{JOB}", f"restyle-page:{JOB}:3", f"restyle-named:{JOB}"),
        *(f"restyle-named:{JOB}:Night wind & co. (2)", f"restyle-own:{JOB}:{'0f' * 8}"),
        *(f"reuse:{JOB}", f"reuse-of:{JOB}:style", f"reuse-of:{JOB}:result"),
        *(f"reuse-own:{JOB}:style:{'0f' * 8}", f"reuse-own:{JOB}:result:{'0f' * 8}"),
    ],
    CardActions: [
        "spare",
        *(
            f"{name}:{JOB}"
            for name in ("menu", "tophoto", "tostyle", "delete", "erase", "share", "repost")
        ),
    ],
    Exports: [
        f"{name}:{JOB}"
        for name in ("film", "postfilm", "curve", "compare", "postcompare", "recipe", "sticker")
    ],
    Style: [
        *("shelf-all:0", "shelf-all:99999", "shelf-pending:3"),
        *(f"shelf-approve:{JOB}", f"shelf-refuse:{JOB}", f"shelf-lift:{'0f' * 32}"),
    ],
    ServerSettingsCog: [
        *("set-spoiler:on", "set-spoiler:off", "set-age_restricted_only:on"),
        *("set-shelf_approval:off", "set-channels", "set-preset", "set-language"),
    ],
    Reports: [
        *(f"report-delete:{JOB}", "report-dismiss"),
        *(f"report-block:{'0f' * 32}:{'0f' * 8}", f"report-block:{'0f' * 32}:"),
    ],
    PictureMenus: [
        *("pick-photo", "pick-style", "pick-photo-private", "pick-style-private"),
        f"pick-part:{JOB}",
    ],
    MyPictures: [
        *("mine-all:0", "mine-starred:12"),
        *(f"mine-star:{JOB}:on:all:0", f"mine-star:{JOB}:off:starred:7"),
        *(f"mine-delete:{JOB}:all:0", f"mine-erase:{JOB}:starred:7"),
    ],
    About: ["help-start", "help-commands", "help-buttons", "help-menus", "help-moderation"],
    OrderAgain: [f"order-again:{'0f' * 8}"],
    Mine: [
        *("erase-keep:1234567890123456789", "erase-delete:1234567890123456789"),
        *("own-preset", "own-strength", "own-size", "own-language"),
        *("own-private:on", "own-private:off", "own-forget", "own-reset"),
    ],
}
FORMS: Final[dict[type, list[str]]] = {
    Variations: [f"change:{JOB}"],
    Restyling: [
        f"restyle-upload:{JOB}",
        *(f"reuse-upload:{JOB}:style", f"reuse-upload:{JOB}:result"),
    ],
    CardActions: [f"alt:{JOB}"],
    OrderAgain: [f"order-change:{'0f' * 8}"],
    UseStyle: ["shelf-use:Night wind & co. (2)"],
    ServerSettingsCog: ["set-numbers", "numbers"],
    PictureMenus: [
        *(f"stylize:{LINK}", f"stylize-hidden:{LINK}", f"stylize-card:{JOB}"),
        *(f"stylize-private:{LINK}", f"stylize-hidden-private:{LINK}"),
        f"shelve:{'0f' * 8}",
    ],
    Reports: [f"report:1234567890123456789:{JOB}", "report:1234567890123456789:"],
    Compose: ["compose:::::::", "compose:40:64:5:True:False:draft:photo's colours"],
    Actions: [f"again:{'0f' * 8}"],
}


@pytest.fixture
async def actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Actions:
    """Return the bot's, over services that only a press would need."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings(data_dir=tmp_path, devices=("cpu",))
    nobody = {field.name: MagicMock() for field in fields(Services) if field.name != "settings"}
    client = StylizeClient(nobody["preferences"])
    return await set_up(client, Services(settings=settings, **nobody))


def room(spec: ActionSpec | None) -> tuple[type, bool]:
    """Who answers, and whether with a form."""
    assert spec is not None
    handler: Any = spec.handler
    while isinstance(handler, partial):
        handler = handler.func
    return type(handler.__self__), spec.is_form


async def test_each_finds_its_own(actions: Actions) -> None:
    for forms, expected in ((False, BUTTONS), (True, FORMS)):
        for owner, custom_ids in expected.items():
            for custom_id in custom_ids:
                assert room(actions.find(custom_id)) == (owner, forms), custom_id


async def test_a_button_has_an_action_of_its_own(actions: Actions) -> None:
    """The names of buttons lead to the very record of that button."""
    for custom_id in (each for ids in BUTTONS.values() for each in ids):
        spec = actions.find(custom_id)
        if spec and not isinstance(spec.control, str):
            assert spec.control.name == custom_id.partition(":")[0]


@pytest.mark.parametrize(
    "custom_id",
    [
        *("set-nothing:on", "shelf-burn:1", "old", "again:xyz", "erase-all:1", "", f"at:{JOB}"),
        *(f"less:{JOB}/", f"LESS:{JOB}", f"{JOB}", "stylize:ftp://example.org/cat.jpg"),
        "change:../../etc",
    ],
)
async def test_others_find_none(actions: Actions, custom_id: str) -> None:
    assert actions.find(custom_id) is None
