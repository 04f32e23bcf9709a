"""`nst stylize` and `nst continue`: paint a photo, and go on from a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from nst.cli import arguments as a
from nst.cli.group import app
from nst.cli.runs import Run, paint
from nst.errors import ImageError, OptionsError
from nst.options import Colours, Options, Preset

_DEFAULTS: Final = Options()


@app.command()
def stylize(  # noqa: PLR0913 - one parameter per command line option
    content: a.Content,
    style: a.FirstStyle,
    out: a.Out,
    *,
    preset: a.PresetName = _DEFAULTS.preset,
    strength: a.Strength = _DEFAULTS.strength,
    size: a.Size = _DEFAULTS.size,
    seed: a.Seed = _DEFAULTS.seed,
    colours: a.ColoursName = _DEFAULTS.colours,
    styles: a.MoreStyles = None,
    style_mask: a.StyleMasks = None,
    mask: a.MaskFile = None,
    style_scale: a.StyleScale = _DEFAULTS.style_scale,
    init: a.InitName = None,
    pooling: a.PoolingName = None,
    content_layers: a.ContentLayers = None,
    style_layers: a.StyleLayers = None,
    tv_weight: a.TvWeight = None,
    weights: a.Weights = _DEFAULTS.weights,
    checkpoint: a.CheckpointFile = None,
    device: a.Device = "auto",
    show_every: a.ShowEvery = 0,
    quiet: a.Quiet = False,
) -> None:
    """Paint CONTENT in the style of STYLE. Ctrl-C stops and keeps the picture as it is."""
    options = Options(
        preset=preset,
        strength=strength,
        size=size,
        seed=seed,
        colours=colours,
        style_scale=style_scale,
        init=init,
        pooling=pooling,
        content_layers=a.layer_weights(content_layers),
        style_layers=a.layer_weights(style_layers),
        tv_weight=tv_weight,
        weights=weights,
    )
    paint(
        Run(
            content=content,
            styles=a.style_files(style, styles or [], style_mask or []),
            options=options,
            out=out,
            mask=mask,
            checkpoint=checkpoint,
            device=device,
            show_every=show_every,
            quiet=quiet,
        )
    )


@app.command("continue")
def go_on(  # noqa: PLR0913 - one parameter per command line option
    result: Annotated[Path, typer.Argument(help="A picture that nst made, with its recipe.")],
    content: a.Content,
    style: a.FirstStyle,
    out: a.Out,
    *,
    steps: Annotated[
        int | None, typer.Option(help="Steps at full size; the preset knows how many.")
    ] = None,
    preset: Annotated[Preset | None, typer.Option(help="Instead of the recipe's.")] = None,
    strength: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    size: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    colours: Annotated[Colours | None, typer.Option(help="Instead of the recipe's.")] = None,
    styles: a.MoreStyles = None,
    style_mask: a.StyleMasks = None,
    mask: a.MaskFile = None,
    style_scale: Annotated[float | None, typer.Option(help="Instead of the recipe's.")] = None,
    pooling: a.PoolingName = None,
    content_layers: a.ContentLayers = None,
    style_layers: a.StyleLayers = None,
    tv_weight: a.TvWeight = None,
    weights: Annotated[str | None, typer.Option(help="Instead of the recipe's.")] = None,
    checkpoint: a.CheckpointFile = None,
    device: a.Device = "auto",
    show_every: a.ShowEvery = 0,
    quiet: a.Quiet = False,
) -> None:
    """Go on from RESULT: more steps, another strength, a larger size.

    RESULT's recipe says how it was made; whatever is given here counts instead.
    """
    from nst.images import read_recipe  # noqa: PLC0415 - Pillow is loaded when needed

    recipe = read_recipe(result)
    given = {
        "preset": preset,
        "strength": strength,
        "size": size,
        "colours": colours,
        "style_scale": style_scale,
        "pooling": pooling,
        "content_layers": a.layer_weights(content_layers),
        "style_layers": a.layer_weights(style_layers),
        "tv_weight": tv_weight,
        "weights": weights,
    }
    files = a.style_files(style, styles or [], style_mask or [])
    run = Run(
        content=content,
        styles=_weighted(files, recipe),
        options=_options(recipe, given, result),
        out=out,
        mask=mask,
        init_image=result,
        steps=steps,
        checkpoint=checkpoint,
        device=device,
        show_every=show_every,
        quiet=quiet,
    )
    if not quiet:
        for difference in _differences(run, recipe):
            typer.echo(f"Note: {difference}", err=True)
    paint(run)


def _options(recipe: Mapping[str, Any], given: Mapping[str, Any], result: Path) -> Options:
    """The recipe's options, apart from those given.

    Raises:
        OptionsError: an option is out of range, or the recipe's weights are a file of somebody.
        ImageError: the recipe's options are not of this version.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        options = Options(**{**recipe["options"], "weights": "original"})
    except (KeyError, TypeError, OptionsError) as error:
        raise ImageError(
            "The recipe of {name} cannot be used: {reason}", name=result.name, reason=str(error)
        ) from error
    weights = recipe["options"].get("weights", "original")
    if weights == "file" and "weights" not in chosen:
        raise OptionsError(
            "{name} was made with weights from a file; name it with --weights.", name=result.name
        )
    return replace(options, **{"weights": weights, **chosen})


def _weighted(files: Sequence[a.StyleFile], recipe: Mapping[str, Any]) -> list[a.StyleFile]:
    """Style images without a weight get that of the recipe, as long as there are as many."""
    known = recipe.get("styles") or []
    if len(known) != len(files):
        return list(files)
    return [
        file if file.weight is not None else replace(file, weight=float(style.get("weight", 1.0)))
        for file, style in zip(files, known, strict=True)
    ]


def _differences(run: Run, recipe: Mapping[str, Any]) -> list[str]:
    """What is not the same as when the result was made, in words."""
    styles = recipe.get("styles") or []
    found = []
    if _digest(run.content) != (recipe.get("content") or {}).get("sha256"):
        found.append(f"{run.content} is not the photo that the result was made from.")
    if len(styles) != len(run.styles):
        found.append(f"the result was made with {len(styles)} style images, not {len(run.styles)}.")
    for style, known in zip(run.styles, styles, strict=False):
        if _digest(style.path) != known.get("sha256"):
            found.append(f"{style.path} is not the style image that the result was made with.")
        if _digest(style.mask) != known.get("mask"):
            found.append(f"the mask of {style.path} is not the one that the result was made with.")
    if _digest(run.mask) != recipe.get("mask"):
        found.append("the mask is not the one that the result was made with.")
    return found


def _digest(path: Path | None) -> str | None:
    from nst.images import load_image  # noqa: PLC0415 - Pillow is loaded when needed

    return None if path is None else load_image(path).sha256
