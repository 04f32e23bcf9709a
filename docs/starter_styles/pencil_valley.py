"""Pencil valley: hills, trees and clouds in hatching and cross-hatching on toothed paper."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from docs.starter_styles.canvas import (
    WORK,
    Field,
    as_field,
    blank,
    blur,
    coordinates,
    finish,
    noise,
    paper,
    ramp,
    ridge,
    smoothstep,
)
from docs.starter_styles.oil import flow_lines

Curve = NDArray[np.float64]
# x, foot, height, half width of each tree, as fractions of the picture
TREES = (
    (0.17, 0.90, 0.52, 0.135),
    (0.42, 0.735, 0.15, 0.048),
    (0.50, 0.725, 0.12, 0.036),
    (0.79, 0.86, 0.34, 0.095),
    (0.92, 0.88, 0.40, 0.100),
    (0.63, 0.70, 0.08, 0.026),
)


def tones(rng: np.random.Generator) -> tuple[Field, Field, list[Curve]]:
    """How dark every place is (0..1), the lie of the land (radians) and the ridge lines."""
    x, y = coordinates()
    clouds = noise(rng, 3, octaves=5)
    tone = 0.06 + 0.34 * smoothstep(0.45, 0.62, clouds) * (1.15 - y) + 0.12 * (1 - y)
    tone = tone * smoothstep(0.05, 0.13, np.hypot(x - 0.66, y - 0.20))
    lie = np.full_like(x, -0.12) + 0.5 * (noise(rng, 3) - 0.5)
    ridges = []
    for base, height, bumps, dark in (
        (0.47, 0.24, 4, 0.40),
        (0.56, 0.17, 3, 0.55),
        (0.68, 0.12, 2, 0.42),
        (0.82, 0.10, 2, 0.62),
    ):
        edge = ridge(rng, base, height, bumps)
        below = y - edge[None, :]
        slope = np.gradient(blur(edge[None, :].repeat(60, 0), 8)[30]) * WORK
        side = 0.30 * np.clip(slope, -1.2, 1.2)[None, :]
        land = dark - 2.6 * np.clip(below, 0, 0.16) + side + 0.4 * (noise(rng, 10) - 0.5)
        tone = np.where(below > 0, land, tone)
        lie = np.where(below > 0, np.arctan(slope)[None, :] + 0.35 * np.sin(14 * below), lie)
        ridges.append(np.stack([np.arange(WORK, dtype=float), edge * WORK], axis=1))
    return np.clip(tone, 0.05, 1), lie, ridges


def plant(rng: np.random.Generator, tone: Field, lie: Field) -> tuple[Field, Field]:
    """Crowns of trees: round clumps, lit from the upper right, with shadows at their feet."""
    x, y = coordinates()
    ragged = noise(rng, 26, octaves=3) - 0.5
    for tx, foot, tall, half in TREES:
        shadow = ((x - tx + 0.6 * half) / (1.7 * half)) ** 2 + ((y - foot) / (0.18 * half)) ** 2
        tone = np.maximum(tone, 0.75 * smoothstep(1.2, 0.5, shadow))
        for _ in range(22):
            turn, out = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
            cx = tx + 0.72 * half * out * np.cos(turn)
            cy = foot - 0.60 * tall + 0.34 * tall * out * np.sin(turn)
            dx, dy = (x - cx) / (0.40 * half), (y - cy) / (0.15 * tall)
            clump = dx**2 + dy**2 + 1.5 * ragged < 0.75
            shade = np.clip(0.50 - 0.50 * (dx - dy) + 0.35 * ragged, 0.14, 0.95)
            tone = np.where(clump, shade, tone)
            lie = np.where(clump, np.arctan2(dx, -dy), lie)
    return tone, lie


def hatch(
    rng: np.random.Generator, tone: Field, angle: Field, count: int, length: float, start: float
) -> Field:
    """One layer of strokes where the tone is darker than `start`: graphite, 0..1."""
    layer, pen = blank()
    starts = rng.uniform(-0.08 * WORK, 1.08 * WORK, (count, 2))
    lengths = length * rng.uniform(0.5, 1.4, count)
    paths = flow_lines(angle + rng.normal(0, 0.10, (1, 1)), starts, lengths)
    middle = np.clip(paths[:, 6], 0, WORK - 1).astype(int)
    dark = tone[middle[:, 1], middle[:, 0]]
    kept = rng.random(count) < 1.5 * smoothstep(start, start + 0.45, dark)
    pressure = np.clip(70 + 150 * dark + 25 * rng.standard_normal(count), 40, 235)
    for path, weight in zip(paths[kept], pressure[kept], strict=True):
        pen.line(path[:9].ravel().tolist(), fill=int(weight), width=2)
        pen.line(path[8:].ravel().tolist(), fill=int(0.6 * weight), width=2)
    return as_field(layer)


def trunk(pen: ImageDraw.ImageDraw, rng: np.random.Generator, tree: Curve) -> None:
    """Trunk and branches as bundles of long strokes."""
    tx, foot, tall, half = tree * WORK
    for _ in range(int(half / 3)):
        lean = rng.normal(0, 0.55 * half)
        x0 = tx + rng.normal(0, 0.055 * half)
        t = np.linspace(0, 1, 12)
        xs = x0 + lean * np.clip(t - 0.35, 0, 1) ** 1.6 + rng.normal(0, 1.0, 12)
        ys = foot - t * tall * rng.uniform(0.4, 0.8)
        line = np.stack([xs, ys], axis=1).ravel().tolist()
        pen.line(line, fill=int(rng.uniform(150, 240)), width=3)


def contours(rng: np.random.Generator, ridges: list[Curve]) -> Field:
    """Return searching outlines: each ridge several times, grass and foliage loops over it."""
    layer, pen = blank()
    for line in ridges:
        for _ in range(3):
            wobble = blur(rng.standard_normal((40, WORK)), 12)[20] * 26
            pen.line(
                (line[::5] + np.stack([0 * wobble, wobble], 1)[::5]).ravel().tolist(),
                fill=int(rng.uniform(130, 210)),
                width=3,
            )
    for tree in TREES:
        trunk(pen, rng, np.array(tree))
        tx, foot, tall, half = np.array(tree) * WORK
        for _ in range(int(3.2 * half)):
            turn, out = rng.uniform(0, 2 * np.pi), rng.random() ** 0.4
            cx = tx + 1.02 * half * out * np.cos(turn)
            cy = foot - 0.60 * tall + 0.46 * tall * out * np.sin(turn)
            r = rng.uniform(5, 13)
            a = rng.uniform(0, 360)
            pen.arc(
                (cx - r, cy - r, cx + r, cy + 0.8 * r),
                a,
                a + rng.uniform(120, 300),
                fill=int(rng.uniform(110, 230)),
                width=3,
            )
    for _ in range(1500):
        gx, gy = rng.uniform(0, WORK), WORK * (1.02 - 0.16 * rng.random() ** 2)
        tall = rng.uniform(14, 46)
        pen.line(
            (gx, gy, gx + rng.normal(0, 5), gy - 0.6 * tall, gx + rng.normal(0, 11), gy - tall),
            fill=int(rng.uniform(90, 220)),
            width=2,
        )
    return as_field(layer)


def make() -> Image.Image:
    """Return the finished picture."""
    rng = np.random.default_rng(1790)
    tone, lie, ridges = tones(rng)
    tone, lie = plant(rng, tone, lie)
    light = np.ones((WORK, WORK))
    steady = np.full_like(lie, -0.85)
    layers = (
        (steady, 9_000, 100, -0.02),
        (lie, 11_000, 66, 0.16),
        (steady + 1.35, 9_000, 62, 0.38),
        (lie + 1.3, 9_000, 44, 0.52),
        (steady, 8_000, 46, 0.66),
    )
    tooth = paper(rng, grain=1.0)
    for angle, count, length, start in layers:
        graphite = hatch(rng, tone, angle, count, length, start)
        light *= 1 - 0.78 * graphite * (0.55 + 0.9 * smoothstep(0.25, 0.75, tooth))
    light *= 1 - 0.85 * contours(rng, ridges) * (0.6 + 0.7 * tooth)
    smudge = blur(light, 7)
    light = np.clip(0.88 * light + 0.12 * smudge, 0, 1) * (0.95 + 0.08 * tooth)
    return finish(ramp("#22232a #6d6b6c #b9b3a7 #f4ecdc", light))
