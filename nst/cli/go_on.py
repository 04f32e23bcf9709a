"""`nst continue`: further work on an earlier result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nst.cli import values
from nst.cli.base import (
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
from nst.options import Colours, Options, Preset

if TYPE_CHECKING:
    from nst.images import LoadedImage


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
    preset: Annotated[Preset | None, typer.Option(help="Instead of the recipe's.")] = None,
    strength: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    size: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    colours: Annotated[Colours | None, typer.Option(help="Instead of the recipe's.")] = None,
    weights: Annotated[str | None, typer.Option(help="Instead of the recipe's.")] = None,
    more_styles: MoreStyles = None,
    mask: Mask = None,
    style_masks: StyleMasks = None,
    device: Device = "auto",
    show_every: ShowEvery = 0,
    loss_curve: LossCurve = None,
    timelapse: Timelapse = None,
    sheet: Sheet = None,
    record: Record = None,
    quiet: Quiet = False,
) -> None:
    """Go on from RESULT, made from CONTENT and STYLE, with its recipe or another strength or size.

    A fraction of a new picture's work: only the finest scale is painted, or those that are larger
    than RESULT.
    """
    from nst.images import load_image, read_recipe  # noqa: PLC0415 - see the package's text

    recipe = read_recipe(result)
    given = {
        "preset": preset,
        "strength": strength,
        "size": size,
        "colours": colours,
        "weights": weights,
    }
    options = _options(recipe, {name: value for name, value in given.items() if value is not None})
    styles = values.styles(style, more_styles or [], style_masks or [])
    paths = [values.path_and_weight(name)[0] for name in (style, *(more_styles or []))]
    check_target(out, inputs=(content, *paths), snapshots=show_every > 0)
    reports = Reports(loss_curve=loss_curve, timelapse=timelapse, sheet=sheet, record=record)
    reports.check(out, result, content, *paths)
    photo = load_image(content)
    if not quiet:
        _say_if_others(recipe, photo, [load_image(path) for path in paths])
    arguments = {"mask": mask, "init_image": result, "steps": steps, "device": device}
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


def _say_if_others(
    recipe: Mapping[str, Any], content: LoadedImage, styles: list[LoadedImage]
) -> None:
    """Tell when the pictures are not those that the result was made from."""
    if recipe.get("content", {}).get("sha256") != content.sha256:
        typer.echo("Note: CONTENT is not the photo that RESULT was made from.", err=True)
    known = {style.get("sha256") for style in recipe.get("styles", [])}
    if any(style.sha256 not in known for style in styles):
        typer.echo("Note: RESULT was made with another style image.", err=True)
