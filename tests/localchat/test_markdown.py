"""Discord's Markdown: what it becomes, and that nothing of it gets through unescaped."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localchat.markdown import to_html


def name_of(kind: str, id_: int) -> str | None:
    names = {("user", 1): "Ada <3", ("channel", 2): "general", ("role", 3): "Regular"}
    return names.get((kind, id_))


LINK = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{1}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("two\nlines", "<p>two<br>lines</p>"),
        ("two\n\nparagraphs", "<p>two</p><p>paragraphs</p>"),
        (
            "# One\n## Two\n### Three",
            '<h3 class="heading-1">One</h3><h3 class="heading-2">Two</h3>'
            '<h3 class="heading-3">Three</h3>',
        ),
        ("#no heading", "<p>#no heading</p>"),
        ("-# small", '<p class="subtext">small</p>'),
        (
            "**b** *i* _i_ __u__ ~~s~~",
            "<p><strong>b</strong> <em>i</em> <em>i</em> <u>u</u> <s>s</s></p>",
        ),
        ("**b *and i***", "<p><strong>b <em>and i</em></strong></p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        ("</tag add:12>", '<p><span class="mention" data-command="tag add">/tag add</span></p>'),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        (r"\*not\*", "<p>*not*</p>"),
        (r"\@a \! \. \' \{ \\", "<p>@a ! . &#x27; { \\</p>"),
        (r"\a \7 C:\ d", "<p>\\a \\7 C:\\ d</p>"),
        ("`a<b`", "<p><code>a&lt;b</code></p>"),
        ("``a`b``", "<p><code>a`b</code></p>"),
        ("```py\na < b\n```", "<pre><code>a &lt; b</code></pre>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("- a\n  - b", '<ul><li>a</li><li class="nested">b</li></ul>'),
        ("> a\n> b\nc", "<blockquote>a<br>b</blockquote><p>c</p>"),
        (
            "<@1> <@!1>",
            '<p><span class="mention">@Ada &lt;3</span> '
            '<span class="mention">@Ada &lt;3</span></p>',
        ),
        (
            "<@9> <#2>",
            '<p><span class="mention">@unknown</span> <span class="mention">#general</span></p>',
        ),
        ("<@&3>", '<p><span class="mention">@Regular</span></p>'),
        (
            "</my delete:12>",
            '<p><span class="mention" data-command="my delete">/my delete</span></p>',
        ),
        (
            "</über-uns:1>!",
            '<p><span class="mention" data-command="über-uns">/über-uns</span>!</p>',
        ),
        ("</b>: </x:y>", "<p>&lt;/b&gt;: &lt;/x:y&gt;</p>"),
        ("<:wave:12>", "<p>:wave:</p>"),
        (
            "[t](https://e.org/a?b=1&c)",
            "<p>" + LINK.format("https://e.org/a?b=1&amp;c", "t") + "</p>",
        ),
        (
            "see https://e.org/a.",
            "<p>see " + LINK.format("https://e.org/a", "https://e.org/a") + ".</p>",
        ),
        ("[t](javascript:alert)", "<p>[t](javascript:alert)</p>"),
        ("||x||", '<p><span class="spoiler-text" tabindex="0">x</span></p>'),
        (
            "<t:0:R>",
            '<p><time datetime="1970-01-01T00:00:00+00:00" data-style="R">'
            "1970-01-01 00:00 UTC</time></p>",
        ),
        ("<t:999999999999>", "<p>&lt;t:999999999999&gt;</p>"),
        ("", ""),
    ],
)
def test_markdown(text: str, html: str) -> None:
    assert to_html(text, name_of) == html


@pytest.mark.parametrize("mark", ["**", "__", "||", "*", "_", "~~", "`", "> "])
def test_deep_nesting_ends(mark: str) -> None:
    assert to_html(mark * 2000, name_of)


TAG = re.compile(
    r"</?(?:p|br|h3|h4|h5|strong|em|u|s|code|pre|ul|ol|li|blockquote|span|time|a)\b[^<>]*>"
)
MARKS = st.sampled_from(
    [*"*_~|`<>[]()#-\\\n @:&\"'/1at", "https://e.org", "<@1>", "<t:0:R>", "```"]
)


@given(st.lists(MARKS, max_size=40).map("".join))
def test_only_known_tags_come_out(text: str) -> None:
    html = to_html(text, name_of)

    rest = TAG.sub("", html)
    assert "<" not in rest
    assert ">" not in rest
    for attribute in re.findall(r'(\w[\w-]*)="', html):
        assert attribute in {"href", "target", "rel", "class", "tabindex", "datetime", "data-style"}
