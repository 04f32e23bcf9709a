"""The options that say what the result looks like: one for each field of `nst.Options`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import fields
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typer

from nst.errors import OptionsError
from nst.options import LayerWeights, Options, OptionSpec


class OptionFlags:
    """Those of `nst.Options` that a new picture and an earlier one's continuation share.

    What is not given is None: a new picture then has what is usual, another what its recipe says.
    """

    for_new_pictures = False

    def __init__(self, **given: Any) -> None:
        self._given = given

    @classmethod
    def parameters(cls) -> Iterator[inspect.Parameter]:
        """Yield a parameter for each option, as typer reads them."""
        hints = get_type_hints(Options)
        for each in fields(Options):
            spec: OptionSpec = each.metadata["option"]
            if spec.new_only and not cls.for_new_pictures:
                continue
            usual = "" if each.default is None else f" Usually {each.default}."
            option = typer.Option(
                *([spec.flag] if spec.flag else []), metavar=spec.metavar, help=spec.help + usual
            )
            yield inspect.Parameter(
                each.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[_typed(hints[each.name]) | None, option],
            )

    def given(self) -> dict[str, Any]:
        """Return what was given, by the names of `nst.Options`.

        Raises:
            OptionsError: layers are not written as they should be.
        """
        hints = get_type_hints(Options)
        return {
            name: _layers(name, value) if _is_layers(hints[name]) else value
            for name, value in self._given.items()
            if value is not None
        }


class NewOptionFlags(OptionFlags):
    """All of `nst.Options`."""

    for_new_pictures = True


def _typed(hint: Any) -> Any:
    """Return the type that is typed in a terminal for an option of that type."""
    if _is_layers(hint):
        return str
    if get_origin(hint) in {Union, UnionType}:
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint


def _is_layers(hint: Any) -> bool:
    return set(get_args(LayerWeights)) <= set(get_args(hint))


def _layers(name: str, text: str) -> dict[str, float]:
    """Read `relu4_2=1,relu3_2=0.5` as layer to weight; a layer without a weight has 1.

    Raises:
        OptionsError: it is not written like that.
    """
    found = {}
    for part in text.split(","):
        layer, _, weight = part.strip().partition("=")
        try:
            found[layer] = float(weight or 1)
        except ValueError:
            raise OptionsError(
                f"--{name.replace('_', '-')}: “{part}” is not a layer with a weight, such as "
                "relu4_2=0.5."
            ) from None
    return found
