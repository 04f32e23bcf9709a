"""Discord's limits, one by one: what just fits is taken, one more (or less) is refused.

Each row has a body that grows with a number, the number that fits, the one that does not, and the
place and code of the refusal. Discord's own description of its API must agree with both, but for
the limits that it does not tell.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from localchat import Exchange, LocalChat
from tests.localchat.chat import Begun, Rest, begin
from tests.localchat.openapi import load_openapi

Json = dict[str, Any]

SHORT, LONG = "BASE_TYPE_MAX_LENGTH", "BASE_TYPE_BAD_LENGTH"
LOW, HIGH, CHOICE = "NUMBER_TYPE_MIN", "NUMBER_TYPE_MAX", "BASE_TYPE_CHOICES"


class Row(NamedTuple):
    """One limit; `told` is whether Discord's description knows it too."""

    body: Callable[[int], Json]
    fits: int
    breaks: int
    place: str
    code: str
    told: bool = True


# parts of messages


def text(content: str = "hello") -> Json:
    return {"type": 10, "content": content}


def button(custom_id: str = "a", **fields: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Press", "custom_id": custom_id} | fields


def link(url: str) -> Json:
    return {"type": 2, "style": 5, "label": "Go", "url": url}


def row(*children: Json) -> Json:
    return {"type": 1, "components": list(children)}


def options(count: int) -> list[Json]:
    return [{"label": f"Option {n}", "value": f"o{n}"} for n in range(count)]


def select(count: int = 2, **fields: Any) -> Json:
    return {"type": 3, "custom_id": "s", "options": options(count)} | fields


def option(**fields: Any) -> Json:
    return select(options=[{"label": "One", "value": "1"} | fields])


def gallery(count: int = 1, **fields: Any) -> Json:
    return {"type": 12, "items": [{"media": {"url": "https://example.org/a.png"}} | fields] * count}


def section(*texts: Json, accessory: Json | None = None) -> Json:
    return {"type": 9, "components": list(texts), "accessory": accessory or button()}


def thumbnail(**fields: Any) -> Json:
    return {"type": 11, "media": {"url": "https://example.org/a.png"}} | fields


def container(*children: Json, **fields: Any) -> Json:
    return {"type": 17, "components": list(children or [text()])} | fields


def card(*components: Json) -> Json:
    return {"flags": 1 << 15, "components": list(components)}


def plain(*components: Json, **fields: Any) -> Json:
    return {"content": "x", "components": list(components)} | fields


def embed(**fields: Any) -> Json:
    return {"embeds": [{"title": "x"} | fields]}


def users(count: int) -> list[str]:
    return [str(10**17 + n) for n in range(count)]


IN_ROW = "components.0.components.0"
MESSAGES: dict[str, Row] = {
    "content": Row(lambda n: {"content": "x" * n}, 2000, 2001, "content", SHORT, told=False),
    "rows": Row(
        lambda n: plain(*(row(button(str(k))) for k in range(n))),
        5,
        6,
        "components",
        SHORT,
        told=False,
    ),
    "buttons in a row": Row(
        lambda n: plain(row(*(button(str(k)) for k in range(n)))),
        5,
        6,
        "components.0.components",
        LONG,
    ),
    "a row has something": Row(
        lambda n: plain(row(*[button()] * n)), 1, 0, "components.0.components", LONG
    ),
    "custom_id": Row(lambda n: plain(row(button("x" * n))), 100, 101, f"{IN_ROW}.custom_id", LONG),
    "label": Row(lambda n: plain(row(button(label="x" * n))), 80, 81, f"{IN_ROW}.label", SHORT),
    "style": Row(lambda n: plain(row(button(style=n))), 4, 0, f"{IN_ROW}.style", CHOICE),
    "link": Row(
        lambda n: plain(row(link("https://e.org/".ljust(n, "x")))), 512, 513, f"{IN_ROW}.url", LONG
    ),
    "options": Row(lambda n: plain(row(select(n))), 25, 26, f"{IN_ROW}.options", LONG),
    "an option at least": Row(lambda n: plain(row(select(n))), 1, 0, f"{IN_ROW}.options", LONG),
    "placeholder": Row(
        lambda n: plain(row(select(placeholder="x" * n))), 150, 151, f"{IN_ROW}.placeholder", SHORT
    ),
    "fewest": Row(
        lambda n: plain(row(select(25, min_values=n, max_values=25))),
        25,
        26,
        f"{IN_ROW}.min_values",
        HIGH,
    ),
    "fewest of all": Row(
        lambda n: plain(row(select(min_values=n))), 0, -1, f"{IN_ROW}.min_values", LOW
    ),
    "most": Row(
        lambda n: plain(row(select(25, max_values=n))), 25, 26, f"{IN_ROW}.max_values", HIGH
    ),
    "most at least": Row(
        lambda n: plain(row(select(max_values=n))), 1, 0, f"{IN_ROW}.max_values", LOW
    ),
    "as many options as may be chosen": Row(
        lambda n: plain(row(select(3, max_values=n))), 3, 4, f"{IN_ROW}.options", LONG, told=False
    ),
    "defaults": Row(
        lambda n: plain(
            row(
                select(
                    options=[one | {"default": True} for one in options(n)] + options(9)[n:],
                    max_values=2,
                )
            )
        ),
        2,
        3,
        f"{IN_ROW}.options",
        "COMPONENT_TOO_MANY_DEFAULT_VALUES",
        told=False,
    ),
    "option's label": Row(
        lambda n: plain(row(option(label="x" * n))), 100, 101, f"{IN_ROW}.options.0.label", LONG
    ),
    "option's value": Row(
        lambda n: plain(row(option(value="x" * n))), 100, 101, f"{IN_ROW}.options.0.value", LONG
    ),
    "option's description": Row(
        lambda n: plain(row(option(description="x" * n))),
        100,
        101,
        f"{IN_ROW}.options.0.description",
        SHORT,
    ),
    "emoji": Row(
        lambda n: plain(row(button(emoji={"name": "🎨" * n}))),
        32,
        33,
        f"{IN_ROW}.emoji.name",
        SHORT,
    ),
    "id": Row(lambda n: card(text() | {"id": n}), 2**31 - 1, 2**31, "components.0.id", HIGH),
    "components with the nested ones": Row(
        lambda n: card(container(*(text(str(k)) for k in range(n - 1)))),
        40,
        41,
        "components",
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
        told=False,
    ),
    "text of all": Row(
        lambda n: card(text("x" * 2000), container(text("x" * (n - 2000)))),
        4000,
        4001,
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
        told=False,
    ),
    "some text": Row(lambda n: card(text("x" * n)), 1, 0, "components.0.content", LONG),
    "gallery": Row(lambda n: card(gallery(n)), 10, 11, "components.0.items", LONG),
    "a picture at least": Row(lambda n: card(gallery(n)), 1, 0, "components.0.items", LONG),
    "alt text": Row(
        lambda n: card(gallery(description="x" * n)),
        1024,
        1025,
        "components.0.items.0.description",
        LONG,
    ),
    "some alt text": Row(
        lambda n: card(gallery(description="x" * n)), 1, 0, "components.0.items.0.description", LONG
    ),
    "thumbnail's alt text": Row(
        lambda n: card(section(text(), accessory=thumbnail(description="x" * n))),
        1024,
        1025,
        "components.0.accessory.description",
        LONG,
    ),
    "address of a picture": Row(
        lambda n: card(
            section(text(), accessory=thumbnail(media={"url": "https://e.org/".ljust(n, "x")}))
        ),
        2048,
        2049,
        "components.0.accessory.media.url",
        LONG,
    ),
    "section": Row(lambda n: card(section(*[text()] * n)), 3, 4, "components.0.components", LONG),
    "a text at least": Row(
        lambda n: card(section(*[text()] * n)), 1, 0, "components.0.components", LONG
    ),
    "colour": Row(
        lambda n: card(container(accent_color=n)),
        0xFFFFFF,
        1 << 24,
        "components.0.accent_color",
        HIGH,
    ),
    "separator": Row(
        lambda n: card({"type": 14, "spacing": n}, text()), 2, 3, "components.0.spacing", CHOICE
    ),
    "embeds": Row(lambda n: {"embeds": [{"title": "x"}] * n}, 10, 11, "embeds", SHORT),
    "title": Row(lambda n: embed(title="x" * n), 256, 257, "embeds.0.title", SHORT),
    "description": Row(
        lambda n: embed(description="x" * n), 4096, 4097, "embeds.0.description", SHORT
    ),
    "fields": Row(
        lambda n: embed(fields=[{"name": "x", "value": "x"}] * n), 25, 26, "embeds.0.fields", SHORT
    ),
    "field's name": Row(
        lambda n: embed(fields=[{"name": "x" * n, "value": "x"}]),
        256,
        257,
        "embeds.0.fields.0.name",
        LONG,
    ),
    "field's value": Row(
        lambda n: embed(fields=[{"name": "x", "value": "x" * n}]),
        1024,
        1025,
        "embeds.0.fields.0.value",
        LONG,
    ),
    "footer": Row(
        lambda n: embed(footer={"text": "x" * n}), 2048, 2049, "embeds.0.footer.text", LONG
    ),
    "author": Row(
        lambda n: embed(author={"name": "x" * n}), 256, 257, "embeds.0.author.name", LONG
    ),
    "embed's colour": Row(lambda n: embed(color=n), 0xFFFFFF, 1 << 24, "embeds.0.color", HIGH),
    "all embeds": Row(
        lambda n: {"embeds": [{"description": "x" * 3000}, {"description": "x" * (n - 3000)}]},
        6000,
        6001,
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
        told=False,
    ),
    "people to tell": Row(
        lambda n: {"content": "x", "allowed_mentions": {"users": users(n)}},
        100,
        101,
        "allowed_mentions.users",
        SHORT,
    ),
    "roles to tell": Row(
        lambda n: {"content": "x", "allowed_mentions": {"roles": users(n)}},
        100,
        101,
        "allowed_mentions.roles",
        SHORT,
    ),
    "either kinds or names": Row(
        lambda n: {"content": "x", "allowed_mentions": {"parse": ["users"], "users": users(n)}},
        0,
        1,
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        told=False,
    ),
    "nonce": Row(
        lambda n: {"content": "x", "nonce": "x" * n}, 25, 26, "nonce", "NONCE_TYPE_TOO_LONG"
    ),
}

# parts of modals


def label(component: Json, text: str = "Label", **fields: Any) -> Json:
    return {"type": 18, "label": text, "component": component} | fields


def entry(custom_id: str = "t", **fields: Any) -> Json:
    return {"type": 4, "custom_id": custom_id, "style": 1} | fields


def files(**fields: Any) -> Json:
    return {"type": 19, "custom_id": "f", "max_values": 10} | fields


def group(kind: int, count: int, **fields: Any) -> Json:
    return {"type": kind, "custom_id": "g", "options": options(count)} | fields


def modal(*components: Json, **fields: Any) -> Json:
    data = {"custom_id": "m", "title": "Mix", "components": list(components) or [label(entry())]}
    return {"type": 9, "data": data | fields}


PART = "data.components.0"
INNER = f"{PART}.component"
ZERO = "SELECT_COMPONENT_REQUIRED_ZERO_MIN_VALUES"
MODALS: dict[str, Row] = {
    "title": Row(lambda n: modal(title="x" * n), 45, 46, "data.title", LONG),
    "some title": Row(lambda n: modal(title="x" * n), 1, 0, "data.title", LONG),
    "custom_id": Row(lambda n: modal(custom_id="x" * n), 100, 101, "data.custom_id", LONG),
    "parts": Row(
        lambda n: modal(*(label(entry(str(k))) for k in range(n))),
        5,
        6,
        "data.components",
        LONG,
        told=False,
    ),
    "label": Row(lambda n: modal(label(entry(), "x" * n)), 45, 46, f"{PART}.label", LONG),
    "description": Row(
        lambda n: modal(label(entry(), description="x" * n)), 100, 101, f"{PART}.description", LONG
    ),
    "some description": Row(
        lambda n: modal(label(entry(), description="x" * n)), 1, 0, f"{PART}.description", LONG
    ),
    "style": Row(lambda n: modal(label(entry(style=n))), 2, 3, f"{INNER}.style", CHOICE),
    "shortest": Row(
        lambda n: modal(label(entry(min_length=n))), 4000, 4001, f"{INNER}.min_length", HIGH
    ),
    "shortest of all": Row(
        lambda n: modal(label(entry(min_length=n))), 0, -1, f"{INNER}.min_length", LOW
    ),
    "longest": Row(
        lambda n: modal(label(entry(max_length=n))), 4000, 4001, f"{INNER}.max_length", HIGH
    ),
    "longest at least": Row(
        lambda n: modal(label(entry(max_length=n))), 1, 0, f"{INNER}.max_length", LOW
    ),
    "placeholder": Row(
        lambda n: modal(label(entry(placeholder="x" * n))), 100, 101, f"{INNER}.placeholder", SHORT
    ),
    "value": Row(lambda n: modal(label(entry(value="x" * n))), 4000, 4001, f"{INNER}.value", SHORT),
    "files": Row(lambda n: modal(label(files(max_values=n))), 10, 11, f"{INNER}.max_values", HIGH),
    "fewest files": Row(
        lambda n: modal(label(files(min_values=n))), 10, 11, f"{INNER}.min_values", HIGH
    ),
    "files required": Row(
        lambda n: modal(label(files(min_values=n))), 1, 0, f"{INNER}.min_values", ZERO, told=False
    ),
    "choice required": Row(
        lambda n: modal(label(select(min_values=n))), 1, 0, f"{INNER}.min_values", ZERO, told=False
    ),
    "boxes required": Row(
        lambda n: modal(label(group(22, 3, min_values=n))),
        1,
        0,
        f"{INNER}.min_values",
        ZERO,
        told=False,
    ),
    "radio buttons": Row(lambda n: modal(label(group(21, n))), 10, 11, f"{INNER}.options", LONG),
    "two radio buttons": Row(lambda n: modal(label(group(21, n))), 2, 1, f"{INNER}.options", LONG),
    "boxes": Row(lambda n: modal(label(group(22, n))), 10, 11, f"{INNER}.options", LONG),
    "a box at least": Row(lambda n: modal(label(group(22, n))), 1, 0, f"{INNER}.options", LONG),
    "most boxes": Row(
        lambda n: modal(label(group(22, 10, max_values=n))), 10, 11, f"{INNER}.max_values", HIGH
    ),
    "options": Row(lambda n: modal(label(select(n))), 25, 26, f"{INNER}.options", LONG),
    "text": Row(lambda n: modal(text("x" * n)), 4000, 4001, f"{PART}.content", LONG),
}

# parts of commands


def command(**fields: Any) -> Json:
    return {"name": "mix", "description": "Mix"} | fields


def parameter(**fields: Any) -> Json:
    return command(options=[{"type": 3, "name": "colour", "description": "x"} | fields])


def choices(count: int, **fields: Any) -> list[Json]:
    return [{"name": f"n{n}", "value": f"v{n}"} | fields for n in range(count)]


def sized(size: int) -> Json:
    """Return a command of so many characters; of a translated text only the longest counts."""
    big = [{"name": f"n{n}".ljust(100, "x"), "value": f"v{n}".ljust(100, "x")} for n in range(25)]
    translated = {"description": "x", "description_localizations": {"de": "y" * 100, "fr": "zz"}}
    rest = size - len("mix" + "Mix" + "a" + "b") - 100 - 39 * 200
    return command(
        options=[
            {"type": 3, "name": "a", "choices": big} | translated,
            {"type": 3, "name": "b", "choices": big[:14], "description": "x" * rest},
        ]
    )


PARAMETER = "0.options.0"
COMMANDS: dict[str, Row] = {
    "name": Row(
        lambda n: command(name="x" * n), 32, 33, "0.name", "APPLICATION_COMMAND_INVALID_NAME"
    ),
    "description": Row(lambda n: command(description="x" * n), 100, 101, "0.description", LONG),
    "translated": Row(
        lambda n: command(description_localizations={"de": "x" * n}),
        100,
        101,
        "0.description_localizations.de",
        LONG,
    ),
    "options": Row(
        lambda n: command(
            options=[{"type": 3, "name": f"o{k}", "description": "x"} for k in range(n)]
        ),
        25,
        26,
        "0.options",
        SHORT,
    ),
    "choices": Row(lambda n: parameter(choices=choices(n)), 25, 26, f"{PARAMETER}.choices", SHORT),
    "choice": Row(
        lambda n: parameter(choices=choices(1, name="x" * n)),
        100,
        101,
        f"{PARAMETER}.choices.0.name",
        LONG,
    ),
    "choice's value": Row(
        lambda n: parameter(choices=choices(1, value="x" * n)),
        100,
        101,
        f"{PARAMETER}.choices.0.value",
        LONG,
        told=False,
    ),
    "number": Row(
        lambda n: parameter(type=4, choices=choices(1, value=n)),
        2**53 - 1,
        2**53,
        f"{PARAMETER}.choices.0.value",
        HIGH,
    ),
    "longest": Row(lambda n: parameter(max_length=n), 6000, 6001, f"{PARAMETER}.max_length", HIGH),
    "shortest": Row(lambda n: parameter(min_length=n), 0, -1, f"{PARAMETER}.min_length", LOW),
    "all of it": Row(sized, 8000, 8001, "0", "APPLICATION_COMMAND_TOO_LARGE", told=False),
    "somewhere": Row(lambda n: command(contexts=[0, 1, 2][:n]), 3, 0, "0.contexts", LONG),
    "for somebody": Row(
        lambda n: command(integration_types=[0, 1][:n]), 2, 0, "0.integration_types", LONG
    ),
    "types": Row(lambda n: command(type=n), 1, 5, "0.type", CHOICE),
}

# parts of suggestions


def suggested(**fields: Any) -> Json:
    return {"type": 8, "data": {"choices": choices(1, **fields)}}


FIRST = "data.choices.0"
SUGGESTIONS: dict[str, Row] = {
    "choices": Row(
        lambda n: {"type": 8, "data": {"choices": choices(n)}}, 25, 26, "data.choices", SHORT
    ),
    "name": Row(lambda n: suggested(name="x" * n), 100, 101, f"{FIRST}.name", LONG),
    "some name": Row(lambda n: suggested(name="x" * n), 1, 0, f"{FIRST}.name", LONG),
    "value": Row(lambda n: suggested(value="x" * n), 100, 101, f"{FIRST}.value", LONG, told=False),
}


def codes_at(errors: Json, place: str) -> list[str]:
    """Return the codes of what is wrong at a place such as `components.0.label`."""
    for step in place.split("."):
        errors = errors.get(step, {})
    return [error["code"] for error in errors.get("_errors", [])]


def objections(exchange: Exchange) -> list[str]:
    """Return what Discord's description has against a request, whatever became of it."""
    openapi = load_openapi()
    assert openapi is not None
    asked = replace(exchange, status=200)
    return [problem for problem in openapi.check(asked) if " request: " in problem]


def compare(row: Row, answers: list[tuple[int, Any]], exchanges: list[Exchange]) -> None:
    """The refusal that came first says what the row says; what came last was taken; and Discord's
    description, where it is at hand, is of the same mind."""
    (refused, refusal), (taken, body) = answers
    assert taken in {200, 204}, body
    assert (refused, refusal["code"], refusal["message"]) == (400, 50035, "Invalid Form Body")
    assert row.code in codes_at(refusal["errors"], row.place), refusal
    if load_openapi() is not None:
        breaks, fits = exchanges[-2:]
        assert objections(fits) == []
        assert bool(objections(breaks)) == row.told, objections(breaks)


@pytest.mark.parametrize("name", MESSAGES)
async def test_messages(chat: LocalChat, rest: Rest, exchanges: list[Exchange], name: str) -> None:
    row = MESSAGES[name]
    path = f"/channels/{chat.channel().id}/messages"

    answers = [await rest("POST", path, row.body(size)) for size in (row.breaks, row.fits)]

    compare(row, answers, exchanges)


@pytest.mark.parametrize("name", COMMANDS)
async def test_commands(chat: LocalChat, rest: Rest, exchanges: list[Exchange], name: str) -> None:
    row = COMMANDS[name]
    path = f"/applications/{chat.application_id}/commands"

    answers = [await rest("PUT", path, [row.body(size)]) for size in (row.breaks, row.fits)]

    compare(row, answers, exchanges)


async def answers_to(begun: Begun[Any], rest: Rest, row: Row) -> list[tuple[int, Any]]:
    bodies = [row.body(size) for size in (row.breaks, row.fits)]
    answers = [await rest("POST", begun.callback, body, token="") for body in bodies]
    await begun.waiting
    return answers


@pytest.mark.parametrize("name", MODALS)
async def test_modals(chat: LocalChat, rest: Rest, exchanges: list[Exchange], name: str) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [command()])
    begun = await begin(chat, chat.person("Ada").run("mix"))

    compare(MODALS[name], await answers_to(begun, rest, MODALS[name]), exchanges)


