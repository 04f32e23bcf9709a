"""What the generators share: noise, colour ramps, relief light, paper, the way to a picture file.

Pictures are float arrays of shape (height, width, 3) with sRGB values 0..1; fields are float
arrays of shape (height, width). Generators work on a canvas twice as wide as the finished style
and let `finish` scale it down, which is all the antialiasing they need.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Field = NDArray[np.float64]
Picture = NDArray[np.float64]

SIZE = 640
"""Width and height of a finished style, px."""
WORK = 2 * SIZE
"""Width and height of the canvas a generator works on, px."""


def coordinates(size: int = WORK) -> tuple[Field, Field]:
    """x and y of every pixel, each (size, size), 0 at the left or top edge and 1 at the other."""
    line = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(line, line)
    return x, y


def noise(
    rng: np.random.Generator, cells: float, *, octaves: int = 4, gain: float = 0.5, size: int = WORK
) -> Field:
    """Smooth noise of shape (size, size), stretched to 0..1.

    The coarsest octave has about `cells` bumps across; each further one has twice as many and
    `gain` times the height.
    """
    total = np.zeros((size, size))
    for octave in range(octaves):
        bumps = max(2, round(cells * 2**octave))
        grid = Image.fromarray(rng.standard_normal((bumps + 3, bumps + 3)).astype(np.float32))
        total += gain**octave * np.asarray(
            grid.resize((size, size), Image.Resampling.BICUBIC, box=(1, 1, bumps + 2, bumps + 2))
        )
    return stretch(total)


def stretch(field: Field) -> Field:
    """Return the field moved and scaled to 0..1."""
    low, high = float(field.min()), float(field.max())
    return (field - low) / max(high - low, 1e-12)


def blur(field: Field, radius: float) -> Field:
    """Gaussian blur with standard deviation `radius`, px; the edges are mirrored."""
    pad = int(3 * radius) + 1
    wide = np.pad(field, pad, mode="reflect")
    fy = np.fft.fftfreq(wide.shape[0])[:, None]
    fx = np.fft.rfftfreq(wide.shape[1])[None, :]
    response = np.exp(-2 * (np.pi * radius) ** 2 * (fx**2 + fy**2))
    soft = np.fft.irfft2(np.fft.rfft2(wide) * response, s=wide.shape)
    return soft[pad:-pad, pad:-pad]


def smoothstep(low: float | Field, high: float | Field, field: Field) -> Field:
    """0 below `low`, 1 above `high`, an S-curve between; `low` may be the larger of the two."""
    t = np.clip((field - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def rgb(code: str) -> NDArray[np.float64]:
    """Return the colour "#rrggbb" as three numbers 0..1."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def ramp(codes: str, t: Field) -> Picture:
    """Colours at positions t (0..1, any shape) on an even ramp through blank-separated codes."""
    stops = np.array([rgb(code) for code in codes.split()])
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(t, places, stops[:, c]) for c in range(3)], axis=-1)


def over(below: Picture, above: Picture | NDArray[np.float64], mask: Field) -> Picture:
    """`above` (a picture or one colour) laid over `below` where mask is 1."""
    return below + mask[..., None] * (above - below)


def ridge(
    rng: np.random.Generator, base: float, height: float, bumps: float
) -> NDArray[np.float64]:
    """Return the upper edge of hills: y (0..1) for each of WORK columns around `base`."""
    line = noise(rng, bumps, octaves=4, gain=0.4, size=WORK)[WORK // 2]
    return base - height * (stretch(line) - 0.5)


def relief(picture: Picture, height: Field, strength: float, *, shine: float = 0.0) -> Picture:
    """Light a paint surface from the upper left: brighter slopes, darker slopes, some gloss."""
    slope: Field = -(np.gradient(height, axis=0) + np.gradient(height, axis=1)) * strength
    lit = picture * (1 + np.clip(slope, -0.45, 0.45)[..., None])
    return lit + shine * (np.clip(slope, 0, 0.6) ** 2)[..., None]


def paper(rng: np.random.Generator, *, grain: float = 1.0, size: int = WORK) -> Field:
    """Tooth of a sheet of paper, 0..1 around 0.5; larger `grain` means coarser tooth."""
    fine = blur(rng.standard_normal((size, size)), 1.2 * grain)
    coarse = blur(rng.standard_normal((size, size)), 3.5 * grain)
    both = fine / fine.std() + 0.8 * coarse / coarse.std()
    tooth: Field = np.clip(0.5 + 0.16 * both, 0, 1)
    return tooth


def scales(x: Field, y: Field, width: float, top: float) -> Field:
    """Overlapping fish-scale arcs from y = `top` down: 0 mid-scale, 1 at its rim, 2 above them.

    `width` is a scale's width (0..1); the scales of a lower row lie over those of the row above.
    """
    field = np.full_like(x, 2.0)
    for row in range(int((1.05 - top) / (0.25 * width)) + 1):
        dx = (x / width + 0.5 * (row % 2)) % 1 - 0.5
        far = 2 * np.hypot(dx, (y - top - 0.5 * width - 0.25 * width * row) / width)
        field = np.where(far < 1, far, field)
    return field


def blank(value: int = 0) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an 8-bit grey canvas of WORK x WORK px filled with `value`, and the pen for it."""
    image = Image.new("L", (WORK, WORK), value)
    return image, ImageDraw.Draw(image)


def as_field(image: Image.Image) -> Field:
    """Return a grey image as a field, 0..1."""
    return np.asarray(image, dtype=np.float64) / 255


def finish(picture: Picture) -> Image.Image:
    """Return the finished style: 8 bits, scaled down to SIZE x SIZE px."""
    eight = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(eight).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
