"""Forms within Discord's limits in every language, and the custom_ids that carry them on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final, cast

import pytest

import bot.app  # noqa: F401 - so that every form there is has been defined
from bot.actions.card import AltForm
from bot.actions.change import ChangeForm
from bot.commands.compose import ComposeForm, address
from bot.commands.pictures import StylizeForm
from bot.commands.shelving import ShelveForm
from bot.errors import UserError
from bot.i18n import LANGUAGES, Words, words_for
from bot.intake import Attachment
from bot.orders.resolve import RequestedOptions
from bot.orders.submit import Menu
from bot.ui.forms import MAX_ID, Form, Forms
from bot.ui.settings import NumbersForm
from nst.options import MAX_SEED, Colours, Preset
from tests.bot.ui.test_fullest import DONE, SETTINGS, STYLE

NOBODY: Final = cast("Any", None)  # services that only a submission needs
LINK: Final = (
    "https://cdn.discordapp.com/attachments/1234567890123456789/1234567890123456789/{name}.jpg"
    f"?ex=65d903de&is=65c68ede&hm={'0123456789abcdef' * 4}"
)


async def _nothing(*_: object) -> None:
    raise AssertionError("nobody submits these")


def forms(words: Words) -> list[Form]:
    """One of each, as full as it can be."""
    menu = Menu(presets=list(Preset), default_size=512, max_result_bytes=1)
    orders = cast("Any", SimpleNamespace(menu=menu))
    photo = Attachment(url="", filename="", size=1)
    styles = [STYLE] * 25
    return [
        ComposeForm(words, NOBODY, RequestedOptions(), styles),
        StylizeForm(words, NOBODY, photo, styles, strength=100),
        ShelveForm(words, STYLE.image, NOBODY, NOBODY),
        ChangeForm(words, DONE, orders),
        AltForm(words, DONE, _nothing),
        NumbersForm(words, SETTINGS, _nothing),
    ]


def test_these_are_all() -> None:
    assert {type(form) for form in forms(words_for("en"))} == set(Form.__subclasses__())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_is_cut_or_too_long(language: str) -> None:
    for form in forms(words_for(language)):
        said = form.to_dict()
        texts = [(said["title"], 45)]
        assert 1 <= len(said["components"]) <= 5
        for label in said["components"]:
            texts += [(label["label"], 45), (label.get("description") or "-", 100)]
            texts.append((label["component"].get("placeholder") or "-", 100))
            assert len(label["component"].get("options", [])) <= 25
        for text, most in texts:
            assert 1 <= len(text) <= most
            assert not text.endswith("…"), text


class Shown:
    """An interaction that is answered with a form."""

    def __init__(self) -> None:
        self.response = self
        self.form: Form | None = None

    async def send_modal(self, form: Form) -> None:
        self.form = form


@pytest.mark.parametrize(
    "wanted",
    [
        LINK.format(name="cat"),
        LINK.format(name="W" * 250),
        address(
            RequestedOptions(
                preset=Preset.REFERENCE,
                strength=100,
                size=4096,
                colours=Colours.COVARIANCE,
                seed=MAX_SEED,
                private=False,
                spoiler=False,
            )
        ),
    ],
)
async def test_an_address_of_any_length_stands_in_the_custom_ids(wanted: str) -> None:
    found, shown = Forms(), Shown()

    async def build(*_: object) -> Form:
        photo = Attachment(url="", filename="", size=1)
        return StylizeForm(words_for("en"), NOBODY, photo, [STYLE], strength=50)

    found.add(".+", build)
    await found.open(cast("Any", shown), wanted)
    assert shown.form is not None
    said = shown.form.to_dict()
    ids = [said["custom_id"], *(part["component"]["custom_id"] for part in said["components"])]
    assert all(len(each) <= MAX_ID for each in ids)
    assert len(set(ids)) == len(ids)
    assert ids[0] + "".join(each.partition(":")[2] for each in ids[1:]) == wanted
    assert shown.form.is_finished()  # discord.py keeps no form in memory


async def test_an_address_that_fits_nowhere_is_refused() -> None:
    found = Forms()

    async def build(*_: object) -> Form:
        return ShelveForm(words_for("en"), STYLE.image, NOBODY, NOBODY)

    found.add(".+", build)
    with pytest.raises(UserError, match="too long"):
        await found.open(cast("Any", Shown()), LINK.format(name="W" * 300))
