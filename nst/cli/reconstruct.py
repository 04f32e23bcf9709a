"""`nst reconstruct`: what the layers of VGG19 know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress as LiveBar

from nst.cli.base import Device, app
from nst.options import Options, Preset

if TYPE_CHECKING:
    from PIL.Image import Image

_commands = typer.Typer(
    help="Pictures from noise that a layer of VGG19 cannot tell from another picture.",
    no_args_is_help=True,
)
app.add_typer(_commands, name="reconstruct")

_Image = Annotated[Path, typer.Argument(help="The picture.")]
_Content = Annotated[Path, typer.Argument(help="The photo.")]
_Style = Annotated[Path, typer.Argument(help="The style image.")]
_Out = Annotated[
    Path, typer.Option("--out", "-o", help="Result: .png, .webp or .jpg; overwritten.")
]
_Size = Annotated[int, typer.Option(help="Longest side in pixels.")]
_Steps = Annotated[int, typer.Option(min=1, help="Steps of the optimiser for each picture.")]
_Seed = Annotated[int, typer.Option(min=0, help="Of the noise that it starts from.")]
_Weights = Annotated[str, typer.Option(help="original, torchvision, or a file.")]


@_commands.command()
def content(
    image: _Image,
    out: _Out,
    *,
    layer: Annotated[str, typer.Option(help="conv1_1 … relu5_2.")] = "relu4_2",
    size: _Size = 256,
    steps: _Steps = 200,
    seed: _Seed = 0,
    weights: _Weights = "original",
    device: Device = "auto",
) -> None:
    """A picture with the feature maps of IMAGE at one layer."""
    _check(out)
    from nst.reconstruct import Settings, reconstruct_content  # noqa: PLC0415 - late

    settings = Settings(size=size, steps=steps, seed=seed, weights=weights, device=device)
    with _bar() as on_step:
        made = reconstruct_content(image, layer, settings, on_step=on_step)
    _save(made, out)


@_commands.command()
def style(
    image: _Image,
    out: _Out,
    *,
    layer: Annotated[
        list[str] | None, typer.Option(help="conv1_1 … relu5_2; repeatable. All five if none.")
    ] = None,
    size: _Size = 256,
    steps: _Steps = 200,
    seed: _Seed = 0,
    weights: _Weights = "original",
    device: Device = "auto",
) -> None:
    """A picture with the Gram matrices of IMAGE at some layers."""
    _check(out)
    from nst.reconstruct import STYLE_LAYERS, Settings, reconstruct_style  # noqa: PLC0415 - late

    settings = Settings(size=size, steps=steps, seed=seed, weights=weights, device=device)
    with _bar() as on_step:
        made = reconstruct_style(image, layer or STYLE_LAYERS, settings, on_step=on_step)
    _save(made, out)


@_commands.command()
def figure(
    content: _Content,
    style: _Style,
    out: _Out,
    *,
    size: _Size = 256,
    steps: _Steps = 200,
    seed: _Seed = 0,
    weights: _Weights = "original",
    device: Device = "auto",
) -> None:
    """Figure 1 of Gatys et al. 2016 as a contact sheet: five reconstructions of each picture."""
    _check(out)
    from nst.reconstruct import Settings  # noqa: PLC0415 - late
    from nst.reconstruct import figure as make  # noqa: PLC0415 - late

    settings = Settings(size=size, steps=steps, seed=seed, weights=weights, device=device)
    with _bar() as on_step:
        sheet = make(content, style, settings, on_step=on_step)
    _save(sheet, out)


@_commands.command(name="trade-off")
def trade_off(
    content: _Content,
    style: _Style,
    out: _Out,
    *,
    preset: Annotated[Preset, typer.Option(help="To paint with.")] = Preset.DRAFT,
    size: _Size = 256,
    weights: _Weights = "original",
    device: Device = "auto",
) -> None:
    """A contact sheet of CONTENT in STYLE: strengths side by side, style layers from row to row."""
    _check(out)
    from nst.reconstruct import trade_off as make  # noqa: PLC0415 - late

    options = Options(preset=preset, size=size, weights=weights)
    with _bar() as on_step:
        sheet = make(content, style, options, device=device, on_step=on_step)
    _save(sheet, out)


def _check(out: Path) -> None:
    from nst.images import check_target  # noqa: PLC0415 - late

    check_target(out)


def _save(image: Image, out: Path) -> None:
    from nst.images import save_image  # noqa: PLC0415 - late

    save_image(image, out, recipe=None)
    typer.echo(f"{out}: {image.width}×{image.height}.")


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """What to call with the steps done and planned; nothing is written where no terminal is."""
    console = Console(stderr=True)
    with LiveBar(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("reconstructing", total=None)
        yield lambda done, planned: bar.update(task, completed=done, total=planned)
