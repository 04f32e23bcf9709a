"""Strangers' words in messages: nothing of them is Markdown, and links lead where they say."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.words import shown
from localchat.markdown import to_html


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain words, 2 + 2 (four) - well #4", "plain words, 2 + 2 (four) - well #4"),
        ("1.5 2024-05 .x", "1.5 2024-05 .x"),
        ("**b** _i_ ~~s~~ ||x|| `c`", r"\*\*b\*\* \_i\_ \~\~s\~\~ \|\|x\|\| \`c\`"),
        (r"\*a* \\", r"\\\*a\* \\\\"),
        ("[Nitro](https://evil.example)", r"\[Nitro\]\(https://evil.example)"),
        ("[by] [Nitro](https://evil.example)", r"\[by\] \[Nitro\]\(https://evil.example)"),
        ("[a](<https://evil.example>)", r"\[a\]\(<https://evil.example>)"),
        ("# a\n## b\n-# c", "\\# a\n\\## b\n\\-# c"),
        ("> a\n>>> b", "\\> a\n\\>>> b"),
        ("- a\n  - b\n* c\n12. d", "\\- a\n  \\- b\n\\* c\n12\\. d"),
        ("a\u2028# b\r\n- c", "a\n\\# b\n\\- c"),
        ("<t:1700000000:R> </stylize:123>", r"\<t:1700000000:R> \</stylize:123>"),
        ("<:wave:123> <a:wave:123> <id:guide>", r"\<:wave:123> \<a:wave:123> \<id:guide>"),
        ("<#1> <@1> <@&1>", r"\<#1> \<@1> \<@&1>"),
        ("@everyone <@123456789012345678>", "@\u200beveryone \\<@\u200b123456789012345678>"),
        ("<javascript://a>", r"\<javascript://a>"),
    ],
)
def test_nothing_is_markdown(text: str, escaped: str) -> None:
    assert shown(text) == escaped
    for before in ("", "credit: ", "> "):
        html = to_html("\n".join(before + line for line in shown(text).splitlines()), _nobody)
        assert set(_tags(html)) <= {"p", "br", "blockquote", "a"}
        assert ("<blockquote>" in html) == (before == "> ")


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/some_artist/2_b?a=1&b=%20#top",
        "http://example.org/~ada",
        "<https://example.org/some_artist>",
    ],
)
def test_links_stay_as_they_are(link: str) -> None:
    assert shown(f"see {link}") == f"see {link}"


def test_a_link_of_ours_does_not_go_on_in_strangers_words() -> None:
    said = f"[card](https://example.org/a) {shown('b](https://evil.example/c)')}"
    assert "](https://evil" not in said.replace("\\]", "]")


@given(st.text(st.sampled_from("[]()<>*_~|`\\#-1. \n:/@ahtps"), max_size=60))
def test_links_lead_where_they_say(text: str) -> None:
    html = to_html("credit: " + shown(f"{text}](https://evil.example/a)"), _nobody)
    assert set(_tags(html)) <= {"p", "br", "a"}
    for address, label in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', html):
        assert unescape(label) == unescape(address)


def _tags(html: str) -> list[str]:
    return re.findall(r"<(\w+)", html)


def _nobody(kind: str, id_: int) -> None:
    raise AssertionError(f"a {kind} is mentioned: {id_}")
