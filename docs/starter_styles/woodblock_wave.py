"""Woodblock wave: flat inks, flowing stripes and dark contours printed on fibrous paper."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

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
    over,
    paper,
    ramp,
    rgb,
    scales,
    smoothstep,
)

INK = "#14244a"
Curve = NDArray[np.float64]
# left foot, right foot, crest x, crest y, reach of the curl (all 0..1), inks from back to front
WAVES = (
    (0.30, 1.35, 0.86, 0.47, -0.12, "#86b3c4 #5d93b3"),
    (0.22, 1.30, 0.66, 0.60, -0.13, "#5a93b4 #2c6496"),
    (-0.62, 0.98, 0.40, 0.20, 0.27, "#3f7fae #1f4f86"),
    (0.42, 1.55, 0.93, 0.76, -0.13, "#4f8fb8 #24588f"),
    (-0.50, 0.80, 0.16, 0.83, 0.15, "#3a74a6 #173c70"),
)


def bezier(*knots: tuple[float, float], count: int = 60) -> Curve:
    """Points of a cubic Bezier curve, (count, 2)."""
    t = np.linspace(0, 1, count)[:, None]
    a, b, c, d = (np.array(k) for k in knots)
    curve: Curve = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t * t * (1 - t) * c + t**3 * d
    return curve


def wave_curves(
    left: float, right: float, top_x: float, top_y: float, curl: float
) -> tuple[Curve, Curve]:
    """Return the back of a wave and its hollow face, each from foot to tip; px of the canvas."""
    foot, front = (left, right) if curl > 0 else (right, left)
    rise, base = 1.05 - top_y, 1.10
    tip = (top_x + curl, top_y + 0.42 * abs(curl) + 0.06)
    back = np.concatenate(
        [
            bezier(
                (foot, base),
                (foot + 0.55 * (top_x - foot), base - 0.10),
                (top_x - 1.5 * curl, top_y + 0.10 * rise),
                (top_x - 0.15 * curl, top_y),
            ),
            bezier(
                (top_x - 0.15 * curl, top_y),
                (top_x + 0.45 * curl, top_y - 0.035),
                (top_x + 1.0 * curl, top_y + 0.03),
                tip,
            ),
        ]
    )
    face = np.concatenate(
        [
            bezier(
                (front, base),
                (front - 0.55 * (front - top_x), base - 0.02),
                (top_x - 0.55 * curl, base - 0.30 * rise),
                (top_x - 0.25 * curl, top_y + 0.40 * rise),
            ),
            bezier(
                (top_x - 0.25 * curl, top_y + 0.40 * rise),
                (top_x - 0.05 * curl, top_y + 0.08 * rise),
                (top_x + 0.75 * curl, top_y + 0.02),
                tip,
            ),
        ]
    )
    return back * WORK, face * WORK


def flat(points: Curve) -> list[float]:
    """Return the points as Pillow's drawing functions like them."""
    return [float(v) for v in points.ravel()]


def mask_of(shape: Curve) -> Field:
    """Return the inside of a polygon, 0..1."""
    image, pen = blank()
    pen.polygon(flat(shape), fill=255)
    return as_field(image)


def stripes(back: Curve, face: Curve, pen: ImageDraw.ImageDraw, count: int) -> None:
    """Ribbons between back and face that run up into the crest, thinning to the tip."""
    for number in range(1, count):
        s = number / count
        line = (1 - s) * back + s * face
        for i in range(2, len(line) - 6, 2):
            width = 1 + round((11 if number % 2 else 4) * np.sin(np.pi * i / len(line)) ** 0.8)
            pen.line(flat(line[i : i + 4]), fill=255, width=width)


