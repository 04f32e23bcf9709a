"""Dotted garden: a pond, trees and flower beds from dots of pure colour, large to small."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from docs.starter_styles.canvas import (
    WORK,
    Field,
    Picture,
    blur,
    coordinates,
    finish,
    noise,
    over,
    ramp,
    relief,
    rgb,
    smoothstep,
)

# The tubes on the palette: dots are never mixed colours, the eye mixes them.
PIGMENTS = ramp(
    "#1d2a6b #2f4fb0 #4f86d8 #8fc0ea #d6ecf4 #12503a #2f8a4a #74b43c #b9d84a #f3ea6a "
    "#f8c83a #f29a2e #e8622e #c8322e #8a1f4a #d85a96 #f4a8c4 #7a4aa8 #b592d8 #fbf3da",
    np.linspace(0, 1, 20),
)


def trees(rng: np.random.Generator, picture: Picture, x: Field, y: Field) -> Picture:
    """Round crowns behind the pond and one large tree that shades the left side."""
    ragged = noise(rng, 22, octaves=3) - 0.5
    crowns = [
        (cx, 0.40 + 0.02 * rng.normal(), rng.uniform(0.05, 0.09))
        for cx in np.linspace(0.30, 1.02, 10)
    ]
    crowns += [(0.10, 0.26, 0.20), (0.26, 0.15, 0.15), (0.00, 0.12, 0.17), (0.20, 0.33, 0.12)]
    for cx, cy, r in crowns:
        dx, dy = (x - cx) / r, (y - cy) / (0.9 * r)
        inside = smoothstep(1.0, 0.9, dx**2 + dy**2 + 0.9 * ragged)
        light = np.clip(0.5 + 0.38 * (dx - dy) + 0.9 * ragged, 0, 1)
        codes = "#12324a #1f5a4a #3f9448 #a4cc48 #f3ea6a"
        if cx > 0.3 and round(cx * 100) % 3 == 0:
            codes = "#5a1f4a #a83a3a #e8722e #f8c83a #fbf0a0"
        picture = over(picture, ramp(codes, light), inside)
    bark = np.abs(x - 0.105 - 0.03 * np.sin(7 * y)) < 0.022 + 0.05 * np.clip(y - 0.66, 0, 1)
    trunk = (bark & (y > 0.36) & (y < 0.76)).astype(float)
    return over(picture, ramp("#e08a4a #7a3f5a #2a2250", np.clip((x - 0.07) / 0.07, 0, 1)), trunk)


def scene(rng: np.random.Generator) -> Picture:
    """Return the garden in the afternoon, before it is broken up into dots."""
    x, y = coordinates()
    wander = noise(rng, 5)
    picture = ramp(
        "#3f78d0 #79b0ea #a9cdf0 #f7dfb0 #f6b98a", np.clip(y / 0.42 + 0.3 * (wander - 0.5), 0, 1)
    )
    clouds = 0.9 * smoothstep(0.60, 0.80, noise(rng, 4)) * smoothstep(0.36, 0.1, y)
    picture = over(picture, rgb("#fdf6e4"), clouds)
    lawn = ramp(
        "#e6e25a #9ccc44 #4f9c44 #2a6a4a", np.clip((y - 0.44) / 0.55 + 0.5 * (wander - 0.5), 0, 1)
    )
    picture = over(picture, lawn, smoothstep(0.44, 0.45, y))
    picture = trees(rng, picture, x, y)
    pond = smoothstep(1.04, 0.98, ((x - 0.66) / 0.36) ** 2 + ((y - 0.60) / 0.105) ** 2)
    mirror = picture[np.clip((2 * 0.475 - y) * WORK, 0, WORK - 1).astype(int)[:, 0]]
    ripple = 0.5 + 0.5 * np.sin(190 * y + 8 * wander)
    water = 0.5 * mirror + 0.5 * ramp("#2f4fb0 #4f86d8 #a9d4ee", ripple)
    picture = over(picture, water, pond)
    bank = smoothstep(
        0.06, 0.0, np.abs(((x - 0.66) / 0.36) ** 2 + ((y - 0.60) / 0.105) ** 2 - 1.06)
    )
    picture = over(picture, rgb("#7a4aa8"), 0.6 * bank)
    bend = 0.40 + 0.22 * np.sin(3.2 * (y - 0.5)) - 0.35 * (y - 0.75) ** 2
    path = smoothstep(0, 0.012, 0.015 + 0.16 * (y - 0.56) - np.abs(x - bend)) * smoothstep(
        0.6, 0.63, y
    )
    sand = ramp("#f8e4a8 #f4c08a #d89ac0", np.clip(0.5 + 1.6 * (wander - 0.5), 0, 1))
    return over(picture, sand, path)


def beds(rng: np.random.Generator, picture: Picture) -> Picture:
    """Flowers: many small bright blots, thickest in the foreground."""
    eight = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(eight)
    pen = ImageDraw.Draw(image)
    colours = (
        (232, 98, 46),
        (200, 50, 46),
        (216, 90, 150),
        (251, 243, 218),
        (248, 200, 58),
        (122, 74, 168),
        (79, 134, 216),
    )
    for _ in range(120):
        cx, cy = rng.random(), 0.99 - 0.36 * rng.random() ** 1.5
        if abs(cx - 0.40) < 0.03 + 0.16 * (cy - 0.56) or (cx > 0.28 and cy < 0.73):
            continue
        colour = colours[int(4 * cx + 9 * cy + rng.integers(0, 2)) % len(colours)]
        for _ in range(16):
            px, py = WORK * (np.array((cx, cy)) + rng.normal(0, (0.026, 0.012)))
            r = WORK * (0.004 + 0.014 * (cy - 0.55))
            pen.ellipse((px - r, py - r, px + r, py + r), fill=colour)
    return np.asarray(image, dtype=np.float64) / 255


def dots(
    rng: np.random.Generator,
    image: Image.Image,
    picture: Picture,
    *,
    gap: float,
    radius: float,
    stray: float,
) -> None:
    """Cover the canvas with dots on a shaken grid; `stray` is how far colours leave the picture."""
    pen = ImageDraw.Draw(image)
    steps = np.arange(-gap, WORK + gap, gap)
    places = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    places = places + rng.normal(0, 0.36 * gap, places.shape)
    places = places[rng.permutation(len(places))]
    at = np.clip(places, 0, WORK - 1).astype(int)
    wanted = picture[at[:, 1], at[:, 0]]
    wanted = wanted + stray * rng.standard_normal(wanted.shape)
    far = ((wanted[:, None] - PIGMENTS[None]) ** 2) @ np.array([0.30, 0.50, 0.20])
    chosen = PIGMENTS[np.argmin(far, axis=1)] + 0.025 * rng.standard_normal(wanted.shape)
    inks: NDArray[np.int64] = np.clip(chosen * 255, 0, 255).astype(np.int64)
    for (px, py), ink in zip(places.tolist(), inks.tolist(), strict=True):
        rx, ry = radius * rng.uniform(0.7, 1.2), radius * rng.uniform(0.7, 1.1)
        pen.ellipse((px - rx, py - ry, px + rx, py + ry), fill=(*ink, 120))
        pen.ellipse((px - 0.7 * rx, py - 0.7 * ry, px + 0.5 * rx, py + 0.5 * ry), fill=(*ink, 165))


def make() -> Image.Image:
    """Return the finished picture."""
    rng = np.random.default_rng(1884)
    picture = beds(rng, scene(rng))
    image = Image.new("RGBA", (WORK, WORK), (244, 232, 204, 60))
    dots(rng, image, picture, gap=17, radius=11, stray=0.10)
    dots(rng, image, picture, gap=11.5, radius=6.2, stray=0.17)
    layers = np.asarray(image, dtype=np.float64) / 255
    return finish(relief(layers[..., :3], blur(layers[..., 3], 1.2), 2.4, shine=0.1))