@pytest.mark.parametrize("name", SUGGESTIONS)
async def test_suggestions(
    chat: LocalChat, rest: Rest, exchanges: list[Exchange], name: str
) -> None:
    asking = parameter(autocomplete=True)
    await rest("PUT", f"/applications/{chat.application_id}/commands", [asking])
    begun = await begin(chat, chat.person("Ada").autocomplete("mix", "colour", "x"))

    compare(SUGGESTIONS[name], await answers_to(begun, rest, SUGGESTIONS[name]), exchanges)


# what answers what


async def _command(chat: LocalChat, rest: Rest) -> Begun[Any]:
    return await begin(chat, chat.person("Ada").run("mix", {"colour": "x"}))


async def _typing(chat: LocalChat, rest: Rest) -> Begun[Any]:
    return await begin(chat, chat.person("Ada").autocomplete("mix", "colour", "x"))


async def _button(chat: LocalChat, rest: Rest) -> Begun[Any]:
    path = f"/channels/{chat.channel().id}/messages"
    _, message = await rest("POST", path, plain(row(button())))
    return await begin(chat, chat.person("Ada").press(int(message["id"]), "a"))


async def _form_of(first: Begun[Any], chat: LocalChat, rest: Rest) -> Begun[Any]:
    await rest("POST", first.callback, modal(), token="")
    return await begin(chat, chat.person("Ada").submit(await first.waiting, {"t": "x"}))


