"""Short clips whose motion is known: where each pixel was in the frame before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import backend.examples
from nst import LoadedImage, load_image, open_film
from nst.film.flow import Bools, Floats, inside, optical_flow, places, trusted

EXAMPLES = Path(backend.examples.__file__).parent
_OVERSAMPLED = 4
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Motion:
    """Where the pixels of a frame were in the frame before.

    Attributes:
        there: (height, width, 2), x and y.
        known: (height, width).
    """

    there: Floats
    known: Bools


@dataclass(frozen=True, slots=True)
class Clip:
    """A film whose motion is known.

    Attributes:
        frames: of one size.
        motions: from each frame to the one before; None at a cut.
    """

    frames: list[Image.Image]
    motions: list[Motion | None]


@dataclass(frozen=True, slots=True)
class Camera:
    """What a camera sees of a photo.

    Attributes:
        photo: RGB.
        size: of a frame, width and height.
        where: for each frame, from its pixels to the photo's, (2, 3).
    """

    photo: Image.Image
    size: tuple[int, int]
    where: Sequence[Matrix]

    def clip(self) -> Clip:
        """Film it."""
        frames = [Image.fromarray(self._seen(matrix)) for matrix in self.where]
        motions: list[Motion | None] = []
        width, height = self.size
        grid = places(np.zeros((height, width, 2), np.float32))
        for before, after in pairwise(self.where):
            step = np.linalg.inv(_square(before)) @ _square(after)
            there = (grid @ step[:2, :2].T + step[:2, 2]).astype(np.float32)
            motions.append(Motion(there, inside(there)))
        return Clip(frames, motions)

    def _seen(self, matrix: Matrix) -> NDArray[np.uint8]:
        """Return one frame, each pixel a mean of many points, as in a camera."""
        width, height = (side * _OVERSAMPLED for side in self.size)
        fine = matrix.copy()
        fine[:, 2] += matrix[:, :2] @ np.full(2, 0.5 / _OVERSAMPLED - 0.5)
        fine[:, :2] /= _OVERSAMPLED
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        large = cv2.warpAffine(np.asarray(self.photo), fine, (width, height), flags=flags)
        return np.asarray(cv2.resize(large, self.size, interpolation=cv2.INTER_AREA), np.uint8)


def _square(matrix: Matrix) -> Matrix:
    return np.vstack([matrix, [0, 0, 1]])


def _view(photo: Image.Image, size: tuple[int, int], scale: float, turn: float = 0.0) -> Matrix:
    """Return a view of the middle of a photo.

    Args:
        photo: RGB.
        size: of the frame.
        scale: share of the photo that fits into the frame's width, at turn 0.
        turn: degrees.
    """
    step, angle = scale * photo.width / size[0], np.radians(turn)
    turned = step * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array(photo.size) / 2 - turned @ (np.array(size) / 2)
    return np.column_stack([turned, middle])


def _photo(name: str) -> Image.Image:
    return load_image(EXAMPLES / "photos" / f"{name}.jpg").image


def pan(size: tuple[int, int], count: int, name: str = "chelsea") -> Clip:
    """Go to the right by 2.3 pixels a frame, and down by 0.7."""
    photo = _photo(name)
    first = _view(photo, size, 0.6)
    step = first[:, :2] @ np.array([2.3, 0.7])
    shift = np.array([[0, 0, step[0]], [0, 0, step[1]]])
    return Camera(photo, size, [first + shift * (n - count / 2) for n in range(count)]).clip()


def zoom_in(size: tuple[int, int], count: int) -> Clip:
    """Come 2 % nearer with each frame."""
    photo = _photo("chelsea")
    return Camera(photo, size, [_view(photo, size, 0.65 * 1.02**-n) for n in range(count)]).clip()


def zoom_out(size: tuple[int, int], count: int) -> Clip:
    """Go 2 % away with each frame."""
    photo = _photo("coffee")
    return Camera(photo, size, [_view(photo, size, 0.5 * 1.02**n) for n in range(count)]).clip()


def turn(size: tuple[int, int], count: int) -> Clip:
    """Turn by 1.5 degrees a frame."""
    photo = _photo("astronaut")
    return Camera(photo, size, [_view(photo, size, 0.5, 1.5 * n) for n in range(count)]).clip()


def thing(size: tuple[int, int], count: int) -> Clip:
    """Move a round part of one photo before another one, which is still."""
    width, height = size
    ground = np.asarray(_photo("coffee").resize(size, Image.Resampling.LANCZOS))
    cat = np.asarray(_photo("chelsea").resize(size, Image.Resampling.LANCZOS))
    rows, columns = np.indices((height, width))
    radius, step, middle = height / 4, 4.3, (width / 2, height / 2)

    def disc(number: int) -> Bools:
        left = width / 4 + step * number
        found: Bools = (columns - left) ** 2 + (rows - middle[1]) ** 2 < radius**2
        return found

    frames, motions = [], []
    grid = places(np.zeros((height, width, 2), np.float32))
    for number in range(count):
        shown, before = disc(number), disc(number - 1)
        shift = np.array([[1, 0, width / 4 + step * number - middle[0]], [0, 1, 0.0]])
        image = cv2.warpAffine(cat, shift, size, flags=cv2.INTER_CUBIC)
        frames.append(Image.fromarray(np.where(shown[..., None], image, ground)))
        there = grid - np.where(shown[..., None], np.array([step, 0], np.float32), 0)
        motions.append(Motion(there.astype(np.float32), shown | ~before))
    return Clip(frames, list(motions[1:]))


def cut(size: tuple[int, int], count: int) -> Clip:
    """Put one pan behind another."""
    one, other = pan(size, (count + 1) // 2), pan(size, (count + 1) // 2, "coffee")
    return Clip(one.frames + other.frames, [*one.motions, None, *other.motions])


def real(size: tuple[int, int], count: int, path: Path) -> Clip:
    """Take every second frame of a video from its middle on; its flow is its own."""
    film = open_film(path)
    start = max(0, (film.info.frames or 2 * count) // 2 - count)
    frames = [
        frame.image.colour.resize(_within(frame.image, size), Image.Resampling.LANCZOS)
        for frame in islice(film, start, start + 2 * count, 2)
    ]
    greys = [np.asarray(frame.convert("L")) for frame in frames]
    motions: list[Motion | None] = []
    for before, after in pairwise(greys):
        back = optical_flow(after, before)
        motions.append(Motion(places(back), trusted(back, optical_flow(before, after))))
    return Clip(frames, motions)


def _within(image: LoadedImage, size: tuple[int, int]) -> tuple[int, int]:
    width, height = image.colour.size
    return size[0], round(size[0] * height / width)


CLIPS: dict[str, Callable[[tuple[int, int], int], Clip]] = {
    "pan": pan,
    "zoom in": zoom_in,
    "zoom out": zoom_out,
    "turn": turn,
    "thing": thing,
    "cut": cut,
}
