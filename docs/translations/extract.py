"""What the bot says: every template in the code, and what its commands are called.

Templates are found in the syntax tree, as first arguments of `words(…)`, `words.plural(…)`,
`Text(…)`, `locale_str(…)` and of the errors; names and descriptions by asking the commands.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages import Catalog
from discord import app_commands
from discord.ext import commands

import bot.commands
from backend.errors import UserError
from backend.i18n.words import COMMAND, OPTION
from nst.errors import NstError
from nst.presets import Preset

_ROOT: Final = Path(__file__).parents[2]
_TALKING: Final = ("backend", "bot", "nst")
_PLURAL: Final = "plural"
# Choices that commands get as the bot starts; they are said where they are written.
_PRESETS: Final = {preset.description.template for preset in Preset}
# Their words are for the host, who reads English.
_SILENT: Final = (
    *("backend/i18n", "nst/cli", "nst/weights.py", "nst/devices.py"),
    *("nst/batch.py", "nst/continuing.py", "nst/report/files.py"),
)


def extract() -> Catalog:
    """Everything that is to be translated, with the files that say it."""
    catalogue = Catalog(project="stylize-bot", charset="utf-8", fuzzy=False)
    files = [file for folder in _TALKING for file in sorted((_ROOT / folder).rglob("*.py"))]
    sources = {file.relative_to(_ROOT).as_posix(): file.read_text("utf-8") for file in files}
    calls = {"words", "Text", "locale_str", *_errors(sources.values())}
    for name, source in sources.items():
        if not name.startswith(_SILENT):
            for message in templates(source, calls):
                catalogue.add(message, locations=[(name, 0)])
    for context, text, place in _said_by_commands():
        catalogue.add(text, context=context, locations=[(place, 0)])
    return catalogue


def templates(source: str, calls: set[str]) -> Iterator[str | tuple[str, str]]:
    """Templates in a module, plurals as pairs.

    Args:
        source: of the module.
        calls: names of functions whose first argument is a template.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else _name(node.func)
        if called == _PLURAL:
            one, many = (ast.literal_eval(argument) for argument in node.args[:2])
            yield one, many
        elif called in calls:
            yield from _strings(node.args[0])


def _strings(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.IfExp):
        yield from _strings(argument.body)
        yield from _strings(argument.orelse)
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
        yield argument.value


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _errors(sources: Iterable[str]) -> set[str]:
    """Names of the errors that people are told of, also those that nobody has imported."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    found = {UserError.__name__, NstError.__name__}
    while more := {each.name for each in classes if found & {*map(_name, each.bases)}} - found:
        found |= more
    return found


def _said_by_commands() -> Iterator[tuple[str | None, str, str]]:
    """Context, text and module of every name, description and choice of the slash commands."""
    for found in pkgutil.iter_modules(bot.commands.__path__, "bot.commands."):
        module = importlib.import_module(found.name)
        for _, cog in inspect.getmembers(module, inspect.isclass):
            if issubclass(cog, commands.Cog) and cog.__module__ == found.name:
                place = found.name.replace(".", "/") + ".py"
                for command in _commands(cog):
                    for context, text in _said_by(command):
                        yield context, text, place


def _commands(
    cog: type[commands.Cog],
) -> Iterator[app_commands.Command[Any, ..., Any] | app_commands.Group]:
    own: list[Any] = list(cog.__cog_app_commands__)
    if issubclass(cog, commands.GroupCog):
        yield app_commands.Group(
            name=cog.__cog_group_name__, description=cog.__cog_group_description__
        )
    for command in own:
        yield command
        if isinstance(command, app_commands.Group):
            yield from command.walk_commands()


def _said_by(
    command: app_commands.Command[Any, ..., Any] | app_commands.Group,
) -> Iterator[tuple[str | None, str]]:
    yield COMMAND, command.name
    yield None, command.description
    if isinstance(command, app_commands.Command):
        for parameter in command.parameters:
            yield OPTION, parameter.display_name
            yield None, str(parameter.description)
            for choice in parameter.choices:
                if choice.name not in _PRESETS:
                    yield None, choice.name
