"""`nst stylize`: a new picture."""

from __future__ import annotations

from typing import Annotated

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
from nst.options import (
    MAX_SEED,
    MAX_SIZE,
    MAX_STRENGTH,
    MIN_SIZE,
    MIN_STRENGTH,
    Colours,
    Init,
    Options,
    Pooling,
    Preset,
)

_DEFAULTS = Options()


@app.command()
def stylize(  # noqa: PLR0913 - one parameter per command line option
    content: Content,
    style: Style,
    out: Out,
    *,
    preset: Annotated[
        Preset, typer.Option(help="How much patience the picture is worth.")
    ] = _DEFAULTS.preset,
    strength: Annotated[
        int,
        typer.Option(help=f"{MIN_STRENGTH} keeps the photo, {MAX_STRENGTH} is all style."),
    ] = _DEFAULTS.strength,
    size: Annotated[
        int, typer.Option(help=f"Longest side in pixels, {MIN_SIZE} to {MAX_SIZE}.")
    ] = _DEFAULTS.size,
    seed: Annotated[
        int, typer.Option(help=f"Another seed is another take; 0 to {MAX_SEED}.")
    ] = _DEFAULTS.seed,
    colours: Annotated[
        Colours, typer.Option(help="Whose colours; the last two match the style image beforehand.")
    ] = _DEFAULTS.colours,
    more_styles: MoreStyles = None,
    mask: Mask = None,
    style_masks: StyleMasks = None,
    style_scale: Annotated[
        float, typer.Option(help="Size of the style image: 2 for twice as large strokes.")
    ] = _DEFAULTS.style_scale,
    init: Annotated[Init | None, typer.Option(help="What to start from.")] = None,
    pooling: Annotated[Pooling | None, typer.Option(help="How VGG19 halves its maps.")] = None,
    content_layers: Annotated[
        str | None, typer.Option(metavar="LAYER=WEIGHT,…", help="E.g. relu3_2=0.4,relu4_2=0.6.")
    ] = None,
    style_layers: Annotated[
        str | None, typer.Option(metavar="LAYER=WEIGHT,…", help="E.g. relu1_1=1,relu2_1=0.5.")
    ] = None,
    tv: Annotated[
        float | None, typer.Option("--tv", help="Weight of the total variation: smoother.")
    ] = None,
    weights: Annotated[
        str, typer.Option(help="original, torchvision, or a file (PATH or PATH#SHA256).")
    ] = _DEFAULTS.weights,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    show_every: ShowEvery = 0,
    loss_curve: LossCurve = None,
    timelapse: Timelapse = None,
    sheet: Sheet = None,
    record: Record = None,
    quiet: Quiet = False,
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
        content_layers=values.layers("--content-layers", content_layers),
        style_layers=values.layers("--style-layers", style_layers),
        tv_weight=tv,
        weights=weights,
    )
    styles = values.styles(style, more_styles or [], style_masks or [])
    paths = (content, *(values.path_and_weight(name)[0] for name in (style, *(more_styles or []))))
    masks = [*(style_masks or []), *([mask] if mask else [])]
    check_target(out, inputs=(*paths, *masks), snapshots=show_every > 0, checkpoint=checkpoint)
    reports = Reports(loss_curve=loss_curve, timelapse=timelapse, sheet=sheet, record=record)
    reports.check(out, *paths, *masks)
    arguments = {"mask": mask, "checkpoint": checkpoint, "device": device}
    paint(
        *(content, styles, options, out, arguments),
        reports=reports,
        show_every=show_every,
        quiet=quiet,
    )
