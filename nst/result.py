"""What a style transfer gives back."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, overload

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from nst.progress import Progress
from nst.saving import encode_image, save_image
from nst.text import Text

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Result:
    """A finished picture and how it came about; notebooks show the picture.

    Attributes:
        image: the picture, sRGB.
        raw: the same before the photo's colours were put back and masks were applied: what to
            continue (`init_image`), and what `nst.finishing.finish` gives other colours.
        alpha: the photo's own transparency at the picture's size, None if it had none.
        recipe: everything needed to make it again, as JSON-ready data.
        history: the progress of every step, without previews.
        seconds: time of the optimisation.
        stopped: it was stopped early, the picture is as far as it had come.
        notes: sentences about what came out other than asked for, such as a smaller size where
            the memory of a GPU was too small.
    """

    image: Image.Image
    raw: Image.Image
    alpha: Image.Image | None
    recipe: dict[str, Any]
    history: tuple[Progress, ...]
    seconds: float
    stopped: bool
    notes: tuple[Text, ...] = ()

    def __repr__(self) -> str:
        """Return one line: size, steps, time."""
        width, height = self.image.size
        steps = f"{len(self.history)} steps" + (", stopped early" if self.stopped else "")
        return f"<nst.Result {width}×{height} px, {steps}, {self.seconds:.1f} s>"

    def _repr_png_(self) -> bytes:
        """Return the picture as PNG, with its transparency: what notebooks show."""
        return encode_image(self.image, ".png", recipe=None, alpha=self.alpha)[1]

    def numpy(self) -> npt.NDArray[np.uint8]:
        """Return the picture as an array: height × width × 3, sRGB, 0 to 255; a copy."""
        return np.array(self.image, dtype=np.uint8)

    def tensor(self) -> Tensor:
        """Return the picture as a tensor on the CPU: (3, height, width), sRGB, float32, 0 to 1."""
        return torch.from_numpy(self.numpy()).permute(2, 0, 1).float().div(255)

    @overload
    def save(self, target: str | Path, *, max_bytes: int | None = None) -> Path: ...

    @overload
    def save(
        self, target: BinaryIO | io.BytesIO, *, suffix: str = ".png", max_bytes: int | None = None
    ) -> None: ...

    def save(
        self,
        target: str | Path | BinaryIO | io.BytesIO,
        *,
        suffix: str = ".png",
        max_bytes: int | None = None,
    ) -> Path | None:
        """Write the picture with its recipe in the metadata.

        Args:
            target: a path, whose suffix picks the format (without one the best that fits
                `max_bytes` is taken), or a binary file object.
            suffix: picks the format for a file object.
            max_bytes: the file must not be larger.

        Returns:
            The path written, with its suffix; None for a file object.

        Raises:
            ImageError: the format cannot be written or cannot be made small enough.
        """
        image, recipe, alpha = self.image, self.recipe, self.alpha
        if isinstance(target, str | Path):
            return save_image(image, target, recipe=recipe, alpha=alpha, max_bytes=max_bytes)
        _, data = encode_image(image, suffix, recipe=recipe, alpha=alpha, max_bytes=max_bytes)
        target.write(data)
        return None
