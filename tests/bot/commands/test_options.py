"""The options of a job stand once, for every command that paints."""

from __future__ import annotations

from dataclasses import fields

import pytest

from backend.errors import UserError
from bot.commands.compose import Compose, address, read_address
from bot.commands.stylize import Stylize
from bot.orders.options import RequestedOptions
from nst.options import MAX_SEED

FULL = RequestedOptions(
    strength=40,
    size=64,
    seed=MAX_SEED,
    private=True,
    spoiler=False,
    preset="Entwurf",
    colours="Farben des Fotos (Histogramm)",
)


def test_both_commands_have_the_same() -> None:
    stylize, compose = (
        {each.name: each for each in cog.__cog_app_commands__[0].parameters}  # type: ignore[union-attr]
        for cog in (Stylize, Compose)
    )
    wanted = {field.name for field in fields(RequestedOptions)}
    assert set(compose) == wanted - {"sheet"}
    assert wanted < set(stylize)
    for name, shared in compose.items():
        other = stylize[name]
        for fact in ("type", "required", "description", "min_value", "max_value", "autocomplete"):
            assert getattr(shared, fact) == getattr(other, fact), name
        assert len(str(shared.description)) > 5


@pytest.mark.parametrize("requested", [FULL, RequestedOptions(), RequestedOptions(sheet=True)])
def test_a_form_keeps_them(requested: RequestedOptions) -> None:
    assert read_address(address(requested).removeprefix("compose:")) == requested


def test_a_form_of_an_older_version_is_read() -> None:
    old = read_address("40:64:5:True:False:draft:photo's colours")
    assert old == RequestedOptions(
        strength=40,
        size=64,
        seed=5,
        private=True,
        spoiler=False,
        preset="draft",
        colours="photo's colours",
    )


@pytest.mark.parametrize("given", ["many", "1:2:3:perhaps", "1.5"])
def test_what_is_none_is_refused(given: str) -> None:
    with pytest.raises(UserError, match="open it again"):
        read_address(given)
