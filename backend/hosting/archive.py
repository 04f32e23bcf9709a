"""The format of a backup: one tar file, which any tar can unpack.

```
about.json         of which format it is, and of which schema its rows are
tables/NAME.jsonl  the rows of a table, one a line
files/KEY          files as the file store has them
contents.json      sizes and checksums of everything before it; one that was cut off has none
```
It is not compressed: nearly all of it are pictures, which are compressed already.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final, cast

from backend.codec import Codec
from backend.errors import ConfigurationError

FORMAT: Final = 1
TABLES: Final = "tables/"
FILES: Final = "files/"
_ABOUT: Final = "about.json"
_CONTENTS: Final = "contents.json"
_ENDING: Final = ".jsonl"
_PREFIX: Final = ".backup-"
_PART: Final = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_KEY: Final = re.compile(rf"(?!scratch/){_PART}(/{_PART})+")
_TABLE: Final = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class About:
    """What an archive is: its format, its schema, and the version of the bot that made it."""

    format: int
    revision: str
    version: str


@dataclass(frozen=True, slots=True)
class Member:
    """How large something in an archive is, and its checksum (SHA-256)."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All that is in an archive, by name, and the keys of files that were not there any more."""

    members: dict[str, Member] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def names(self, kind: str) -> list[str]:
        """Return the names of all tables (`TABLES`) or the keys of all files (`FILES`)."""
        ending = _ENDING if kind == TABLES else ""
        return [
            name.removeprefix(kind).removesuffix(ending)
            for name in self.members
            if name.startswith(kind)
        ]

    @property
    def size(self) -> int:
        """Return the bytes of everything."""
        return sum(member.size for member in self.members.values())

    @property
    def fingerprint(self) -> str:
        """Return what tells this archive from others."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


_ABOUTS: Final = Codec[About](About)
_LISTS: Final = Codec[Contents](Contents)


def is_key(key: str) -> bool:
    """Tell whether a key names a file inside a folder of the store, and nothing else."""
    return bool(_KEY.fullmatch(key))


@dataclass(slots=True)
class ArchiveWriter:
    """An archive that is being made; what is added is copied to `folder` first.

    So a file that is removed or that grows meanwhile is in it as a whole, or not at all.
    """

    _tar: tarfile.TarFile
    folder: Path
    contents: Contents = field(default_factory=Contents)

    def add_table(self, name: str, rows: Path) -> None:
        """Add a file of rows."""
        self._add(f"{TABLES}{name}{_ENDING}", rows)

    def add_file(self, key: str, path: Path) -> None:
        """Add a file of the store; raises FileNotFoundError if it has gone."""
        copy = self.folder / "copy"
        shutil.copyfile(path, copy)
        self._add(FILES + key, copy)

    def _add(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            info = self._tar.gettarinfo(arcname=name, fileobj=file)
            info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            self._tar.addfile(info, file)
        self.contents.members[name] = Member(info.size, digest)

    def _add_record(self, name: str, record: About | Contents) -> None:
        path = self.folder / "record"
        path.write_text(json.dumps(asdict(record)), encoding="utf-8")
        self._add(name, path)


@contextmanager
def written(target: Path, about: About) -> Iterator[ArchiveWriter]:
    """Yield an archive to add to; it is found under its name when all of it is on the disk.

    Only its owner may read it. ConfigurationError if there is such a file already.
    """
    if target.exists():
        raise ConfigurationError(f"There is a file {target} already; choose another name.")
    with TemporaryDirectory(dir=target.parent, prefix=_PREFIX) as folder:
        path = Path(folder, "archive")
        with path.open("xb") as file:
            path.chmod(0o600)
            with streamed(file, Path(folder), about) as archive:
                yield archive
            os.fsync(file.fileno())
        path.replace(target)


@contextmanager
def streamed(output: IO[bytes], place: Path, about: About) -> Iterator[ArchiveWriter]:
    """Yield an archive to add to, which goes out while it is made; in `place` is one file of it."""
    with (
        TemporaryDirectory(dir=place, prefix=_PREFIX) as folder,
        tarfile.open(fileobj=output, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        archive = ArchiveWriter(tar, Path(folder))
        archive._add_record(_ABOUT, about)
        yield archive
        archive._add_record(_CONTENTS, archive.contents)
    output.flush()


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was read to its end, and found to be whole."""

    _tar: tarfile.TarFile
    about: About
    contents: Contents

    def lines(self, table: str) -> Iterator[bytes]:
        """Yield the rows of a table as JSON."""
        with self._open(f"{TABLES}{table}{_ENDING}") as file:
            yield from file

    def extract(self, key: str, target: Path) -> None:
        """Write a file of the store to a path."""
        with self._open(FILES + key) as file, target.open("xb") as copy:
            shutil.copyfileobj(file, copy)

    def _open(self, name: str) -> BufferedReader:
        return _opened(self._tar, self._tar.getmember(name))


@contextmanager
def verified(path: Path, file: IO[bytes] | None = None) -> Iterator[Archive]:
    """Yield an archive, every name, size and checksum in which was looked at before.

    It is read from `file`, if that is open already.

    Raises:
        ConfigurationError: it is none, is not whole, or of another format.
    """
    with ExitStack() as stack:
        try:
            archive = _verify(stack.enter_context(tarfile.open(path, "r:", file)))
        except tarfile.TarError as error:
            raise ConfigurationError(f"{path} is no backup, or is damaged: {error}.") from error
        except ValueError as error:
            raise ConfigurationError(f"The backup {path} cannot be used: {error}.") from error
        except OSError as error:
            words = f"The backup {path} cannot be read: {error.strerror}."
            raise ConfigurationError(words) from error
        yield archive


def _verify(tar: tarfile.TarFile) -> Archive:
    """Read an archive to its end; ValueError says in words what is wrong."""
    about, contents = _read_about(tar), None
    found: dict[str, Member] = {}
    for info in tar:
        if contents:
            raise ValueError(f"{info.name!r} is behind its end")
        with _opened(tar, info) as file:
            if info.name == _CONTENTS:
                contents = _LISTS.decode(file.read())
                continue
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if info.name in found or not _may_be_there(info.name):
            raise ValueError(f"{info.name!r} has no place in it")
        found[info.name] = Member(info.size, digest)
    if contents is None:
        raise ValueError("its end is missing")
    names = found.keys() | contents.members.keys()
    if wrong := sorted(name for name in names if found.get(name) != contents.members.get(name)):
        raise ValueError(f"{wrong[0]!r} is not as it was")
    return Archive(tar, about, contents)


def _read_about(tar: tarfile.TarFile) -> About:
    first = tar.next()
    if first is None or first.name != _ABOUT:
        raise ValueError("it is no backup of this bot")
    with _opened(tar, first) as file:
        about = _ABOUTS.decode(file.read())
    if about.format != FORMAT:
        raise ValueError(f"it is of another format, made by version {about.version} of the bot")
    return about


def _may_be_there(name: str) -> bool:
    if name.startswith(TABLES):
        table = name.removeprefix(TABLES)
        return table.endswith(_ENDING) and bool(_TABLE.fullmatch(table.removesuffix(_ENDING)))
    return name == _ABOUT or (name.startswith(FILES) and is_key(name.removeprefix(FILES)))


def _opened(tar: tarfile.TarFile, info: tarfile.TarInfo) -> BufferedReader:
    file = tar.extractfile(info) if info.isreg() else None
    if file is None:
        raise ValueError(f"{info.name!r} is no file")
    return cast(BufferedReader, file)  # which the types of tarfile leave open
