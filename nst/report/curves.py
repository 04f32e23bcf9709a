"""The losses of a run as a plot and as a table."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

from nst.errors import ReportError
from nst.progress import Progress

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI: Final = 100
_INK: Final = "#222222"
_QUIET: Final = "#767676"
_BAND: Final = "#f3f1ec"
# Okabe and Ito's palette: told apart with any kind of colour vision.
_TOTAL: Final = "#000000"
_TERMS: Final = {"content": "#0072b2", "style": "#d55e00", "tv": "#009e73"}
_FURTHER: Final = ("#cc79a7", "#56b4e9", "#e69f00")  # for terms of made-up presets
_NAMES: Final = {"tv": "smoothness"}
# Shallow to deep layers go from dark to light along viridis, made for the same purpose; its
# lightest end is left out, as it is hard to see on white.
_DEEPEST: Final = 0.8


@dataclass(frozen=True, slots=True)
class _Line:
    """One curve; `value` gives None where a step has no such loss."""

    name: str
    colour: Any
    value: Callable[[Progress], float | None]
    width: float = 2.2


def check_plots() -> None:
    """Refuse a plot before a long run rather than at its end.

    Raises:
        ReportError: matplotlib is not installed.
    """
    try:
        import_module("matplotlib.figure")
    except ImportError as error:
        raise ReportError(
            "Loss curves need matplotlib: install it (pip install 'stylize-bot[report]')."
        ) from error


def loss_curves(
    history: Sequence[Progress],
    *,
    title: str = "",
    labels: Mapping[str, str] | None = None,
    width: int = 1200,
    height: int = 1200,
) -> bytes:
    """Plot the total loss and its terms over each style layer's, on logarithmic scales.

    Bands and their labels mark the sizes that the picture went through; the losses of two sizes
    are not the same function, so lines are not joined across them.

    Args:
        history: the progress of each step, as in `nst.Result` or `nst.recording.Recording`.
        title: one line over the plot.
        labels: other words for what stands on it, the title included, such as those of another
            language; what the plot's font has no glyphs for stays as it is.
        width: of the picture, pixels, 400 to 4000; text grows with it.
        height: the same.

    Returns:
        A PNG file's bytes.

    Raises:
        ReportError: the history is empty, a size is out of range or matplotlib is not installed.
    """
    if not history:
        raise ReportError("There are no losses to plot: the run has done no step yet.")
    for side in (width, height):
        if not 400 <= side <= 4000:
            raise ReportError("A plot is 400 to 4000 px wide and high, not {side}.", side=side)
    check_plots()
    figure = _figure(history, _say(labels or {}), title, (width, height))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    return buffer.getvalue()


def loss_table(history: Sequence[Progress], every: int) -> list[tuple[int, float]]:
    """Return the total loss after 0, `every`, 2·`every` … updates, and the last one known.

    A step tells the loss that it started from, so after the last update none is known: a run of
    3000 steps ends with the loss after 2999 of them.

    Args:
        history: the progress of each step.
        every: a row for each so many updates, at least 1.

    Returns:
        Pairs of the number of updates and the total loss.
    """
    rows = [(progress.step - 1, progress.total_loss) for progress in history]
    return [row for row in rows if row[0] % every == 0 or row is rows[-1]]


def _figure(
    history: Sequence[Progress], said: Callable[[str], str], title: str, size: tuple[int, int]
) -> Figure:
    """Draw both plots, one above the other, in a picture of that size in pixels."""
    # The figure API, not pyplot: no global state, no window system, fit for any thread.
    from matplotlib import colormaps  # noqa: PLC0415 - optional, and slow to import
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    unit = min(size) / 1200
    layers = _style_layers(history)
    upper = figure.add_axes((0.1, 0.46, 0.73, 0.41))
    lower = figure.add_axes((0.1, 0.08, 0.73, 0.34), sharex=upper)
    shades = [_DEEPEST * i / max(1, len(layers) - 1) for i in range(len(layers))]
    colours = [colormaps["viridis"](shade) for shade in shades]
    _draw(upper, history, _sums(history, said), unit)
    pairs = zip(layers, colours, strict=True)
    _draw(lower, history, [_layer(*pair, said) for pair in pairs], unit)
    upper.tick_params(labelbottom=False)
    lower.set_xlabel(said("step"), fontsize=17 * unit, color=_QUIET)
    upper.set_title(said("Loss"), loc="left", fontsize=19 * unit, color=_INK, pad=26 * unit)
    by_layer = said("Style loss by layer")
    lower.set_title(by_layer, loc="left", fontsize=19 * unit, color=_INK)
    _name_sizes(upper, history, unit)
    head = figure.text(0.1, 0.95, said(title), fontsize=23 * unit, color=_INK, weight="bold")
    head.set_parse_math(False)
    return figure


def _say(labels: Mapping[str, str]) -> Callable[[str], str]:
    """Return what puts a label into other words, as far as the font has them."""
    from matplotlib.font_manager import (  # noqa: PLC0415 - slow to import
        FontProperties,
        findfont,
        get_font,
    )

    glyphs = get_font(findfont(FontProperties())).get_charmap()

    def say(label: str) -> str:
        other = labels.get(label, label)
        return other if all(ord(sign) in glyphs for sign in other) else label

    return say


def _sums(history: Sequence[Progress], said: Callable[[str], str]) -> list[_Line]:
    """Return the curves of the total and of its terms; those that are 0 throughout are left out."""
    names = dict.fromkeys(name for progress in history for name in progress.losses)
    terms = [name for name in names if any(progress.losses.get(name) for progress in history)]
    further = cycle(_FURTHER)
    total = _Line(said("total"), _TOTAL, lambda progress: progress.total_loss, 3.0)
    return [total] + [
        _Line(said(_NAMES.get(name, name)), _TERMS.get(name) or next(further), _term(name))
        for name in terms
    ]


def _term(name: str) -> Callable[[Progress], float | None]:
    return lambda progress: progress.losses.get(name)


def _layer(name: str, colour: Any, said: Callable[[str], str]) -> _Line:
    return _Line(said(name), colour, lambda progress: progress.style_layer_losses.get(name))


def _style_layers(history: Sequence[Progress]) -> list[str]:
    """Return the names of all style layers of a run, shallow to deep."""
    names = {name for progress in history for name in progress.style_layer_losses}
    return sorted(names, key=lambda name: name[-3:])


def _draw(axes: Axes, history: Sequence[Progress], lines: Sequence[_Line], unit: float) -> None:
    axes.set_yscale("log")
    axes.set_xlim(0, max(1, history[-1].step - 1))
    axes.tick_params(which="both", labelsize=16 * unit, colors=_QUIET, length=0)
    axes.grid(visible=True, axis="y", color="#dddddd", linewidth=unit)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    runs = list(_runs(history))
    for run in runs[1::2]:
        axes.axvspan(run[0].step - 1, run[-1].step, color=_BAND, linewidth=0, zorder=0)
    ends = []
    for line in lines:
        for run in runs:
            points = [(progress.step - 1, _visible(line.value(progress))) for progress in run]
            axes.plot(*zip(*points, strict=True), color=line.colour, linewidth=line.width * unit)
        values = [_visible(line.value(progress)) for progress in history]
        known = [value for value in values if not math.isnan(value)]
        if known:
            ends.append((known[-1], line))
    _name_lines(axes, ends, unit)


def _visible(value: float | None) -> float:
    """Return the value if a logarithmic scale can show it; the photo itself has content loss 0."""
    return value if value is not None and value > 0 and math.isfinite(value) else math.nan


def _runs(history: Sequence[Progress]) -> Iterator[list[Progress]]:
    """Yield neighbouring steps of one size."""
    run: list[Progress] = []
    for progress in history:
        if run and (progress.width, progress.height) != (run[-1].width, run[-1].height):
            yield run
            run = []
        run.append(progress)
    yield run


def _name_sizes(axes: Axes, history: Sequence[Progress], unit: float) -> None:
    """Write each band's size over its middle, where there is room for it."""
    last = max(1, history[-1].step)
    for run in _runs(history):
        share = (run[-1].step - run[0].step + 1) / last
        if share > 0.08:
            text = f"{max(run[0].width, run[0].height)} px"
            axes.text(
                *((run[0].step + run[-1].step) / 2, 1.02),
                text,
                transform=axes.get_xaxis_transform(),
                ha="center",
                fontsize=15 * unit,
                color=_QUIET,
            )


