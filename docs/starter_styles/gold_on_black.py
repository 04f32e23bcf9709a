"""Gold on black: a moon, mountains, clouds and waves in lines of gold leaf on lacquer."""

import numpy as np
from PIL import Image

from docs.starter_styles.canvas import (
    WORK,
    Field,
    as_field,
    blank,
    blur,
    coordinates,
    finish,
    noise,
    over,
    ramp,
    relief,
    rgb,
    ridge,
    scales,
    smoothstep,
)


def strokes(phase: Field, thick: Field) -> Field:
    """Lines where `phase` passes whole numbers; `thick` is their share of the spacing (0..1)."""
    far = np.abs((phase + 0.5) % 1 - 0.5) * 2
    return smoothstep(thick + 0.10, thick - 0.02, far)


def sky(rng: np.random.Generator, x: Field, y: Field) -> Field:
    """Return a ringed moon amid wind lines."""
    wander = noise(rng, 2.5, octaves=3)
    far = np.hypot(x - 0.68, y - 0.24)
    wind = 44 * (y + 0.16 * wander + 0.05 * np.sin(5 * x)) + 26 * np.exp(-far / 0.16)
    pressure = noise(rng, 7, octaves=3)
    gold = strokes(wind, 0.04 + 0.36 * smoothstep(0.35, 0.75, pressure))
    disc = smoothstep(0.126, 0.124, far)
    face = strokes(34 * (far + 0.02 * noise(rng, 6)), 0.55 + 0.35 * noise(rng, 9))
    halo = smoothstep(0.145, 0.142, far) - smoothstep(0.134, 0.131, far)
    return np.maximum(gold * (1 - smoothstep(0.155, 0.15, far)) + face * disc, halo)


def cloud(x: Field, y: Field, spot: tuple[float, float, float], turn: float) -> tuple[Field, Field]:
    """Return a curled cloud (spirals in a bank of circles): its gold and its outline's inside."""
    cx, cy, size = spot
    gold, inside = np.zeros_like(x), np.zeros_like(x)
    for dx, dy, r in (
        (-1.5, 0.35, 0.7),
        (1.4, 0.35, 0.75),
        (-0.6, -0.05, 0.95),
        (0.5, 0.0, 0.85),
        (0.0, 0.45, 0.9),
    ):
        px, py = x - cx - dx * size, y - cy - dy * size
        far = np.hypot(px, py) / (r * size)
        bank = (far < 1).astype(float)
        curl = 3.4 * far + turn * np.arctan2(py, px) / (2 * np.pi)
        gold = np.where(far < 1, strokes(curl, 0.16 + 0.30 * far), gold)
        rim = smoothstep(0.90, 0.93, far) * bank
        gold = np.where(far < 1, np.maximum(gold, rim), gold)
        inside = np.maximum(inside, bank)
    return gold, inside


def mountains(rng: np.random.Generator, x: Field, y: Field, gold: Field) -> Field:
    """Four ranges of hills; fine lines run down their flanks or along their ridges."""
    for number, (base, height, bumps) in enumerate(
        ((0.52, 0.30, 4), (0.60, 0.22, 3), (0.68, 0.18, 5), (0.76, 0.10, 3))
    ):
        edge = ridge(rng, base, height, bumps)[None, :]
        below = y - edge
        wander = noise(rng, 5)
        if number % 2 == 0:
            phase = 58 * np.clip(below, 0, 1) ** 0.85
            thick = 0.62 - 2.6 * np.clip(below, 0, 1) + 0.3 * (wander - 0.5)
        else:
            phase = 62 * (x + 0.55 * np.clip(below, 0, 1) * np.sin(9 * x + number) + 0.02 * wander)
            thick = 0.60 - 3.0 * np.clip(below, 0, 1) + 0.4 * (wander - 0.5)
        lines = strokes(phase, np.clip(thick, 0.03, 0.9))
        lines = np.maximum(lines, smoothstep(0.0065, 0.0045, np.abs(below - 0.003)))
        gold = np.where(below > 0, lines, gold)
    return gold


