"""The shelf's folder: clean pictures and thumbnails that outlive the spool."""

from __future__ import annotations

import asyncio
import logging
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.jobs.model import SpooledImage

_LOG = logging.getLogger(__name__)
_ENDINGS: Final = (".png", ".jpg")


class PictureFolder:
    """Files of pictures, each under a name of its own.

    Args:
        folder: made by `prepare`; only its owner may look inside.

    Attributes:
        path: the folder, absolute.
        gate: held from before a picture is adopted until somebody has noted it, and while the
            folder is swept.
    """

    def __init__(self, folder: Path) -> None:
        # Absolute, as jobs keep the paths: what one names is found in the other.
        self.path = folder.absolute()
        self.gate = asyncio.Lock()

    async def prepare(self) -> None:
        """Make the folder.

        Raises:
            OSError: it cannot be made.
        """
        await asyncio.to_thread(_prepare, self.path)

    async def adopt(self, image: SpooledImage, name: str) -> SpooledImage:
        """Copy a picture here; the files that it comes from are left to their owner.

        Args:
            image: after intake.
            name: what it is called from now on.

        Raises:
            OSError: it cannot be stored; nothing is left behind.
        """
        file = uuid.uuid4().hex
        new = replace(image, filename=name, path=self.clean(file), thumbnail=self.thumbnail(file))
        try:
            await asyncio.to_thread(_copy, image, new)
        except BaseException:
            await self.delete([file])
            raise
        return new

    async def delete(self, files: Iterable[str]) -> None:
        """Remove pictures; those already gone are no error."""
        paths = [self.path / f"{file}{end}" for file in files for end in _ENDINGS]
        await asyncio.to_thread(_unlink, paths)

    async def keep_only(self, files: Iterable[str], paths: Iterable[Path]) -> int:
        """Remove everything but the pictures `files` and the files at `paths`; returns how many."""
        kept = {self.path / f"{file}{end}" for file in files for end in _ENDINGS} | set(paths)
        return await asyncio.to_thread(_sweep, self.path, kept)

    def clean(self, file: str) -> Path:
        """The picture itself, PNG."""
        return self.path / f"{file}{_ENDINGS[0]}"

    def thumbnail(self, file: str) -> Path:
        """Its small JPEG."""
        return self.path / f"{file}{_ENDINGS[1]}"


def _prepare(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def _copy(image: SpooledImage, new: SpooledImage) -> None:
    shutil.copyfile(image.path, new.path)
    shutil.copyfile(image.thumbnail, new.thumbnail)


def _sweep(folder: Path, kept: set[Path]) -> int:
    strays = [path for path in folder.iterdir() if path not in kept and path.is_file()]
    _unlink(strays)
    return len(strays)


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            _LOG.exception("cannot remove %s from the shelf", path.name)
