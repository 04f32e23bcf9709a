"""What a verb of the tools is given: open files and options."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Any, BinaryIO, Final

from nst.errors import ImageError
from nst.isolation import Isolation
from nst.text import Text

Answer = dict[str, Any]

_NO_ROOM: Final = Text("There is no room left to store this picture. Try again later.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the process allows itself (POSIX resource limits).

    Attributes:
        memory_mib: address space. Unpacking 64 megapixels took 1.3 GiB at its worst (float
            TIFF, WebP with transparency).
        cpu_seconds: processor time; the system ends the process after that.
        file_mib: size of any file it writes.
        open_files: descriptors.
    """

    memory_mib: int = 2048
    cpu_seconds: int = 10
    file_mib: int = 256
    open_files: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One piece of work.

    Attributes:
        reads: descriptors to read from, by name.
        writes: descriptors to write to, by name.
        options: everything else, by name.
        limits: of the process.
        isolation: how much of it is asked of the kernel.
    """

    reads: Mapping[str, Sequence[int]] = field(default_factory=dict)
    writes: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Resources
    isolation: Isolation

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Request:
        """Build a request from decoded JSON.

        Raises:
            TypeError, ValueError: a field is unknown, or cannot have that value.
        """
        limits = Resources(**data.get("limits", {}))
        isolation = Isolation(data.get("isolation", Isolation.BEST))
        return cls(**{**data, "limits": limits, "isolation": isolation})

    def files(self, name: str) -> list[BufferedReader]:
        """Open the files called `name` for reading; an empty list if there are none."""
        return [os.fdopen(number, "rb") for number in self.reads.get(name, ())]

    def file(self, name: str) -> BufferedReader:
        """Open the one file called `name` for reading."""
        (file,) = self.files(name)
        return file

    def write(self, name: str, data: bytes) -> None:
        """Write the file called `name`.

        Raises:
            ImageError: the disk is full.
        """
        with self.open(name) as file:
            file.write(data)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open the file called `name` for writing.

        Raises:
            ImageError: the disk is full.
        """
        try:
            with os.fdopen(self.writes[name], "wb") as file:
                yield file
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise ImageError(_NO_ROOM) from error
            raise
