"""Whatever a bot sends is read or refused, never a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localchat.clock import Snowflakes
from localchat.components import ComponentReader
from localchat.embeds import read_embeds
from localchat.errors import ApiError, FormErrors
from localchat.mentions import check_allowed
from localchat.modals import read_modal
from localchat.rest.registration import check_choices, check_commands

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 30),
    st.text(max_size=5),
    st.sampled_from(["attachment://a", "https://e.org", "javascript:0", "://", "²", "users", "de"]),
)
KINDS = st.integers(0, 24)


def anything(*keys: str) -> st.SearchStrategy[Any]:
    """Return lists and objects, within each other, with these keys and their types at random."""
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.fixed_dictionaries({"type": KINDS | inner}, optional=dict.fromkeys(keys, inner)),
        ),
        max_leaves=12,
    )


COMPONENTS = anything(
    *["id", "components", "accessory", "content", "media", "url", "items", "file", "custom_id"],
    *["style", "label", "emoji", "name", "options", "value", "placeholder", "min_values"],
    *["max_values", "description", "spoiler", "spacing", "divider", "accent_color", "component"],
    *["required", "default", "default_values", "channel_types", "min_length", "title"],
)
EMBEDS = anything("title", "url", "color", "author", "footer", "image", "fields", "name", "value")
MENTIONS = anything("parse", "users", "roles")
COMMANDS = anything(
    *["name", "description", "options", "choices", "value", "required", "autocomplete", "de"],
    *["name_localizations", "description_localizations", "contexts", "integration_types"],
    *["default_member_permissions", "min_value", "max_value", "min_length", "max_length"],
)
often = settings(max_examples=100, deadline=None)


def survives(read: Callable[[], object]) -> None:
    """Check that it returns, or refuses as Discord does."""
    try:
        read()
    except ApiError as refusal:
        assert (refusal.status, refusal.code) == (400, 50035)
        assert refusal.errors


@pytest.mark.slow
@often
@given(st.lists(COMPONENTS, max_size=2), st.booleans())
def test_components(components: list[Any], v2: bool) -> None:
    errors = FormErrors()

    reader = ComponentReader(v2=v2, attachments=(), ids=Snowflakes(lambda: 1.8e9), errors=errors)
    read = reader.read(components)

    refused = errors.refusal().errors
    assert refused or len(read) == len(components)


@pytest.mark.slow
@often
@given(COMPONENTS, st.lists(COMPONENTS, min_size=1, max_size=2))
def test_modals(data: Any, components: list[Any]) -> None:
    survives(lambda: read_modal(data))
    survives(lambda: read_modal({"custom_id": "a", "title": "b", "components": components}))


@often
@given(EMBEDS, MENTIONS)
def test_embeds_and_mentions(embeds: Any, allowed: Any) -> None:
    errors = FormErrors()

    read_embeds(embeds, errors)
    check_allowed(allowed, errors)

    survives(errors.raise_if_any)


@pytest.mark.slow
@often
@given(COMMANDS, st.lists(COMMANDS, min_size=1, max_size=2), KINDS)
def test_commands_and_choices(payload: Any, options: list[Any], kind: int) -> None:
    command = {"name": "a", "description": "b", "options": options}
    errors = FormErrors()

    survives(lambda: check_commands(payload))
    survives(lambda: check_commands([payload]))
    survives(lambda: check_commands([command]))
    check_choices(payload, kind, (), errors)
    check_choices(options, kind, (), errors)
