"""Cubist harbour: sails, houses and a sun broken into shaded facets that do not quite meet."""

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
    ramp,
    rgb,
    smoothstep,
)
from docs.starter_styles.oil import Brush, Oil

Polygon = NDArray[np.float64]


def cut(polygon: Polygon, point: NDArray[np.float64], turn: float) -> tuple[Polygon, Polygon]:
    """Return the two parts of a convex polygon on either side of a line; a part may be empty."""
    normal = np.array([np.cos(turn), np.sin(turn)])
    side = (polygon - point) @ normal
    parts: tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]] = ([], [])
    for i, corner in enumerate(polygon):
        following, here, there = polygon[(i + 1) % len(polygon)], side[i], side[(i + 1) % len(side)]
        parts[int(here > 0)].append(corner)
        if here * there < 0:
            crossing = corner + (following - corner) * (here / (here - there))
            parts[0].append(crossing)
            parts[1].append(crossing)
    return np.array(parts[0]), np.array(parts[1])


def area(polygon: Polygon) -> float:
    """Return the area of a polygon, in px squared."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def shards(rng: np.random.Generator, count: int) -> list[Polygon]:
    """Return the canvas cut into `count` convex pieces, the largest first, along leaning lines."""
    whole = np.array([(-8, -8), (WORK + 8, -8), (WORK + 8, WORK + 8), (-8, WORK + 8)], dtype=float)
    pieces = [whole]
    leanings = np.array([0.35, 1.15, 1.95, 2.75, 0.0, np.pi / 2])
    while len(pieces) < count:
        pieces.sort(key=area)
        largest = pieces.pop()
        weights = rng.dirichlet(np.full(len(largest), 3.0))
        turn = float(rng.choice(leanings) + rng.normal(0, 0.12))
        one, other = cut(largest, weights @ largest, turn)
        if min(len(one), len(other)) < 3 or min(area(one), area(other)) < 0.18 * area(largest):
            pieces.append(largest)
            continue
        pieces += [one, other]
    return pieces


def boat(
    picture: Picture, x: Field, y: Field, spot: tuple[float, float, float], codes: str
) -> Picture:
    """Return a sailing boat: a hull, a mast, a large and a small sail."""
    cx, foot, size = spot
    u, v = (x - cx) / size, (foot - y) / size
    hull = (np.abs(u) < 0.42 + 0.5 * v) & (v > -0.08) & (v < 0.16)
    main = (u > 0.02) & (u < 0.42 * (1.15 - v)) & (v > 0.2) & (v < 1.15)
    small = (u < -0.02) & (u > -0.34 * (0.95 - v)) & (v > 0.2) & (v < 0.95)
    mast = (np.abs(u) < 0.018) & (v > 0) & (v < 1.2)
    first, second, third = codes.split()
    shade = np.clip(0.5 + 1.1 * u, 0, 1)
    picture = over(picture, ramp(f"{first} {second}", shade), main.astype(float))
    picture = over(picture, ramp(f"#fdf0d0 {first}", shade), small.astype(float))
    picture = over(
        picture, ramp(f"{third} #1d1a2a", np.clip(0.5 - 2 * v, 0, 1)), hull.astype(float)
    )
    return over(picture, rgb("#2a1d1a"), mast.astype(float))


def scene(rng: np.random.Generator) -> Picture:
    """Return the harbour before it is broken: sun, sky, houses, water with reflections, boats."""
    x, y = coordinates()
    picture = ramp(
        "#1f5f9a #6fb0b8 #f4d08a #f08a4a", np.clip(y / 0.5 + 0.1 * (noise(rng, 3) - 0.5), 0, 1)
    )
    picture = over(picture, rgb("#f6d25a"), smoothstep(0.105, 0.10, np.hypot(x - 0.72, y - 0.2)))
    water = ramp("#e0a868 #5f95a0 #24567a #12304f", np.clip((y - 0.52) / 0.48, 0, 1))
    bands = 0.5 + 0.5 * np.sin(90 * y + 6 * noise(rng, 6))
    water = over(water, rgb("#f2ddb0"), 0.45 * bands * smoothstep(0.3, 0.0, np.abs(x - 0.72)))
    picture = over(picture, water, (y > 0.52).astype(float))
    tints = ("#c8502e", "#e8b05a", "#f4e2b8", "#8a3a2e", "#6f8a8f", "#d88a4a", "#b8a27a")
    for number, left in enumerate(np.arange(-0.02, 1.0, 0.085)):
        top = 0.52 - rng.uniform(0.10, 0.24) * (1.25 - abs(left - 0.15))
        roof = top - 0.06 + 0.9 * np.abs(x - left - 0.045)
        wall = (x > left) & (x < left + 0.09) & (y > np.maximum(top - 0.05, roof)) & (y < 0.525)
        tint = rgb(tints[number % len(tints)])
        picture = over(picture, tint * np.where(x < left + 0.05, 1.08, 0.72)[..., None], wall * 1.0)
        window = (np.abs((x - left - 0.045) % 0.03 - 0.015) < 0.007) & ((y % 0.05) < 0.022)
        picture = over(picture, rgb("#22303f"), (wall & window & (y > top + 0.01)) * 1.0)
        picture = over(picture, rgb("#7a2a22"), (wall & (y < top)) * 1.0)
    picture = boat(picture, x, y, (0.22, 0.72, 0.36), "#f8e6b8 #d8703a #6f2a2a")
    picture = boat(picture, x, y, (0.80, 0.68, 0.26), "#fbf3d8 #5f8fa0 #24405f")
    return boat(picture, x, y, (0.53, 0.93, 0.52), "#f4d68a #b83a2a #3a2a2a")


def facets(rng: np.random.Generator, picture: Picture) -> tuple[Picture, Field, Field]:
    """Return the scene seen through the shards: its colours, the strokes' directions, the edges."""
    x, y = coordinates()
    pieces = shards(rng, 110)
    number = Image.new("I", (WORK, WORK))
    edges, edge_pen = blank()
    pen = ImageDraw.Draw(number)
    for index, piece in enumerate(pieces):
        outline = [float(v) for v in piece.ravel()]
        pen.polygon(outline, fill=index)
        edge_pen.line(outline + outline[:2], fill=255, width=7)
    owner = np.asarray(number)
    count = len(pieces)
    middles = np.array([piece.mean(axis=0) for piece in pieces]) / WORK
    turn = rng.normal(0, 0.13, count)[owner]
    zoom = (1 + 0.12 * rng.standard_normal(count))[owner]
    shift = rng.normal(0, 0.020, (count, 2))
    dx, dy = x - middles[owner, 0], y - middles[owner, 1]
    sx = middles[owner, 0] + shift[owner, 0] + zoom * (np.cos(turn) * dx - np.sin(turn) * dy)
    sy = middles[owner, 1] + shift[owner, 1] + zoom * (np.sin(turn) * dx + np.cos(turn) * dy)
    px, py = (np.clip(v * WORK, 0, WORK - 1).astype(int) for v in (sx, sy))
    seen = picture[py, px]
    lean = rng.uniform(0, 2 * np.pi, count)[owner]
    slope = (np.cos(lean) * dx + np.sin(lean) * dy) / 0.07
    tint = ramp("#3a5a78 #c89a5a #f0e0b8 #8a3f2e", rng.random(count))[owner]
    broken = 0.82 * seen + 0.18 * tint
    broken = over(broken, rgb("#1b1f33"), 0.62 * smoothstep(-0.1, -1.3, slope))
    broken = over(broken, rgb("#fff2d2"), 0.50 * smoothstep(0.2, 1.4, slope))
    return np.clip(broken, 0, 1), lean + np.pi / 2, as_field(edges)


def make() -> Image.Image:
    """Return the finished picture."""
    rng = np.random.default_rng(1910)
    picture, angle, edges = facets(rng, scene(rng))
    oil = Oil((120, 96, 72))
    oil.paint(rng, picture, angle, Brush(width=30, length=80, count=4000, jitter=0.03))
    oil.paint(rng, picture, angle, Brush(width=14, length=40, count=14_000, jitter=0.03))
    oil.paint(rng, picture, angle, Brush(width=8, length=22, count=26_000, jitter=0.035))
    painted = oil.dry(strength=2.6, shine=0.15)
    broken_line = edges * smoothstep(0.25, 0.5, noise(rng, 14))
    painted = over(painted, rgb("#241a1c"), 0.85 * np.clip(blur(broken_line, 1.0), 0, 1))
    return finish(painted)
