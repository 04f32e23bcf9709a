"""`nst continue`: further work on an earlier result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from nst.cli import values
from nst.cli.base import (
    Checkpoint,
    Content,
    Device,
    Mask,
    MoreStyles,
    Out,
    Quiet,
    ShowEvery,
    Style,
    StyleMasks,
    app,
)
from nst.cli.reports import LossCurve, Record, Reports, Sheet, Timelapse
from nst.cli.running import check_target, paint
from nst.errors import OptionsError
from nst.options import Colours, Options, Pooling, Preset

if TYPE_CHECKING:
    from nst.images import LoadedImage


_INSTEAD: Final = "Instead of the recipe's."


@app.command(name="continue")
def go_on(  # noqa: PLR0913 - one parameter per command line option
    result: Annotated[Path, typer.Argument(help="A picture that nst made.")],
    content: Content,
    style: Style,
    out: Out,
    *,
    steps: Annotated[
        int | None, typer.Option(help="How many steps at full size; 0 repaints nothing.")
    ] = None,
    preset: Annotated[Preset | None, typer.Option(help=_INSTEAD)] = None,
    strength: Annotated[int | None, typer.Option(help=_INSTEAD)] = None,
    size: Annotated[int | None, typer.Option(help=_INSTEAD)] = None,
    colours: Annotated[Colours | None, typer.Option(help=_INSTEAD)] = None,
    style_scale: Annotated[float | None, typer.Option(help=_INSTEAD)] = None,
    pooling: Annotated[Pooling | None, typer.Option(help=_INSTEAD)] = None,
    content_layers: Annotated[str | None, typer.Option(help=_INSTEAD)] = None,
    style_layers: Annotated[str | None, typer.Option(help=_INSTEAD)] = None,
    tv: Annotated[float | None, typer.Option("--tv", help=_INSTEAD)] = None,
    weights: Annotated[str | None, typer.Option(help=_INSTEAD)] = None,
    more_styles: MoreStyles = None,
    mask: Mask = None,
    style_masks: StyleMasks = None,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    show_every: ShowEvery = 0,
    loss_curve: LossCurve = None,
    timelapse: Timelapse = None,
    sheet: Sheet = None,
    record: Record = None,
    quiet: Quiet = False,
) -> None:
    """Go on from RESULT, made from CONTENT and STYLE, with its recipe or another strength or size.

    A fraction of a new picture's work: only the finest scale is painted, or those that are larger
    than RESULT. Masks are not in the recipe: give them again.
    """
    from nst.images import load_image, read_recipe  # noqa: PLC0415 - see the package's text

    recipe = read_recipe(result)
    given = {
        "preset": preset,
        "strength": strength,
        "size": size,
        "colours": colours,
        "style_scale": style_scale,
        "pooling": pooling,
        "content_layers": values.layers("--content-layers", content_layers),
        "style_layers": values.layers("--style-layers", style_layers),
        "tv_weight": tv,
        "weights": weights,
    }
    options = _options(recipe, {name: value for name, value in given.items() if value is not None})
    known = [float(each["weight"]) for each in _styles(recipe) if "weight" in each]
    styles = values.styles(style, more_styles or [], style_masks or [], known=known)
    paths = [values.path_and_weight(name)[0] for name in (style, *(more_styles or []))]
    masks = [*(style_masks or []), *([mask] if mask else [])]
    check_target(
        out,
        inputs=(result, content, *paths, *masks),
        snapshots=show_every > 0,
        checkpoint=checkpoint,
    )
    reports = Reports(loss_curve=loss_curve, timelapse=timelapse, sheet=sheet, record=record)
    reports.check(out, result, content, *paths, *masks)
    photo = load_image(content)
    if not quiet:
        used = {load_image(path).sha256 for path in masks}
        _say_if_others(recipe, photo, [load_image(path) for path in paths], used)
    arguments = {
        "mask": mask,
        "init_image": result,
        "steps": steps,
        "checkpoint": checkpoint,
        "device": device,
    }
    paint(
        *(photo, styles, options, out, arguments),
        reports=reports,
        show_every=show_every,
        quiet=quiet,
    )


def _options(recipe: Mapping[str, Any], given: Mapping[str, Any]) -> Options:
    """The options of a recipe, but for those that are given.

    Raises:
        OptionsError: this version cannot read them, or they name a weights file.
    """
    try:
        named = {**recipe["options"], **given}
        if named["weights"] == "file":
            raise OptionsError("RESULT was made with a weights file: name it with --weights FILE.")
        return Options(**named)
    except (KeyError, TypeError) as error:
        raise OptionsError(
            "The recipe of RESULT cannot be read by this version of nst; paint it anew."
        ) from error


def _styles(recipe: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    styles = recipe.get("styles")
    return [style for style in styles if isinstance(style, dict)] if styles else []


def _say_if_others(
    recipe: Mapping[str, Any],
    content: LoadedImage,
    styles: Sequence[LoadedImage],
    masks: Collection[str],
) -> None:
    """Tell when the pictures are not those that the result was made from.

    Args:
        recipe: of the result.
        content: the photo given.
        styles: the style images given.
        masks: hex digests of the masks given.
    """
    if (recipe.get("content") or {}).get("sha256") != content.sha256:
        typer.echo("Note: CONTENT is not the photo that RESULT was made from.", err=True)
    known = [style.get("sha256") for style in _styles(recipe)]
    if sorted(style.sha256 for style in styles) != sorted(filter(None, known)):
        typer.echo("Note: RESULT was made with other style images.", err=True)
    once = {recipe.get("mask"), *(style.get("mask") for style in _styles(recipe))} - {None}
    if once != set(masks):
        typer.echo("Note: RESULT was made with other masks.", err=True)
