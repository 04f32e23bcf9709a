"""`nst continue`: further work on an earlier result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nst.cli.base import Out, app
from nst.cli.groups import grouped
from nst.cli.option_flags import OptionFlags
from nst.cli.pictures import Pictures
from nst.cli.reports import Reports
from nst.cli.running import RunFlags, paint
from nst.errors import OptionsError
from nst.options import Options

if TYPE_CHECKING:
    from nst.images import LoadedImage


@app.command(name="continue")
@grouped
def continue_(
    result: Annotated[Path, typer.Argument(help="A picture that nst made.")],
    pictures: Pictures,
    out: Out,
    *,
    steps: Annotated[
        int | None, typer.Option(help="How many steps at full size; 0 repaints nothing.")
    ] = None,
    look: OptionFlags,
    run: RunFlags,
    reports: Reports,
) -> None:
    """Go on from RESULT, made from CONTENT and STYLE, at another strength or size.

    A fraction of a new picture's work: only the finest scale is painted, or those that are larger
    than RESULT. What is not given is as in RESULT's recipe. Masks are not in the recipe: give them
    again.
    """
    from nst.images import load_image, read_recipe  # noqa: PLC0415 - see the package's text

    recipe = read_recipe(result)
    options = options_of(recipe, look.given())
    known = [float(each["weight"]) for each in _styles(recipe) if "weight" in each]
    styles = pictures.styles(known=known)
    run.check(out, (result, *pictures.files), reports)
    photo = load_image(pictures.content)
    if not run.quiet:
        masks = {load_image(path).sha256 for path in pictures.mask_files}
        _say_if_others(recipe, photo, [load_image(path) for path in pictures.style_files], masks)
    arguments = {"mask": pictures.mask, "init_image": result, "steps": steps}
    paint(photo, styles, options, out, arguments, run=run, reports=reports)


def options_of(recipe: Mapping[str, Any], given: Mapping[str, Any]) -> Options:
    """Return the options of a recipe, but for those that are given.

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
