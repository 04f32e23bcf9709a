"""Oil paint: curved strokes of single bristles that follow a flow field, coarse to fine."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from docs.starter_styles.canvas import WORK, Field, Picture, blur, relief

POINTS = 12
"""Points of a stroke's path."""


@dataclass(frozen=True)
class Brush:
    """One size of brush; lengths in px of the working canvas."""

    width: float
    length: float
    count: int
    jitter: float = 0.06
    """How far a stroke's colour strays from the picture it paints (0..1 per channel)."""


def flow_lines(
    angle: Field, starts: NDArray[np.float64], length: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Paths along a field of directions (radians, shape WORK x WORK).

    `starts` is (n, 2) as x, y in px, `length` (n,) in px; the paths are (n, POINTS, 2).
    """
    paths = [starts]
    step = (length / (POINTS - 1))[:, None]
    for _ in range(POINTS - 1):
        at = np.clip(paths[-1], 0, WORK - 1).astype(int)
        here = angle[at[:, 1], at[:, 0]]
        paths.append(paths[-1] + step * np.stack([np.cos(here), np.sin(here)], axis=1))
    return np.stack(paths, axis=1)


class Oil:
    """A canvas under work: colours in RGB, the paint's thickness in the alpha channel."""

    def __init__(self, ground: tuple[int, int, int]) -> None:
        self._image = Image.new("RGBA", (WORK, WORK), (*ground, 90))
        self._pen = ImageDraw.Draw(self._image)

    def paint(
        self,
        rng: np.random.Generator,
        target: Picture,
        angle: Field,
        brush: Brush,
        where: Field | None = None,
    ) -> None:
        """Lay strokes that take their colours from `target` and their course from `angle`.

        `where` (0..1) is the chance that a stroke at a place is laid at all.
        """
        starts = rng.uniform(-0.03 * WORK, 1.03 * WORK, (brush.count, 2))
        length = brush.length * rng.uniform(0.5, 1.3, brush.count)
        paths = flow_lines(angle, starts, length)
        middle = np.clip(paths[:, POINTS // 2], 0, WORK - 1).astype(int)
        chance = rng.random(brush.count)
        colours = target[middle[:, 1], middle[:, 0]]
        colours = colours + brush.jitter * rng.standard_normal((brush.count, 1))
        colours = colours + 0.6 * brush.jitter * rng.standard_normal((brush.count, 3))
        for index, path in enumerate(paths):
            if where is None or chance[index] < where[middle[index, 1], middle[index, 0]]:
                self._stroke(rng, path, colours[index], brush.width)

    def _stroke(
        self,
        rng: np.random.Generator,
        path: NDArray[np.float64],
        colour: NDArray[np.float64],
        width: float,
    ) -> None:
        """One stroke: bristles side by side, ragged at both ends, thick where paint piled up."""
        bristles = max(3, round(width / 3.2))
        thickness = max(2, round(width / bristles + 1.4))
        ahead = np.gradient(path, axis=0)
        across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
        first = rng.integers(0, 3, bristles)
        last = POINTS - rng.integers(0, 4, bristles)
        shade = 0.045 * rng.standard_normal(bristles)
        pile = rng.uniform(70, 150, bristles) + 80 * np.abs(np.linspace(-1, 1, bristles)) ** 3
        offsets = np.linspace(-0.5, 0.5, bristles) * width
        tones = np.clip((colour + shade[:, None]) * 255, 0, 255).astype(int)
        for i in rng.permutation(bristles):
            line = path[first[i] : last[i]] + offsets[i] * across[first[i] : last[i]]
            ink = (*tones[i].tolist(), int(min(pile[i], 255)))
            self._pen.line(line.ravel().tolist(), fill=ink, width=thickness)

    def dry(self, *, strength: float = 3.8, shine: float = 0.25) -> Picture:
        """Return the painting, lit from the upper left."""
        layers = np.asarray(self._image, dtype=np.float64) / 255
        return relief(layers[..., :3], blur(layers[..., 3], 1.1), strength, shine=shine)