def foam(rng: np.random.Generator, back: Curve, size: float, outward: float) -> tuple[Field, Field]:
    """Claws of foam along the crest: the white shapes and their outlines."""
    white, white_pen = blank()
    edge, edge_pen = blank()
    crest = back[62:]
    ahead = np.gradient(crest, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    normal = outward * np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    for row in (0.9, 0.1, -0.75):
        for i in range(0, len(crest), 3):
            r = size * rng.uniform(0.55, 1.1) * (0.55 + 0.6 * i / len(crest))
            x, y = crest[i] + normal[i] * row * size + rng.normal(0, 0.15 * size, 2)
            box = (x - r, y - r, x + r, y + r)
            white_pen.ellipse(box, fill=255)
            edge_pen.ellipse(box, fill=0)
            edge_pen.ellipse(box, outline=255, width=5)
            for _ in range(2):
                fx, fy = np.array((x, y)) + (normal[i] + 0.6 * ahead[i]) * r * rng.uniform(0.9, 1.5)
                q = r * rng.uniform(0.18, 0.34)
                white_pen.ellipse((fx - q, fy - q, fx + q, fy + q), fill=255)
                edge_pen.ellipse((fx - q, fy - q, fx + q, fy + q), fill=0, outline=255, width=4)
    return as_field(white), as_field(edge)


def background(rng: np.random.Generator, x: Field, y: Field) -> Picture:
    """Return a graded sky with streaks of cloud, a red sun and a snow-capped mountain."""
    grade = np.clip(y / 0.62 + 0.03 * (noise(rng, 3) - 0.5), 0, 1)
    picture = ramp("#5d7fa0 #b9bfae #ecd9ae #f2c9a0 #eab38e", grade)
    sun = smoothstep(0.0845, 0.083, np.hypot(x - 0.80, y - 0.20))
    picture = over(picture, ramp("#c8402c #dd6a44", np.clip((y - 0.11) / 0.18, 0, 1)), sun)
    drift = noise(rng, 3, octaves=3)
    for height, thick, codes in (
        (0.10, 0.020, "#f6ead0"),
        (0.245, 0.016, "#f3e3c4"),
        (0.37, 0.020, "#f6ead0"),
        (0.44, 0.012, "#efd9b8"),
    ):
        lens = np.abs(y - height - 0.05 * (drift - 0.5)) - thick * (0.2 + 1.3 * drift)
        picture = over(picture, rgb(codes), smoothstep(0.001, -0.001, lens))
        picture = over(picture, rgb(INK), 0.75 * smoothstep(0.0022, 0.0008, np.abs(lens)))
    run = np.abs(x - 0.70)
    edge = 0.30 + 0.95 * run**1.25 + 0.012 * (noise(rng, 30) - 0.5)
    body = smoothstep(0, 0.002, y - edge)
    picture = over(picture, ramp("#4f6f92 #8fa6ae #c9c2a8", np.clip((y - 0.30) / 0.3, 0, 1)), body)
    teeth = 0.405 + 0.035 * np.abs(((x * 17) % 1) - 0.5) * 2 + 0.02 * (noise(rng, 20) - 0.5)
    picture = over(picture, rgb("#f4ead6"), body * smoothstep(0.002, 0, y - teeth))
    outline = smoothstep(0.0035, 0.0015, np.abs(y - edge))
    return swell(over(picture, rgb(INK), 0.9 * outline), x, y)


def swell(picture: Picture, x: Field, y: Field) -> Picture:
    """Return the far sea: rows of scale-like ripples that flatten towards the horizon."""
    far = scales(x + 0.004 * np.sin(40 * y), y + 0.012 * np.sin(9 * x), 0.115, 0.535)
    sea = (far < 1.5).astype(float)
    bands = np.floor(far * 4) % 2
    colour = over(ramp("#9cc0c4 #6f9fb8", np.clip(2 * y - 1, 0, 1)), rgb("#e9e6cf"), 0.8 * bands)
    picture = over(picture, colour, sea)
    return over(picture, rgb(INK), sea * smoothstep(0.95, 0.975, far))


def wave(
    rng: np.random.Generator,
    picture: Picture,
    shape: tuple[float, float, float, float, float],
    codes: str,
) -> Picture:
    """One wave with its ribbons, contour and foam over what is behind it."""
    back, face = wave_curves(*shape)
    body = mask_of(np.concatenate([back, face[::-1]]))
    ribbons, pen = blank()
    stripes(back, face, pen, 15)
    contour, line = blank()
    line.line(flat(back), fill=255, width=7, joint="curve")
    line.line(flat(face), fill=255, width=7, joint="curve")
    _, y = coordinates()
    tone = np.clip((y - shape[3]) / 0.6 + 0.25 * (noise(rng, 4) - 0.5), 0, 1)
    light, _ = codes.split()
    picture = over(picture, ramp(codes, tone), body)
    picture = over(picture, 0.55 * rgb(light) + 0.45 * rgb("#eef0e2"), as_field(ribbons) * body)
    thin = np.clip(blur(as_field(ribbons), 1.5), 0, 1)
    picture = over(picture, rgb(INK), 0.8 * body * np.clip(4 * thin * (1 - thin) - 0.35, 0, 1))
    picture = over(picture, rgb(INK), as_field(contour))
    white, edge = foam(rng, back, 0.075 * WORK * (abs(shape[4]) + 0.06), np.sign(shape[4]))
    picture = over(picture, rgb("#f6f0dd"), white)
    return over(picture, rgb(INK), 0.9 * edge)


def printed(rng: np.random.Generator, picture: Picture) -> Picture:
    """Return the marks of wood and paper: grain in the inks, fibres, uneven pressure."""
    lines = blur(rng.standard_normal((WORK, WORK)), 1.0)
    lines = np.cumsum(lines, axis=1)
    lines = lines - blur(lines, 25)
    grain = noise(rng, 2, octaves=3)
    rings = np.sin(260 * (grain + 0.55 * coordinates()[1]))
    tooth = paper(rng, grain=1.1)
    ink = 1 - 0.22 * smoothstep(0.60, 0.85, tooth) - 0.035 * rings - 0.025 * lines / lines.std()
    sheet = np.array(rgb("#f3e6c8")) * (0.94 + 0.12 * tooth)[..., None]
    return over(sheet, picture, np.clip(ink, 0, 1.05))


def make() -> Image.Image:
    """Return the finished picture."""
    rng = np.random.default_rng(1831)
    picture = background(rng, *coordinates())
    for *shape, codes in WAVES:
        left, right, top_x, top_y, curl = (float(v) for v in shape)
        picture = wave(rng, picture, (left, right, top_x, top_y, curl), str(codes))
    spray, pen = blank()
    for _ in range(260):
        x, y = rng.normal(0.66, 0.16) * WORK, rng.normal(0.24, 0.10) * WORK
        r = rng.uniform(2, 7)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
    picture = over(picture, rgb("#f8f3e2"), as_field(spray))
    return finish(printed(rng, picture))
