"""Night wind: a moonlit sky of swirling strokes in blues and golds over dark hills."""

import numpy as np
from PIL import Image

from docs.starter_styles.canvas import (
    WORK,
    Field,
    Picture,
    coordinates,
    finish,
    noise,
    over,
    ramp,
    rgb,
    ridge,
    smoothstep,
)
from docs.starter_styles.oil import Brush, Oil

# x, y, reach, turn (+1 clockwise) of the sky's whirls; the moon is the first.
WHIRLS = (
    (0.74, 0.20, 0.17, 1.0),
    (0.36, 0.36, 0.20, -1.0),
    (0.12, 0.13, 0.11, 1.0),
    (0.62, 0.52, 0.10, 1.0),
    (0.93, 0.47, 0.09, -1.0),
    (0.43, 0.08, 0.09, 1.0),
)
STARS = (
    (0.12, 0.13, 0.030),
    (0.43, 0.08, 0.022),
    (0.93, 0.47, 0.020),
    (0.62, 0.52, 0.018),
    (0.25, 0.20, 0.016),
    (0.08, 0.42, 0.018),
    (0.55, 0.27, 0.014),
    (0.94, 0.07, 0.016),
)


def sky_flow(x: Field, y: Field, wander: Field) -> Field:
    """Direction of the wind, radians: a wavy stream to the right with whirls in it."""
    u = np.ones_like(x)
    v = 0.55 * np.sin(7 * x + 4 * y + 3 * wander)
    for cx, cy, reach, turn in WHIRLS:
        dx, dy = x - cx, y - cy
        pull = 5.5 * np.exp(-((dx**2 + dy**2) / reach**2)) / reach
        u, v = u - turn * pull * dy, v + turn * pull * dx
    return np.arctan2(v, u)


def scene(rng: np.random.Generator) -> tuple[Picture, Field, Field]:
    """Return the picture to paint, the direction of its strokes and the mask of its lights."""
    x, y = coordinates()
    wander = noise(rng, 5)
    angle = sky_flow(x, y, wander)
    bands = 0.5 + 0.5 * np.sin(34 * (y + 0.06 * np.sin(7 * x)) + 9 * wander)
    depth = np.clip(0.75 * (0.2 + 0.9 * y) * (0.5 + bands) + 0.25 * noise(rng, 9), 0, 1)
    picture = ramp("#0b1748 #123a8c #1f5fb4 #4b93cf #a9cfe0", depth)
    lights = np.zeros_like(x)
    for cx, cy, size in ((WHIRLS[0][0], WHIRLS[0][1], 0.075), *STARS):
        far = np.hypot(x - cx, y - cy) / size
        rings = 0.62 + 0.38 * np.cos(5.2 * far)
        glow = np.exp(-0.55 * far) * rings
        picture = over(picture, rgb("#f2c53d"), np.clip(1.5 * glow, 0, 1))
        picture = over(picture, rgb("#fff3bd"), smoothstep(1.05, 0.75, far))
        lights = np.maximum(lights, smoothstep(3.5, 1.5, far))
    for base, height, bumps, codes in (
        (0.70, 0.10, 3, "#2a5a9a #16326e"),
        (0.77, 0.12, 4, "#2e7a74 #12404f"),
        (0.86, 0.10, 3, "#7d8f2e #1c4a3a"),
        (0.95, 0.07, 5, "#c79a2c #27421f"),
    ):
        edge = ridge(rng, base, height, bumps)
        below = y - edge[None, :]
        land = ramp(codes, np.clip(below / 0.10 + 0.5 * (noise(rng, 14) - 0.5), 0, 1))
        inside = smoothstep(0, 0.004, below)
        picture = over(picture, land, inside)
        slope = np.arctan(np.gradient(edge) * WORK)[None, :] + 0.5 * (wander - 0.5)
        angle = np.where(inside > 0.5, slope, angle)
        lights = lights * (1 - inside)
    return picture, angle, lights


def cypress(picture: Picture, angle: Field) -> tuple[Picture, Field]:
    """Two flame-shaped trees in the left foreground."""
    x, y = coordinates()
    for foot, top, half in ((0.17, 0.40, 0.052), (0.255, 0.60, 0.032)):
        t = np.clip((y - top) / (1.02 - top), 0, 1)
        sway = foot + 0.018 * np.sin(9 * t + 30 * foot)
        inside = (np.abs(x - sway) < half * np.sqrt(t) * (1.15 - 0.5 * t)) & (y > top)
        tint = 0.5 + 0.5 * np.sin(150 * (x - sway) / (0.3 + t) + 14 * t)
        picture = over(picture, ramp("#071a16 #14402c #3c6b2c", tint), inside.astype(float))
        angle = np.where(inside, -np.pi / 2 + 0.5 * np.sin(16 * t + 40 * (x - sway)), angle)
    return picture, angle


def make() -> Image.Image:
    """Return the finished picture."""
    rng = np.random.default_rng(1889)
    picture, angle, lights = scene(rng)
    picture, angle = cypress(picture, angle)
    oil = Oil((18, 34, 84))
    oil.paint(rng, picture, angle, Brush(width=46, length=210, count=1500, jitter=0.05))
    oil.paint(rng, picture, angle, Brush(width=26, length=130, count=4200))
    oil.paint(rng, picture, angle, Brush(width=14, length=80, count=6500, jitter=0.075))
    oil.paint(
        rng, picture, angle, Brush(width=9, length=44, count=9000), where=0.15 + 0.85 * lights
    )
    return finish(oil.dry())