async def _form(chat: LocalChat, rest: Rest) -> Begun[Any]:
    return await _form_of(await _command(chat, rest), chat, rest)


async def _form_of_button(chat: LocalChat, rest: Rest) -> Begun[Any]:
    return await _form_of(await _button(chat, rest), chat, rest)


ASKED: dict[str, tuple[Callable[[LocalChat, Rest], Awaitable[Begun[Any]]], set[int]]] = {
    "a command": (_command, {4, 5, 9}),
    "somebody typing": (_typing, {8}),
    "a button": (_button, {4, 5, 6, 7, 9}),
    "a form": (_form, {4, 5}),
    "a form of a button": (_form_of_button, {4, 5, 6, 7}),
}
ANSWERS: dict[int, Json] = {
    4: {"content": "x"},
    5: {},
    6: {},
    7: {"content": "x", "components": []},
    8: {"choices": choices(2)},
    9: modal()["data"],
}


@pytest.mark.parametrize(
    ("asked", "kind"), [(asked, kind) for asked, (_, kinds) in ASKED.items() for kind in kinds]
)
async def test_what_answers_what(chat: LocalChat, rest: Rest, asked: str, kind: int) -> None:
    ask, possible = ASKED[asked]
    path = f"/applications/{chat.application_id}/commands"
    await rest("PUT", path, [parameter(autocomplete=True)])
    begun = await ask(chat, rest)

    for wrong in set(range(14)) - possible:
        body = {"type": wrong, "data": ANSWERS.get(wrong, {})}
        status, refusal = await rest("POST", begun.callback, body, token="")
        assert (status, refusal["code"]) == (400, 50035)
        assert codes_at(refusal["errors"], "type") == [CHOICE]
    body = {"type": kind, "data": ANSWERS[kind]}
    taken, _ = await rest("POST", begun.callback, body, token="")
    again, refusal = await rest("POST", begun.callback, body, token="")

    assert taken == 204
    assert (again, refusal["code"]) == (400, 40060)
    await begun.waiting


async def test_a_hundred_commands_and_fifteen_menus_of_each_kind(
    chat: LocalChat, rest: Rest
) -> None:
    path = f"/applications/{chat.application_id}/commands"
    hundred = [command(name=f"c{n}") for n in range(100)]
    menus = [{"type": kind, "name": f"Menu {n}"} for n in range(15) for kind in (2, 3)]

    status, _ = await rest("PUT", path, [*hundred, *menus])
    again, _ = await rest("POST", path, hundred[0])
    refusals = [
        await rest("POST", path, one) for one in (command(), {"type": 2, "name": "Menu 15"})
    ]

    assert (status, again) == (200, 200)
    assert [(status, body["code"]) for status, body in refusals] == [(400, 30032)] * 2
    assert "(15)" in refusals[1][1]["message"]