def _name_lines(axes: Axes, ends: Sequence[tuple[float, _Line]], unit: float) -> None:
    """Write names at the right ends of the lines, apart where they would cover each other."""
    gap = 0.03 / axes.get_position().height
    low, high = (math.log10(limit) for limit in axes.get_ylim())
    places = [(math.log10(value) - low) / (high - low) for value, _ in ends]
    for place, (_, line) in zip(_moved_apart(places, gap), ends, strict=True):
        axes.text(
            *(1.015, place),
            line.name,
            parse_math=False,
            transform=axes.transAxes,
            va="center",
            fontsize=17 * unit,
            color=line.colour,
            weight="bold",
        )


def _moved_apart(places: Sequence[float], gap: float) -> list[float]:
    """Move places at least `gap` apart, in the same order, and no further than needed."""
    order = sorted(range(len(places)), key=places.__getitem__)
    groups: list[list[int]] = []
    middles: list[float] = []
    for index in order:
        groups.append([index])
        middles.append(places[index])
        # Neighbours that would overlap become one group around their common middle.
        while len(groups) > 1:
            reach = gap * (len(groups[-2]) + len(groups[-1])) / 2
            if middles[-1] - middles[-2] >= reach:
                break
            merged = groups[-2] + groups[-1]
            groups[-2:] = [merged]
            middles[-2:] = [sum(places[i] for i in merged) / len(merged)]
    moved = list(places)
    for group, middle in zip(groups, middles, strict=True):
        for number, index in enumerate(group):
            moved[index] = middle + gap * (number - (len(group) - 1) / 2)
    return moved
