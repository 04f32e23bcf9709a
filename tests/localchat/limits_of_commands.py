"""Limits of commands, and of what autocomplete suggests."""

from __future__ import annotations

from typing import Any

from tests.localchat.parts import CHOICE, HIGH, LONG, LOW, SHORT, Json, Row

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
