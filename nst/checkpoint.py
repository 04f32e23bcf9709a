"""The state of an unfinished painting on disk, so that a run that was cut off can continue.

A checkpoint is a NumPy archive without pickled objects: the picture, how many steps it has taken,
how long they took, and a fingerprint of everything that the picture depends on. The memory of
L-BFGS is not kept: it is twenty times as large and fills again within a few steps.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import time
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)
_START: Final = b"PK\x03\x04"  # of an archive
# Writing may take this share of a run's time at most.
_SHARE: Final = 0.02
_MAX_BYTES: Final = 256 * 2**20  # a picture of 4096 × 4096 px takes 192 MiB
# What NumPy and zipfile raise on files that are no archives, or were cut off or changed (every byte
# of one was changed to see).
_UNREADABLE: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A painting after some steps.

    Attributes:
        picture: (1, 3, height, width), normalised, float32, at the scale that was worked on.
        step: image updates done.
        seconds: of work so far.
    """

    picture: NDArray[np.float32]
    step: int
    seconds: float


class CheckpointFile:
    """One painting's checkpoint.

    Args:
        path: the file.
        recipe: everything that the picture depends on, JSON-ready; a checkpoint of another recipe
            is not used.
        seconds: least time between two writes.
    """

    def __init__(self, path: Path, recipe: Mapping[str, Any], seconds: float) -> None:
        self._path = path
        text = json.dumps(recipe, sort_keys=True)
        self._fingerprint = hashlib.sha256(text.encode()).hexdigest()
        self._half_written = path.with_name(f"{path.name}.new")
        self._seconds = seconds
        self._next = time.monotonic() + seconds

    def read(self) -> Checkpoint | None:
        """Read the checkpoint; None if there is none that can be used."""
        try:
            with zipfile.ZipFile(self._path) as archive:
                _check_size(archive)
                if str(_array(archive, "fingerprint")) != self._fingerprint:
                    _LOG.info("the checkpoint %s is of another picture", self._path.name)
                    return None
                return _checked(archive)
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            _LOG.warning("the checkpoint %s cannot be read: %s", self._path.name, error)
            return None

    @property
    def is_due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() >= self._next

    def write(self, checkpoint: Checkpoint) -> None:
        """Replace the file in one step; a disk that is full or gone costs the checkpoint only."""
        began = time.monotonic()
        try:
            with self._half_written.open("wb") as file:
                np.savez(
                    file,
                    fingerprint=np.array(self._fingerprint),
                    picture=checkpoint.picture,
                    step=np.array(checkpoint.step),
                    seconds=np.array(checkpoint.seconds),
                )
            os.replace(self._half_written, self._path)  # noqa: PTH105 - the name says what it does
        except OSError as error:
            _LOG.warning("no checkpoint could be written: %s", error)
            with suppress(OSError):
                self._half_written.unlink()
        now = time.monotonic()
        self._next = now + max(self._seconds, (now - began) / _SHARE)

    def remove(self) -> None:
        """Remove the file, and what a write that was cut off left behind."""
        for path in (self._path, self._half_written):
            with suppress(OSError):
                path.unlink()


def could_be_replaced(path: Path) -> bool:
    """Tell whether a file is a checkpoint by its first bytes, or empty, or not there."""
    try:
        with path.open("rb") as file:
            return file.read(len(_START)) in {b"", _START}
    except OSError:  # where it cannot be read, the run tells
        return True


def _check_size(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that unpacks to more than its own size: nothing in ours is packed."""
    assert archive.fp is not None  # noqa: S101 - for the type checker; it is open
    size = archive.fp.seek(0, os.SEEK_END)
    if size > _MAX_BYTES or sum(part.file_size for part in archive.infolist()) > size:
        raise ValueError("it would unpack to far too much")


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Read an array, whose header must not claim more than the archive holds."""
    part = archive.getinfo(f"{name}.npy")
    with archive.open(part) as file:
        if npy.read_magic(file) != (1, 0):
            raise ValueError(f"{name} has another format")
        shape, _, kind = npy.read_array_header_1_0(file)
        if math.prod(shape) * kind.itemsize > part.file_size:
            raise ValueError(f"{name} is not all there")
    with archive.open(part) as file:
        return npy.read_array(file, allow_pickle=False)


def _checked(archive: zipfile.ZipFile) -> Checkpoint:
    """Read the checkpoint of an archive; it must be one of a picture."""
    picture = np.asarray(_array(archive, "picture"), dtype=np.float32)
    found = Checkpoint(
        picture, int(_array(archive, "step").item()), float(_array(archive, "seconds").item())
    )
    if picture.ndim != 4 or picture.shape[:2] != (1, 3) or 0 in picture.shape:
        raise ValueError(f"a picture of shape {picture.shape}")
    if not (found.step >= 0 and found.seconds >= 0 and math.isfinite(found.seconds)):
        raise ValueError("no place in the run")
    if not np.isfinite(picture).all():
        raise ValueError("numbers that are none")
    return found
