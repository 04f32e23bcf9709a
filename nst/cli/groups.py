"""Options in groups: a command takes an object, the command line has its parts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Let parameters of a command be groups, whose parts become arguments and options.

    So what several commands take stands in one place, with its help and with what follows from it.
    A group is a dataclass, whose fields are written like parameters:
    `name: Annotated[type, typer.Option(…)] = value`; or a class that lists its `parameters`.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: list(_parts(hint)) for name, hint in hints.items() if _is_group(hint)}

    def flat() -> Iterator[inspect.Parameter]:
        for name, parameter in inspect.signature(command).parameters.items():
            if name in groups:
                yield from groups[name]
            else:
                yield parameter.replace(annotation=hints[name], kind=parameter.KEYWORD_ONLY)

    @wraps(command)
    def run(**given: Any) -> None:
        for name, parts in groups.items():
            given[name] = hints[name](**{part.name: given.pop(part.name) for part in parts})
        command(**given)

    vars(run)["__signature__"] = inspect.Signature(list(flat()))
    return run


def _is_group(hint: Any) -> bool:
    return is_dataclass(hint) or hasattr(hint, "parameters")


def _parts(group: Any) -> Iterator[inspect.Parameter]:
    if not is_dataclass(group):
        yield from group.parameters()
        return
    hints = get_type_hints(group, include_extras=True)
    for each in fields(group):
        yield inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
