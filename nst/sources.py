"""The pictures that Python programs hold, in whatever form."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nst.decode import decode
from nst.errors import ImageError
from nst.images import LoadedImage, load_image, pillow_errors
from nst.reading import Raster

if TYPE_CHECKING:
    from torch import Tensor

ImageSource: TypeAlias = (
    "str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[np.uint8]"
    " | NDArray[np.floating[Any]] | Tensor | LoadedImage"
)

_ROUNDING: Final = 1e-3
_TAKEN: Final = (
    "A picture is a path, bytes, an open binary file, a PIL image, a NumPy array (height × width × "
    "3, uint8 or floats from 0 to 1) or a torch tensor (3 × height × width, or 1 × 3 × height × "
    "width, uint8 or floats from 0 to 1)"
)


def as_loaded(source: ImageSource) -> LoadedImage:
    """Load the picture of any source.

    Args:
        source: what `_TAKEN` says, or a loaded picture, which comes back as it is. PIL images,
            arrays and tensors are taken to be sRGB and upright; arrays may be grey (height × width)
            or have an opacity as fourth channel; masks may be arrays of bool.

    Raises:
        ImageError: it cannot be used, or is nothing of that kind.
    """
    if isinstance(source, LoadedImage):
        return source
    if isinstance(source, str | bytes | bytearray):
        return load_image(source if isinstance(source, str) else bytes(source))
    if isinstance(source, os.PathLike):
        return load_image(Path(source))
    image = _in_memory(source)
    if image is not None:
        return _of_image(image)
    if hasattr(source, "read"):
        return _of_file(cast("BinaryIO", source))
    raise ImageError(f"{_TAKEN}, not {type(source).__name__}.")


def _in_memory(source: object) -> Image.Image | None:
    """Return the picture of whatever holds pixels."""
    if isinstance(source, Image.Image):
        return source
    torch = sys.modules.get("torch")  # without it nobody can hold a tensor
    if torch and isinstance(source, torch.Tensor):
        source = _of_tensor(source)
    return _of_array(source) if isinstance(source, np.ndarray) else None


def _of_file(file: BinaryIO) -> LoadedImage:
    try:
        return load_image(file)
    except TypeError as error:
        raise ImageError(f"{_TAKEN}, not a file opened as text.") from error


def _of_image(source: Image.Image) -> LoadedImage:
    if 0 in source.size:
        raise ImageError(f"{_TAKEN}, not an empty image.")
    with pillow_errors():  # the file behind it may not have been read yet
        image = source.copy()
        image.info = {key: value for key, value in image.info.items() if key == "transparency"}
        decoded = decode(Raster(pixels=image))
    digest = hashlib.sha256(f"{decoded.colour.size}".encode() + decoded.colour.tobytes())
    if decoded.alpha is not None:
        digest.update(decoded.alpha.tobytes())
    return LoadedImage(decoded.colour, decoded.alpha, digest.hexdigest())


def _of_array(values: NDArray[Any]) -> Image.Image:
    if values.ndim not in {2, 3} or (values.ndim == 3 and values.shape[2] not in {3, 4}):
        raise ImageError(f"{_TAKEN}, not an array of shape {values.shape}.")
    if values.size == 0:
        raise ImageError(f"{_TAKEN}, not an empty array.")
    if values.dtype == np.bool_:  # masks
        values = values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind == "f":
        if not (values.min() >= -_ROUNDING and values.max() <= 1 + _ROUNDING):
            raise ImageError(
                f"{_TAKEN}, not floats from {values.min():g} to {values.max():g}. "
                "Divide by the number that means white first."
            )
        values = np.rint(values.astype(np.float32).clip(0, 1) * 255).astype(np.uint8)
    if values.dtype != np.uint8:
        raise ImageError(f"{_TAKEN}, not an array of {values.dtype}.")
    return Image.fromarray(np.ascontiguousarray(values))


def _of_tensor(tensor: Tensor) -> NDArray[Any]:
    shape = tuple(tensor.shape)
    if tensor.ndim == 4 and shape[0] == 1:
        tensor = tensor[0]
    if tensor.ndim != 3 or tensor.shape[0] != 3:
        raise ImageError(f"{_TAKEN}, not a tensor of shape {shape}.")
    tensor = tensor.detach().cpu().permute(1, 2, 0)
    values: NDArray[Any] = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    return values
