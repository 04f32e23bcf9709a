"""Stained glass: a sun over hills and tulips, panes of streaky glass between leads."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from docs.starter_styles.canvas import (
    SIZE,
    WORK,
    Field,
    Picture,
    as_field,
    blur,
    coordinates,
    finish,
    noise,
    over,
    ramp,
    relief,
    rgb,
    ridge,
)

SUN = (0.5, 0.33)
Ids = NDArray[np.int64]
TULIPS = ((0.20, 0.70, 0.070), (0.385, 0.76, 0.080), (0.60, 0.71, 0.072), (0.80, 0.765, 0.080))


def cells(rng: np.random.Generator, count: int) -> Ids:
    """Return number of the nearest of `count` random points, for every pixel of the canvas."""
    points = rng.random((count, 2)).astype(np.float32)
    x, y = coordinates(SIZE)
    pixels = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    for _ in range(2):  # Lloyd's relaxation on a sample evens the panes out
        sample = pixels[rng.integers(0, len(pixels), 20_000)]
        owner = np.argmin(((sample[:, None] - points[None]) ** 2).sum(-1), axis=1)
        for i in range(count):
            if (owner == i).any():
                points[i] = sample[owner == i].mean(axis=0)
    nearest = np.concatenate(
        [
            np.argmin((points**2).sum(1)[None] - 2 * part @ points.T, axis=1)
            for part in np.array_split(pixels, 16)
        ]
    ).reshape(SIZE, SIZE)
    return np.kron(nearest, np.ones((2, 2), dtype=np.int64)).astype(np.int64)


def sky(x: Field, y: Field) -> tuple[Ids, Picture]:
    """Rays and rings around the sun; the pane numbers and the colours."""
    far = np.hypot(x - SUN[0], y - SUN[1])
    turn = np.arctan2(y - SUN[1], x - SUN[0]) / (2 * np.pi)
    rings = np.searchsorted([0.095, 0.155, 0.225, 0.30, 0.385, 0.475], far)
    rays = np.floor((turn + 0.010 * np.sin(22 * far) + 0.5 / 30 * (rings % 2)) * 30) % 30
    rays = np.where(rings == 0, 0, np.where(rings == 1, np.floor(turn * 16) % 16, rays))
    warm = ramp("#fff2a0 #ffcf2e #ff9418 #e2503a #8c3a86 #3550b8 #16307e", far / 0.72)
    cool = ramp("#ffe680 #ffb020 #f46a1e #c23a5a #5a4ab0 #2f7fd0 #1a4aa0", far / 0.72)
    picture = over(warm, cool, (rays % 2 == 0).astype(float))
    return (rings * 100 + rays + 200).astype(np.int64), picture


def hills(rng: np.random.Generator, y: Field, ids: Ids, picture: Picture) -> tuple[Ids, Picture]:
    """Three rows of hills in front of the sky."""
    for number, (base, height, bumps, codes) in enumerate(
        (
            (0.55, 0.12, 2, "#37b8b0 #0f6f8c"),
            (0.65, 0.12, 3, "#8ed04a #1c8a5a"),
            (0.79, 0.10, 2, "#2ea04c #0b4f3c"),
        )
    ):
        edge = ridge(rng, base, height, bumps)[None, :]
        inside = y > edge
        band = np.floor((y - edge) / 0.075)
        ids = np.where(inside, 2000 * (number + 1) + band, ids)
        land = ramp(codes, np.clip((y - edge) / 0.2, 0, 1))
        picture = over(picture, land, inside.astype(float))
    return ids.astype(np.int64), picture


def tulip(
    x: Field, y: Field, spot: tuple[float, float, float], number: int, ids: Ids, picture: Picture
) -> tuple[Ids, Picture]:
    """Return a tulip of three petals with a stem and two leaves."""
    cx, cy, size = spot
    dx, dy = (x - cx) / size, (y - cy) / size
    stem = (np.abs(dx + 0.12 * np.sin(2 * dy)) < 0.10) & (dy > 0.6)
    lean_x = 0.94 * (np.abs(dx) - 0.52) + 0.34 * (dy - 1.95)
    lean_y = 0.94 * (dy - 1.95) - 0.34 * (np.abs(dx) - 0.52)
    leaf = (lean_x / 0.24) ** 2 + (lean_y / 1.05) ** 2 < 1
    cup = (dx / 0.95) ** 2 + ((dy - 0.05) / 1.0) ** 2 < 1
    side = cup & (dy > -0.95 + 0.9 * np.abs(np.abs(dx) - 0.62))
    heart = (dx / 0.48) ** 2 + ((dy - 0.02) / 0.98) ** 2 < 1
    shades = ("#ffb3c7 #ec2f5b #9c0f3c", "#ffd9a0 #ff7a1e #c2330f", "#ffc0e6 #c93bb0 #6f1a78")
    petal = ramp(shades[number % 3], np.clip((dy + 1) / 2, 0, 1))
    inner = ramp(shades[(number + 1) % 3], np.clip((dy + 0.8) / 2, 0, 1))
    green = ramp("#c8f060 #3fae3c #12683a", np.clip((dy - 0.6) / 3, 0, 1))
    parts: tuple[tuple[NDArray[np.bool_], Picture, Field], ...] = (
        (leaf, green, (dx > 0).astype(float)),
        (stem, green, np.full_like(x, 2)),
        (side, petal, 3 + (dx > 0).astype(float)),
        (heart, inner, 5 + (dy > 0.1).astype(float)),
    )
    for inside, colour, part in parts:
        ids = np.where(inside, 10_000 + 20 * number + part, ids).astype(np.int64)
        picture = over(picture, colour, inside.astype(float))
    return ids, picture


def frame(x: Field, y: Field, ids: Ids, picture: Picture) -> tuple[Ids, Picture]:
    """Return a border of small panes in ruby, cobalt and gold."""
    near = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    along = np.where(np.minimum(x, 1 - x) < np.minimum(y, 1 - y), y, x)
    count = np.floor(along * 15)
    inside = near < 0.05
    colours = np.stack([rgb(c) for c in ("#b8122e", "#1c46b4", "#f0b028")])
    tint = colours[(count.astype(int) * 2 + (along > 0.5)) % 3]
    return (
        np.where(inside, 90_000 + count, ids).astype(np.int64),
        over(picture, tint, inside.astype(float)),
    )


def glaze(rng: np.random.Generator, ids: Ids, picture: Picture) -> Picture:
    """Give every pane its own tint, streaks and glow, and solder leads between them."""
    panes = np.unique(ids, return_inverse=True)[1].reshape(ids.shape)
    count = int(panes.max()) + 1
    tint = 1 + 0.16 * rng.standard_normal((count, 1)) + 0.07 * rng.standard_normal((count, 3))
    streak_way = noise(rng, 6)
    streaks = noise(rng, 24)[
        np.clip((streak_way * WORK).astype(int), 0, WORK - 1), np.arange(WORK)[None, :]
    ]
    seeds = (rng.random((WORK, WORK)) > 0.9993).astype(float)
    bubbles = blur(seeds, 2.2) * 30
    edge = np.zeros(ids.shape, dtype=bool)
    edge[:-1] |= panes[1:] != panes[:-1]
    edge[:, :-1] |= panes[:, 1:] != panes[:, :-1]
    lead_image = Image.fromarray((edge * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(9))
    lead = np.clip(1.6 * blur(as_field(lead_image), 1.8) - 0.25, 0, 1)
    shade = blur(edge.astype(float), 16) * 9
    light = 1.22 - np.clip(shade, 0, 0.62) + 0.34 * (streaks - 0.5) + 0.12 * bubbles
    ripple = blur(noise(rng, 70, octaves=2), 2)
    glass = relief(picture * tint[panes] * light[..., None], 60 * ripple, 0.10, shine=0.2)
    metal = relief(
        np.full_like(picture, 0.115) * (0.8 + 0.4 * noise(rng, 60))[..., None], 20 * lead, 0.35
    )
    return over(glass, metal + 0.10 * np.clip(blur(lead, 2) - 0.8, 0, 1)[..., None], lead)


def make() -> Image.Image:
    """Return the finished picture."""
    rng = np.random.default_rng(1163)
    x, y = coordinates()
    ids, picture = sky(x, y)
    ids, picture = hills(rng, y, ids, picture)
    broken = cells(rng, 190)
    ids = np.where(ids >= 2000, ids * 500 + broken, ids * 500)
    for number, spot in enumerate(TULIPS):
        ids, picture = tulip(x, y, spot, number, ids, picture)
    ids, picture = frame(x, y, ids, picture)
    return finish(glaze(rng, ids, picture))
