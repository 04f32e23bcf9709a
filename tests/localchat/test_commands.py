"""Registering commands: what Discord accepts, and what it refuses with which field named."""

from __future__ import annotations

from typing import Any

import pytest

from localchat import LocalChat
from tests.localchat.chat import CONVERT, Rest


@pytest.fixture
def path(chat: LocalChat) -> str:
    return f"/applications/{chat.application_id}/commands"


def command(**fields: Any) -> dict[str, Any]:
    return {"name": "mix", "description": "Mix"} | fields


def option(**fields: Any) -> dict[str, Any]:
    return {"type": 3, "name": "colour", "description": "which"} | fields


REFUSED: dict[str, Any] = {
    "upper case": command(name="Mix"),
    "a space": command(name="mix it"),
    "no name": {"description": "x"},
    "no description": command(description=""),
    "same option twice": command(options=[option(), option()]),
    "choices and autocomplete": command(
        options=[option(choices=[{"name": "x", "value": "x"}], autocomplete=True)]
    ),
    "required after optional": command(options=[option(), option(name="more", required=True)]),
    "unknown type": command(options=[option(type=12)]),
    "bounds crossed": command(options=[option(type=4, min_value=5, max_value=4)]),
    "options that are none": command(options=[5]),
    "choices that are none": command(options=[option(choices="x")]),
    "a menu with a description": {"type": 3, "name": "Mix this", "description": "x"},
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(chat: LocalChat, rest: Rest, path: str, case: str) -> None:
    status, body = await rest("PUT", path, [REFUSED[case]])

    assert (status, body["code"]) == (400, 50035)
    assert "0" in body["errors"]
    assert chat.commands() == []


async def test_sixteen_menus_and_double_names_are_refused(rest: Rest, path: str) -> None:
    menus = [{"type": 3, "name": f"Menu {number}"} for number in range(16)]

    too_many, _ = await rest("PUT", path, menus)
    fifteen, _ = await rest("PUT", path, menus[:15])
    double, _ = await rest("PUT", path, [command(), command()])

    assert (too_many, fifteen, double) == (400, 200, 400)


async def test_overwriting_keeps_the_ids_of_what_stays(
    rest: Rest, path: str, problems: list[str]
) -> None:
    _, first = await rest("PUT", path, [CONVERT, command()])
    _, second = await rest("PUT", path, [CONVERT | {"description": "Changed"}])
    _, listed = await rest("GET", path)

    assert second[0]["id"] == first[0]["id"]
    assert second[0]["version"] != first[0]["version"]
    assert [entry["description"] for entry in listed] == ["Changed"]
    assert problems == []


async def test_commands_of_the_guild_are_apart(
    chat: LocalChat, rest: Rest, path: str, problems: list[str]
) -> None:
    guild = path.replace("/commands", f"/guilds/{chat.home.id}/commands")

    made, entry = await rest("POST", guild, command())
    again, _ = await rest("POST", guild, command(description="Again"))
    deleted, _ = await rest("DELETE", f"{guild}/{entry['id']}")
    gone, body = await rest("DELETE", f"{guild}/{entry['id']}")

    assert (made, again, deleted) == (201, 200, 204)
    assert entry["guild_id"] == str(chat.home.id)
    assert (gone, body["code"]) == (404, 10063)
    assert (await rest("GET", path))[1] == []
    assert problems == []


async def test_other_applications_and_guilds_are_unknown(
    chat: LocalChat, rest: Rest, path: str
) -> None:
    _, application = await rest("GET", "/applications/1/commands")
    _, guild = await rest("GET", path.replace("/commands", "/guilds/1/commands"))

    assert application["code"] == 10002
    assert guild["code"] == 10004
