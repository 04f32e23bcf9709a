"""`nst reconstruct`: what the layers of VGG19 know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress as LiveBar

from nst.cli.base import Device, Out, app
from nst.cli.groups import grouped
from nst.cli.pictures import Content
from nst.cli.running import check_not_input
from nst.options import Options, Preset

if TYPE_CHECKING:
    from PIL.Image import Image

    from nst.reconstruct import OnStep, ReconstructionOptions

_commands = typer.Typer(
    help="Pictures from noise that a layer of VGG19 cannot tell from another picture.",
    no_args_is_help=True,
)
app.add_typer(_commands, name="reconstruct")

_Image = Annotated[Path, typer.Argument(help="The picture.")]
_Style = Annotated[Path, typer.Argument(help="The style image.")]
_Size = Annotated[int, typer.Option(help="Longest side in pixels.")]
_Weights = Annotated[str, typer.Option(help="original, torchvision, or a file.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionFlags:
    """The options of a reconstruction."""

    size: _Size = 256
    steps: Annotated[int, typer.Option(min=1, help="Steps of the optimiser for each picture.")] = (
        200
    )
    seed: Annotated[int, typer.Option(min=0, help="Of the noise that it starts from.")] = 0
    weights: _Weights = "original"
    device: Device = "auto"

    @property
    def options(self) -> ReconstructionOptions:
        """The same for `nst.reconstruct`.

        Raises:
            OptionsError: a number is out of range.
        """
        from nst.reconstruct import ReconstructionOptions  # noqa: PLC0415 - see the package's text

        return ReconstructionOptions(**asdict(self))


@_commands.command()
@grouped
def content(
    image: _Image,
    out: Out,
    *,
    layer: Annotated[str, typer.Option(help="conv1_1 … relu5_2.")] = "relu4_2",
    how: ReconstructionFlags,
) -> None:
    """Make a picture with the feature maps of IMAGE at one layer."""
    from nst.reconstruct import reconstruct_content  # noqa: PLC0415 - late

    _make(out, [image], lambda tell: reconstruct_content(image, layer, how.options, on_step=tell))


@_commands.command()
@grouped
def style(
    image: _Image,
    out: Out,
    *,
    layer: Annotated[
        list[str] | None, typer.Option(help="conv1_1 … relu5_2; repeatable. All five if none.")
    ] = None,
    how: ReconstructionFlags,
) -> None:
    """Make a picture with the Gram matrices of IMAGE at some layers."""
    from nst.reconstruct import STYLE_LAYERS, reconstruct_style  # noqa: PLC0415 - late

    layers = layer or STYLE_LAYERS
    _make(out, [image], lambda tell: reconstruct_style(image, layers, how.options, on_step=tell))


@_commands.command()
@grouped
def figure(content: Content, style: _Style, out: Out, *, how: ReconstructionFlags) -> None:
    """Figure 1 of Gatys et al. 2016 as a contact sheet: five reconstructions of each picture."""
    from nst.reconstruct import figure as whole  # noqa: PLC0415 - late

    _make(out, [content, style], lambda tell: whole(content, style, how.options, on_step=tell))


@_commands.command(name="trade-off")
def trade_off(
    content: Content,
    style: _Style,
    out: Out,
    *,
    preset: Annotated[Preset, typer.Option(help="To paint with.")] = Preset.DRAFT,
    size: _Size = 256,
    weights: _Weights = "original",
    device: Device = "auto",
) -> None:
    """Paint CONTENT in STYLE as a sheet: strengths side by side, style layers from row to row."""
    from nst.reconstruct import trade_off as table  # noqa: PLC0415 - late

    options = Options(preset=preset, size=size, weights=weights)
    _make(
        out,
        [content, style],
        lambda tell: table(content, style, options, device=device, on_step=tell),
    )


def _make(out: Path, inputs: Sequence[Path], work: Callable[[OnStep], Image]) -> None:
    """Show how the work goes and save what it returns.

    Raises:
        ImageError, OptionsError: the file cannot be written, or is an input.
    """
    from nst.images import check_target, save_image  # noqa: PLC0415 - late

    check_target(out)
    check_not_input(out, inputs)
    with _bar() as tell:
        image = work(tell)
    save_image(image, out, recipe=None)
    typer.echo(f"{out}: {image.width}×{image.height}.")


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Yield what to call with the steps done and planned; silent where no terminal is."""
    console = Console(stderr=True)
    with LiveBar(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("reconstructing", total=None)
        yield lambda done, planned: bar.update(task, completed=done, total=planned)
