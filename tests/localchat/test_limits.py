"""Discord's limits, one by one: what just fits is taken, one more (or less) is refused.

Each row has a body that grows with a number, the number that fits, the one that does not, and the
place and code of the refusal. Discord's own description of its API must agree with both, but for
the limits that it does not tell.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from localchat import Exchange, LocalChat
from tests.localchat.chat import Begun, Rest, begin
from tests.localchat.limits_of_commands import COMMANDS, SUGGESTIONS, choices, command, parameter
from tests.localchat.limits_of_forms import MODALS, modal
from tests.localchat.limits_of_messages import MESSAGES
from tests.localchat.openapi import load_openapi
from tests.localchat.parts import CHOICE, Json, Row, button, plain, row


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
    """Check that the first was refused as the row says, that the last was taken, and that Discord's
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


@pytest.mark.slow
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
