"""Reading components: whatever a bot sends, it is read or refused, never a crash."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.localchat.clock import Snowflakes
from bot.localchat.components import ComponentReader
from bot.localchat.errors import FormErrors

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 20),
    st.text(max_size=5),
    st.sampled_from(["attachment://a", "https://e.org", "javascript:0", "://"]),
)
KINDS = st.sampled_from([1, 2, 3, 9, 10, 11, 12, 13, 14, 17])
KEYS = [
    *["id", "components", "accessory", "content", "media", "url", "items", "file", "custom_id"],
    *["style", "label", "emoji", "name", "options", "value", "placeholder", "min_values"],
    *["max_values", "description", "spoiler", "spacing", "divider", "accent_color"],
]
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries({"type": KINDS}, optional=dict.fromkeys(KEYS, inner)),
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ANYTHING, max_size=2), st.booleans())
def test_anything_is_read_or_refused(components: list[Any], v2: bool) -> None:
    errors = FormErrors()

    reader = ComponentReader(v2=v2, attachments=(), ids=Snowflakes(lambda: 1.8e9), errors=errors)
    read = reader.read(components)

    refused = errors.refusal().errors
    assert refused or len(read) == len(components)
