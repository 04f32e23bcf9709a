"""Forms within Discord's limits in every language, and the custom_ids that carry them on."""

from __future__ import annotations

from typing import Any, Final

import pytest

from backend.errors import UserError
from backend.i18n import LANGUAGES, Text, Words, words_for
from bot.commands.compose import address
from bot.orders.options import RequestedOptions
from bot.ui import forms
from bot.ui.form import MAX_ID, FormLayout, Submission
from bot.ui.picker import LOOKS
from nst.options import MAX_SEED, Colours, Preset
from tests.bot.ui.test_fullest import DONE, SETTINGS, STYLE

LINK: Final = (
    "https://cdn.discordapp.com/attachments/1234567890123456789/1234567890123456789/{name}.jpg"
    f"?ex=65d903de&is=65c68ede&hm={'0123456789abcdef' * 4}"
)


KINDS: Final = ({"4": Text("Four versions"), "sheet": Text("Four strengths")}, None)


async def _nothing(*_: object) -> None:
    raise AssertionError("nobody submits these")


def fullest(words: Words) -> dict[str, FormLayout]:
    """One of each, as full as it can be."""
    styles = [STYLE] * forms.MAX_CHOICES
    return {
        "compose_form": forms.compose_form(words, 3, styles, _nothing),
        "stylize_form": forms.stylize_form(words, 100, styles, _nothing),
        "style_form": forms.style_form(words, _nothing),
        "reuse_form": forms.reuse_form(words, LOOKS, "style", _nothing),
        "shelve_form": forms.shelve_form(words, _nothing),
        "change_form": forms.change_form(words, DONE.spec.options, list(Preset), _nothing),
        "describe_form": forms.describe_form(words, DONE.alt, _nothing),
        "paint_form": forms.paint_form(words, "Night wind", 100, _nothing),
        "order_form": forms.order_form(
            words, DONE.spec.options, ("cat.jpg", ["Night wind"] * 3), styles, _nothing, KINDS
        ),
        "report_form": forms.report_form(words, _nothing),
        "numbers_form": forms.numbers_form(words, SETTINGS, _nothing),
    }


def test_these_are_all() -> None:
    assert set(fullest(words_for("en"))) == {name for name in dir(forms) if name.endswith("_form")}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_is_cut_or_too_long(language: str) -> None:
    for form in fullest(words_for(language)).values():
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


async def test_where_there_is_no_style_no_form_asks_for_one() -> None:
    """Discord refuses a list with nothing to choose from, and the form with it."""
    words, files = words_for("en"), ("cat.jpg", ["waves.png"])
    for form in (
        forms.compose_form(words, 3, [], _nothing),
        forms.stylize_form(words, 100, [], _nothing),
        forms.order_form(words, DONE.spec.options, files, [], _nothing),
    ):
        fields = [label["component"]["custom_id"] for label in form.to_dict()["components"]]
        assert "named" not in fields


async def test_a_form_that_asks_for_less_than_before_keeps_the_files_of_each_field() -> None:
    """The last style may go from the shelf while somebody mends what they sent."""
    photo, mask = ({"filename": name, "url": "", "size": 1} for name in ("cat.jpg", "mask.png"))
    sent = {"photo": ["1"], "named": ["Night wind"], "mask": ["2"]}
    former = _filled(sent, {"1": photo, "2": mask})
    again = _filled({"photo": [], "mask": []}, {}).completed(former)
    assert [file.filename for file in again.uploads("photo")] == ["cat.jpg"]
    assert [file.filename for file in again.uploads("mask")] == ["mask.png"]
    assert again.chosen("named") == []


def _filled(values: dict[str, list[str]], files: dict[str, Any]) -> Submission:
    fields = [
        {"type": 3 if name == "named" else 19, "custom_id": name, "values": each}
        for name, each in values.items()
    ]
    return Submission("compose", [{"type": 18, "component": field} for field in fields], files)


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
    form = forms.stylize_form(words_for("en"), 50, [STYLE], _nothing).write_address(wanted)
    said = form.to_dict()
    ids = [said["custom_id"], *(part["component"]["custom_id"] for part in said["components"])]
    assert all(len(each) <= MAX_ID for each in ids)
    assert len(set(ids)) == len(ids)
    assert ids[0] + "".join(each.partition(":")[2] for each in ids[1:]) == wanted
    assert form.is_finished()  # discord.py keeps no form in memory


async def test_an_address_that_fits_nowhere_is_refused() -> None:
    form = forms.shelve_form(words_for("en"), _nothing)
    with pytest.raises(UserError, match="too long"):
        form.write_address(LINK.format(name="W" * 300))


def test_what_a_form_did_not_ask_for_before_an_update_is_empty() -> None:
    """It may have been open meanwhile."""
    field = {"type": 3, "custom_id": "colours", "values": ["photo"]}
    filled = Submission("change", [{"type": 18, "component": field}], {})
    assert filled.chosen("colours") == ["photo"]
    assert (filled.chosen("shapes"), filled.text("shapes")) == ([], "")
