"""What the painting commands are given: their options, and the notation of some values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from nst.errors import OptionsError
from nst.options import (
    MAX_SEED,
    MAX_SIZE,
    MAX_STRENGTH,
    MAX_STYLE_SCALE,
    MIN_SIZE,
    MIN_STRENGTH,
    MIN_STYLE_SCALE,
    Colours,
    Init,
    Pooling,
    Preset,
)

Content = Annotated[Path, typer.Argument(help="The photo.")]
FirstStyle = Annotated[
    str, typer.Argument(metavar="STYLE[:WEIGHT]", help="The picture whose look is wanted.")
]
MoreStyles = Annotated[
    list[str] | None,
    typer.Option(
        "--style",
        metavar="FILE[:WEIGHT]",
        help="Another style image; only ratios of weights count.",
    ),
]
StyleMasks = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="Where a style goes (white): once per style image, in their order; - for everywhere.",
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Result: .png, .webp or .jpg; overwritten.")]
MaskFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="White is painted, black keeps the photo.")
]
PresetName = Annotated[Preset, typer.Option(help="How much patience the picture is worth.")]
Strength = Annotated[
    int, typer.Option(help=f"{MIN_STRENGTH} keeps the photo, {MAX_STRENGTH} is all style.")
]
Size = Annotated[int, typer.Option(help=f"Longest side in pixels, {MIN_SIZE} to {MAX_SIZE}.")]
Seed = Annotated[int, typer.Option(help=f"Another seed is another take; 0 to {MAX_SEED}.")]
ColoursName = Annotated[
    Colours,
    typer.Option(
        help="Whose colours: the style's; the photo's, put back at the end; or the photo's, given "
        "to the style image beforehand by its histogram or its covariance."
    ),
]
StyleScale = Annotated[
    float,
    typer.Option(
        help="Style image relative to the result's size: larger is larger strokes, "
        f"{MIN_STYLE_SCALE:g} to {MAX_STYLE_SCALE:g}."
    ),
]
InitName = Annotated[Init | None, typer.Option(help="What the picture starts from.")]
PoolingName = Annotated[Pooling | None, typer.Option(help="How the network halves its maps.")]
ContentLayers = Annotated[
    str | None,
    typer.Option(metavar="LAYER=WEIGHT,…", help="Where content is compared, e.g. relu4_2=1."),
]
StyleLayers = Annotated[
    str | None,
    typer.Option(metavar="LAYER=WEIGHT,…", help="Where style is compared, e.g. relu1_1=2,relu2_1."),
]
TvWeight = Annotated[
    float | None, typer.Option("--tv", help="Weight of the total variation: more is smoother.")
]
Weights = Annotated[
    str, typer.Option(help="original, torchvision, or a file (PATH or PATH#SHA256).")
]
CheckpointFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Keeps the state of the run; a run that was cut off goes on from it. Removed at the "
        "end.",
    ),
]
Device = Annotated[str, typer.Option(help="auto (the first GPU, else the CPU), cpu, cuda:0 …")]
ShowEvery = Annotated[
    int, typer.Option(metavar="N", min=0, help="Save OUT-STEP every N steps; 0 for never.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]

EVERYWHERE: Final = "-"


@dataclass(frozen=True, slots=True)
class StyleFile:
    """A style image as named on the command line.

    Attributes:
        path: of the image.
        weight: None where none was given.
        mask: path of its mask, None for everywhere.
    """

    path: Path
    weight: float | None
    mask: Path | None


def style_files(first: str, more: Sequence[str], masks: Sequence[str]) -> list[StyleFile]:
    """The style images in their order, each with its weight and mask.

    Raises:
        OptionsError: a weight is not a number, or there are more masks than style images.
    """
    named = [_file_and_weight(text) for text in (first, *more)]
    if len(masks) > len(named):
        raise OptionsError(
            "{masks} style masks are too many for {styles} style images; give one for each, in "
            "their order, - for everywhere.",
            masks=len(masks),
            styles=len(named),
        )
    paths = [None if mask == EVERYWHERE else Path(mask) for mask in masks]
    paths += [None] * (len(named) - len(paths))
    return [
        StyleFile(path, weight, mask) for (path, weight), mask in zip(named, paths, strict=True)
    ]


def layer_weights(text: str | None) -> dict[str, float] | None:
    """`relu1_1=2,relu2_1` as layer to weight; 1 where none is given.

    Raises:
        OptionsError: a weight is not a number, or a layer is named twice.
    """
    if text is None:
        return None
    found: dict[str, float] = {}
    for part in text.split(","):
        layer, given, weight = part.strip().partition("=")
        if layer in found:
            raise OptionsError("The layer “{layer}” is named twice.", layer=layer)
        found[layer] = _number(weight, part) if given else 1.0
    return found


def _file_and_weight(text: str) -> tuple[Path, float | None]:
    """A file's name may hold colons: what is there as a whole is taken as a whole."""
    name, colon, weight = text.rpartition(":")
    if not colon or not name or Path(text).exists() or not Path(name).exists():
        return Path(text), None
    return Path(name), _number(weight, text)


def _number(text: str, context: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionsError(
            "“{text}” in “{context}” is not a weight; use a number such as 0.5.",
            text=text,
            context=context,
        ) from None
