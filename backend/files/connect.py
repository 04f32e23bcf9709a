"""Where the files are kept: in the data folder by default, or in an object store."""

from __future__ import annotations

from typing import Final

from backend.errors import ConfigurationError
from backend.files.local import LocalFiles
from backend.files.store import FileStore
from backend.settings import Settings

_GB: Final = 10**9


def locate_files(settings: Settings) -> FileStore:
    """Return the store that the host has chosen, not looked at yet."""
    folder, url, gigabytes = settings.data_dir, settings.files, settings.max_disk_gb
    if url is None:
        return LocalFiles(folder, gigabytes and gigabytes * _GB)
    try:
        from backend.files.objects import ObjectFiles  # noqa: PLC0415 - needs what is not always there
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "The library for object stores is missing: pip install 'stylize-bot[s3]'."
        ) from error
    bound = {"max_bytes": gigabytes * _GB} if gigabytes else {}
    return ObjectFiles(url, folder, options=settings.store_options, **bound)
