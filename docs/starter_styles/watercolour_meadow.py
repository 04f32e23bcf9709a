"""Watercolour meadow: blooms, wet edges and granulating pigment on rough paper."""

import numpy as np
from PIL import Image, ImageFilter

from docs.starter_styles.canvas import (
    WORK,
    Field,
    Picture,
    as_field,
    blank,
    blur,
    coordinates,
    finish,
    noise,
    paper,
    relief,
    rgb,
    ridge,
    smoothstep,
)

PETALS = ("#e0324a", "#f2703a", "#d23a86", "#8a4fb8", "#f3b02e", "#3f62c8")


def soften(mask: Field, radius: float) -> Field:
    """Return a quick Gaussian blur of a mask, to 8 bits."""
    image = Image.fromarray((mask * 255).astype(np.uint8))
    return as_field(image.filter(ImageFilter.GaussianBlur(radius)))


class Sheet:
    """A wet sheet of paper: each wash takes light away, the more the thicker its pigment lies."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.x, self.y = coordinates()
        self.tooth = paper(rng, grain=1.2)
        self.pool = noise(rng, 4, octaves=5)
        self.warp = tuple(noise(rng, 7, octaves=6, gain=0.55) - 0.5 for _ in range(2))
        self._density = np.zeros((WORK, WORK, 3))

    def wash(
        self,
        inside: Field,
        colour: str,
        *,
        edge: float = 0.8,
        depth: float = 1.0,
        lift: float = 0.0,
    ) -> None:
        """Let a pool of colour dry: `inside` is the wet area (0..1), `edge` how dark its rim.

        `lift` is the share of the paint below that is kept away or lifted out first.
        """
        self._density *= 1 - lift * inside[..., None]
        pool = 0.45 + 1.0 * np.roll(self.pool, tuple(self._rng.integers(0, WORK, 2)), (0, 1))
        rim = inside * np.clip(1 - soften(inside, 4), 0, 1)
        wide = inside * np.clip(1 - soften(inside, 24), 0, 1)
        grains = 0.86 + 0.36 * smoothstep(0.35, 0.75, 1 - self.tooth)
        amount = depth * grains * (inside * pool + 1.7 * edge * rim + 0.7 * edge * wide)
        self._density += amount[..., None] * -np.log(np.clip(rgb(colour), 0.03, 0.995))

    def backrun(self, inside: Field) -> None:
        """Water that crept back into a drying wash: paler inside, a cauliflower edge around."""
        rim = (1 - inside) * soften(inside, 6) + 0.6 * inside * (1 - soften(inside, 4))
        self._density *= (1 - 0.6 * inside + 1.3 * rim)[..., None]

    def blob(self, cx: float, cy: float, rx: float, ry: float, ragged: float, turn: float) -> Field:
        """Return an uneven ellipse with frayed rim; `turn` in radians."""
        x = self.x + 0.10 * ragged * self.warp[0] - cx
        y = self.y + 0.10 * ragged * self.warp[1] - cy
        u = (np.cos(turn) * x + np.sin(turn) * y) / rx
        v = (np.cos(turn) * y - np.sin(turn) * x) / ry
        far = np.hypot(u, v)
        return smoothstep(1.03, 0.97, far)

    def dried(self) -> Picture:
        """Return the finished sheet in raking light."""
        white = rgb("#fbf6ea") * (0.97 + 0.05 * self.tooth)[..., None]
        return relief(white * np.exp(-self._density), blur(self.tooth, 1.0), 0.55)


def landscape(rng: np.random.Generator, sheet: Sheet) -> None:
    """Sky with backruns, a sun and three hills."""
    y = sheet.y
    drift = sheet.warp[0]
    sheet.wash(smoothstep(0.50, 0.20, y + 0.3 * drift), "#8cc0e8", depth=0.8)
    sheet.wash(smoothstep(0.02, -0.02, y - 0.13 - 0.6 * sheet.warp[1]), "#5f86d6", depth=0.75)
    sheet.wash(smoothstep(0.03, -0.03, y - 0.06 - 0.5 * drift), "#7a6fc8", depth=0.5)
    sheet.wash(
        smoothstep(0.06, -0.06, np.abs(y - 0.43 - 0.3 * drift) - 0.09),
        "#f8bfa0",
        depth=0.8,
        lift=0.6,
    )
    sheet.wash(sheet.blob(0.70, 0.24, 0.16, 0.15, 1.6, 0), "#fde3a0", edge=0.4, lift=0.9)
    sheet.wash(sheet.blob(0.70, 0.24, 0.085, 0.085, 0.5, 0), "#f9a82f", edge=1.0, lift=0.5)
    for _ in range(7):
        cx, cy, r = rng.uniform(0, 1), rng.uniform(0.02, 0.40), rng.uniform(0.03, 0.085)
        sheet.backrun(sheet.blob(cx, cy, r, 0.8 * r, 1.5, rng.uniform(0, 3)))
    for base, height, colour, depth in (
        (0.50, 0.20, "#a3b4e0", 0.9),
        (0.57, 0.15, "#7cc4c0", 0.9),
        (0.66, 0.10, "#b4d870", 0.95),
        (0.78, 0.07, "#6cb85c", 0.8),
    ):
        edge = ridge(rng, base, height, 3)[None, :] + 0.03 * drift
        fade = smoothstep(0.34, 0.05, y - edge) * 0.7 + 0.3
        sheet.wash(smoothstep(0, 0.006, y - edge) * fade, colour, depth=depth, lift=0.85)
    for _ in range(6):
        cx, cy, r = rng.uniform(0, 1), rng.uniform(0.55, 0.9), rng.uniform(0.03, 0.07)
        sheet.backrun(sheet.blob(cx, cy, 1.3 * r, 0.7 * r, 1.5, 0))


def stems(rng: np.random.Generator, sheet: Sheet, heads: list[tuple[float, float, float]]) -> None:
    """Stems and blades of grass, wet strokes from the lower edge up."""
    for colour, count, width in (("#3f8f4a", 60, 7), ("#9cc23a", 70, 6), ("#3f8f8a", 40, 4)):
        layer, pen = blank()
        t = np.linspace(0, 1, 24)
        ends = [(hx, hy) for hx, hy, _ in heads] if width == 7 else []
        for _ in range(count):
            gx = rng.uniform(-0.05, 1.05)
            ends.append((gx + rng.normal(0, 0.05), 1.0 - rng.uniform(0.06, 0.24)))
        for ex, ey in ends:
            foot = ex + rng.normal(0, 0.05)
            xs = (foot + (ex - foot) * t**1.8) * WORK
            ys = (1.03 + (ey - 1.03) * t) * WORK
            for i in range(len(t) - 1):
                thick = max(2, round(width * (1.4 - t[i]) * rng.uniform(0.8, 1.2)))
                pen.line((xs[i], ys[i], xs[i + 1], ys[i + 1]), fill=255, width=thick)
        sheet.wash(
            np.clip(blur(as_field(layer), 1.0), 0, 1), colour, edge=0.7, depth=0.75, lift=0.55
        )


def flower(rng: np.random.Generator, sheet: Sheet, cx: float, cy: float, size: float) -> None:
    """Five or six loose petals that run into each other around a dark eye."""
    first = rng.integers(0, len(PETALS))
    petals = int(rng.integers(5, 7))
    near, far = np.zeros((WORK, WORK)), np.zeros((WORK, WORK))
    start = rng.uniform(0, 6)
    for number in range(petals):
        turn = start + 2 * np.pi * number / petals + rng.normal(0, 0.12)
        px, py = cx + 0.55 * size * np.cos(turn), cy + 0.45 * size * np.sin(turn)
        petal = sheet.blob(px, py, 0.60 * size, 0.40 * size, 0.8 * size / 0.08, turn)
        if number % 2:
            near = np.maximum(near, petal)
        else:
            far = np.maximum(far, petal)
    sheet.wash(far, PETALS[first], edge=0.9, depth=0.8, lift=0.93)
    sheet.wash(
        near, PETALS[(first + int(rng.integers(0, 2))) % len(PETALS)], edge=0.9, depth=0.7, lift=0.6
    )
    sheet.backrun(sheet.blob(cx + 0.5 * size, cy - 0.2 * size, 0.25 * size, 0.2 * size, 1.0, 0))
    sheet.wash(sheet.blob(cx, cy, 0.20 * size, 0.17 * size, 0.7, 0), "#4a3658", edge=1.2, lift=0.5)


def spatter(rng: np.random.Generator, sheet: Sheet) -> None:
    """Flick drops from a loaded brush."""
    for colour in ("#d23a86", "#3f62c8", "#f2703a", "#4f9a52"):
        layer, pen = blank()
        for _ in range(45):
            x, y = rng.random(2) * WORK
            r = 2 + 9 * rng.random() ** 4
            pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
        sheet.wash(as_field(layer), colour, edge=1.2, depth=0.8, lift=0.8)


def make() -> Image.Image:
    """Return the finished picture."""
    rng = np.random.default_rng(1824)
    sheet = Sheet(rng)
    landscape(rng, sheet)
    heads = [
        (0.14, 0.60, 0.088),
        (0.33, 0.76, 0.078),
        (0.52, 0.62, 0.072),
        (0.70, 0.74, 0.090),
        (0.88, 0.60, 0.078),
        (0.06, 0.84, 0.066),
        (0.47, 0.88, 0.068),
        (0.92, 0.86, 0.076),
        (0.28, 0.53, 0.048),
        (0.66, 0.54, 0.046),
    ]
    stems(rng, sheet, heads)
    for cx, cy, size in heads:
        flower(rng, sheet, cx, cy, size)
    spatter(rng, sheet)
    return finish(sheet.dried())
