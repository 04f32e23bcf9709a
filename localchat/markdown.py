"""Discord's Markdown as HTML. Every character that comes from outside is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape

NameOf = Callable[[str, int], str | None]
"""The name of a mentioned `user`, `role` or `channel`, or None if there is none with this id."""

_INLINE = re.compile(
    r"""
    \\(?P<escaped>[^0-9A-Za-z\s])
    | (?P<ticks>`+)(?P<code>.+?)(?P=ticks)
    | \[(?P<label>[^\[\]\n]+)\]\((?P<link>https?://[^\s()<>]+)\)
    | <?(?P<url>https?://[^\s<>]+[^\s<>.,:;!?"'\])])>?
    | <@!?(?P<user>[0-9]{1,20})>
    | <@&(?P<role>[0-9]{1,20})>
    | <\#(?P<channel>[0-9]{1,20})>
    | </(?P<command>[-\w'\ ]{1,98}):[0-9]+>
    | <t:(?P<time>-?[0-9]{1,12})(?::(?P<style>[tTdDfFR]))?>
    | <a?:(?P<emoji>\w+):[0-9]+>
    | \*\*(?P<strong>.+?)\*\*(?!\*)
    | __(?P<underlined>.+?)__(?!_)
    | \*(?P<em>[^\s*](?:.*?[^\s*])??)\*
    | (?<![^\W_])_(?P<em_>[^\s_](?:.*?[^\s_])??)_(?![^\W_])
    | ~~(?P<struck>.+?)~~
    | \|\|(?P<spoiler>.+?)\|\|
    """,
    re.VERBOSE | re.DOTALL,
)
_FENCE = re.compile(r"```(?:([\w+-]+)\n)?(.*?)```", re.DOTALL)
_HEADING = re.compile(r"(#{1,3}|-#) +(.+)")
_ITEM = re.compile(r"( *)(?:[-*]|[0-9]{1,3}\.) +(.+)")
_MAX_DEPTH = 8
_SIGNS = {"user": "@", "role": "@", "channel": "#", "command": "/"}
_WRAPPED = {
    "strong": ("<strong>", "</strong>"),
    "underlined": ("<u>", "</u>"),
    "em": ("<em>", "</em>"),
    "em_": ("<em>", "</em>"),
    "struck": ("<s>", "</s>"),
    "spoiler": ('<span class="spoiler-text" tabindex="0">', "</span>"),
}


def to_html(text: str, name_of: NameOf) -> str:
    """Return the HTML of a text: headings, lists, quotes, code, emphasis, links and so on."""
    parts: list[str] = []
    at = 0
    for fence in _FENCE.finditer(text):
        parts += _blocks(text[at : fence.start()], name_of)
        parts.append(f"<pre><code>{escape(fence[2].strip())}</code></pre>")
        at = fence.end()
    parts += _blocks(text[at:], name_of)
    return "".join(parts)


def _blocks(text: str, name_of: NameOf) -> Iterator[str]:
    """Return paragraphs, headings, lists and quotes, line by line."""
    lines = text.strip("\n").split("\n") if text.strip() else []
    while lines:
        line = lines.pop(0)
        if heading := _HEADING.fullmatch(line):
            yield _heading(heading, name_of)
        elif line.startswith("> "):
            quoted = [line, *_take(lines, lambda next_line: next_line.startswith("> "))]
            inner = "<br>".join(inline(part[2:], name_of) for part in quoted)
            yield f"<blockquote>{inner}</blockquote>"
        elif _ITEM.fullmatch(line):
            items = [line, *_take(lines, lambda next_line: bool(_ITEM.fullmatch(next_line)))]
            yield _list(items, name_of)
        elif line.strip():
            paragraph = [line, *_take(lines, _is_plain)]
            inner = "<br>".join(inline(part, name_of) for part in paragraph)
            yield f"<p>{inner}</p>"


def _take(lines: list[str], wanted: Callable[[str], bool]) -> list[str]:
    """Remove and return the first lines as long as they are wanted."""
    taken = []
    while lines and wanted(lines[0]):
        taken.append(lines.pop(0))
    return taken


def _is_plain(line: str) -> bool:
    special = line.startswith("> ") or _HEADING.fullmatch(line) or _ITEM.fullmatch(line)
    return bool(line.strip()) and not special


def _heading(match: re.Match[str], name_of: NameOf) -> str:
    content = inline(match[2], name_of)
    if match[1] == "-#":
        return f'<p class="subtext">{content}</p>'
    # The page's own headings are h1 and h2; messages begin with any level, and no step is left out.
    return f'<h3 class="heading-{len(match[1])}">{content}</h3>'


def _list(lines: list[str], name_of: NameOf) -> str:
    ordered = lines[0].lstrip()[0].isdigit()
    items = []
    for line in lines:
        match = _ITEM.fullmatch(line)
        if match is not None:
            nested = ' class="nested"' if len(match[1]) >= 2 else ""
            items.append(f"<li{nested}>{inline(match[2], name_of)}</li>")
    tag = "ol" if ordered else "ul"
    return f"<{tag}>{''.join(items)}</{tag}>"


def inline(text: str, name_of: NameOf, depth: int = 0) -> str:
    """Return the HTML of one line: emphasis, code, links and so on; `depth` counts nesting."""
    if depth > _MAX_DEPTH:
        return escape(text)
    parts = []
    at = 0
    for match in _INLINE.finditer(text):
        parts.append(escape(text[at : match.start()]))
        parts.append(_span(match, name_of, depth + 1))
        at = match.end()
    parts.append(escape(text[at:]))
    return "".join(parts)


def _span(match: re.Match[str], name_of: NameOf, depth: int) -> str:
    # lastgroup is the last group that closed: for every alternative, the one that decides.
    kind = match.lastgroup or ""
    if kind in _WRAPPED:
        opening, closing = _WRAPPED[kind]
        return f"{opening}{inline(match[kind], name_of, depth)}{closing}"
    if kind in {"link", "url"}:
        label = inline(match["label"], name_of, depth) if kind == "link" else escape(match["url"])
        href = escape(match[kind], quote=True)
        return f'<a href="{href}" target="_blank" rel="noopener noreferrer nofollow">{label}</a>'
    if kind in {"user", "role", "channel", "command"}:
        name = escape(_mentioned(kind, match[kind], name_of))
        command = f' data-command="{escape(match[kind])}"' if kind == "command" else ""
        return f'<span class="mention"{command}>{name}</span>'
    if kind in {"time", "style"}:
        return _time(match)
    if kind == "code":
        return f"<code>{escape(match['code'].strip())}</code>"
    return escape(match["escaped"] or f":{match['emoji']}:")


def _mentioned(kind: str, what: str, name_of: NameOf) -> str:
    if kind == "command":
        return f"/{what}"
    sign = "#" if kind == "channel" else "@"
    return f"{sign}{name_of(kind, int(what)) or 'unknown'}"


def _time(match: re.Match[str]) -> str:
    try:
        moment = datetime.fromtimestamp(int(match["time"]), UTC)
    except (ValueError, OverflowError, OSError):
        return escape(match[0])
    style = match["style"] or "f"
    shown = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f'<time datetime="{moment.isoformat()}" data-style="{style}">{shown}</time>'
