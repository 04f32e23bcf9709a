"""The options that say what the result looks like."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Final

import typer

from nst.errors import OptionsError
from nst.options import (
    MAX_SIZE,
    MAX_STRENGTH,
    MIN_SIZE,
    MIN_STRENGTH,
    Colours,
    Options,
    Pooling,
    Preset,
)

_USUAL: Final = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Those of `nst.Options` that a new picture and an earlier one's continuation share.

    None is what is not given: a new picture then has what is usual, another what its recipe says.
    """

    preset: Annotated[
        Preset | None,
        typer.Option(help=f"How much patience it is worth; usually {_USUAL.preset}."),
    ] = None
    strength: Annotated[
        int | None,
        typer.Option(
            help=f"{MIN_STRENGTH} keeps the photo, {MAX_STRENGTH} is all style; usually "
            f"{_USUAL.strength}."
        ),
    ] = None
    size: Annotated[
        int | None,
        typer.Option(
            help=f"Longest side in pixels, {MIN_SIZE} to {MAX_SIZE}; usually {_USUAL.size}."
        ),
    ] = None
    colours: Annotated[
        Colours | None,
        typer.Option(
            help="Whose colours; the last two match the style image beforehand. Usually "
            f"{_USUAL.colours}."
        ),
    ] = None
    style_scale: Annotated[
        float | None,
        typer.Option(help="Size of the style image: 2 for twice as large strokes; usually 1."),
    ] = None
    pooling: Annotated[Pooling | None, typer.Option(help="How VGG19 halves its maps.")] = None
    content_layers: Annotated[
        str | None, typer.Option(metavar="LAYER=WEIGHT,…", help="E.g. relu3_2=0.4,relu4_2=0.6.")
    ] = None
    style_layers: Annotated[
        str | None, typer.Option(metavar="LAYER=WEIGHT,…", help="E.g. relu1_1=1,relu2_1=0.5.")
    ] = None
    tv_weight: Annotated[
        float | None, typer.Option("--tv", help="Weight of the total variation: smoother.")
    ] = None
    weights: Annotated[
        str | None,
        typer.Option(
            help="original, torchvision, or a file (PATH or PATH#SHA256); usually "
            f"{_USUAL.weights}."
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """What was given, by the names of `nst.Options`.

        Raises:
            OptionsError: layers are not written as they should be.
        """
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        found["content_layers"] = _layers("--content-layers", self.content_layers)
        found["style_layers"] = _layers("--style-layers", self.style_layers)
        return {name: value for name, value in found.items() if value is not None}


def _layers(name: str, text: str | None) -> dict[str, float] | None:
    """`relu4_2=1,relu3_2=0.5` as layer to weight; a layer without a weight has 1.

    Raises:
        OptionsError: it is not written like that.
    """
    if text is None:
        return None
    found = {}
    for part in text.split(","):
        layer, _, weight = part.strip().partition("=")
        try:
            found[layer] = float(weight or 1)
        except ValueError:
            raise OptionsError(
                f"{name}: “{part}” is not a layer with a weight, such as relu4_2=0.5."
            ) from None
    return found