def pine(rng: np.random.Generator, gold: Field) -> Field:
    """Return a leaning pine in the left foreground: trunk, branches and fans of needles."""
    layer, pen = blank()
    shadow, dark = blank()
    t = np.linspace(0, 1, 40)
    xs = (0.04 + 0.24 * t + 0.035 * np.sin(8 * t)) * WORK
    ys = (0.98 - 0.66 * t) * WORK
    for i in range(39):
        width = round(34 * (1 - t[i]) + 8)
        dark.line((xs[i], ys[i], xs[i + 1], ys[i + 1]), fill=255, width=width + 10)
        for side in (-0.5, -0.2, 0.1, 0.4):
            dx = side * width
            pen.line((xs[i] + dx, ys[i], xs[i + 1] + dx, ys[i + 1]), fill=255, width=4)
    for _ in range(30):
        i = int(rng.integers(12, 40))
        way = rng.choice((-1, 1))
        reach = rng.uniform(0.05, 0.19) * WORK * (1.25 - 0.6 * t[min(i, 39)])
        ex, ey = xs[min(i, 39)] + way * reach, ys[min(i, 39)] - 0.22 * reach + rng.normal(0, 14)
        pen.line((xs[min(i, 39)], ys[min(i, 39)], ex, ey), fill=255, width=6)
        for fx, fy in ((ex, ey), (0.5 * (ex + xs[min(i, 39)]), 0.5 * (ey + ys[min(i, 39)]) - 12)):
            r = rng.uniform(46, 66)
            dark.pieslice((fx - r, fy - 0.8 * r, fx + r, fy + 0.5 * r), 175, 365, fill=255)
            for turn in np.linspace(np.pi * 0.97, np.pi * 2.03, 25):
                tip = (fx + r * np.cos(turn), fy + 0.8 * r * np.sin(turn))
                pen.line((fx, fy, *tip), fill=255, width=3)
    needles = as_field(layer)
    return np.maximum(gold * (1 - as_field(shadow)), needles)


def sea(x: Field, y: Field, gold: Field) -> Field:
    """Rows of scale waves along the lower edge."""
    far = scales(x, y, 0.145, 0.80)
    lines = strokes(4 * far, 0.20 + 0.34 * far)
    return np.where(far < 1.5, lines, gold)


def make() -> Image.Image:
    """Return the finished picture."""
    rng = np.random.default_rng(1716)
    x, y = coordinates()
    gold = sky(rng, x, y)
    for spot, turn in (((0.20, 0.20, 0.060), 1.0), ((0.90, 0.38, 0.045), -1.0)):
        curls, inside = cloud(x, y, spot, turn)
        gold = np.where(inside > 0, curls, gold)
    gold = mountains(rng, x, y, gold)
    curls, inside = cloud(x, y, (0.60, 0.60, 0.055), -1.0)
    gold = np.where(inside > 0, curls, gold)
    gold = pine(rng, sea(x, y, gold))
    flakes = noise(rng, 90, octaves=2)
    gold = blur(gold, 0.8) * (1 - 0.65 * smoothstep(0.80, 0.90, flakes))
    leaf = ramp(
        "#7a4a12 #b8801f #e6b540 #fbe08a", np.clip(0.55 * noise(rng, 5) + 0.5 * flakes, 0, 1)
    )
    ground = rgb("#0c0b10") * (0.7 + 0.9 * noise(rng, 40, octaves=3))[..., None]
    ground = over(ground, rgb("#1c1a2e"), 0.5 * noise(rng, 3))
    dust = (rng.random((WORK, WORK)) > 0.9985).astype(float)
    picture = over(ground, leaf, np.clip(gold + 2.2 * blur(dust, 1.2), 0, 1))
    return finish(relief(picture, blur(gold, 1.4) + 0.5 * blur(flakes, 1), 1.6, shine=0.5))
