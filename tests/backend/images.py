"""Pictures after intake, as records; light to import, because painters in tests do."""

from __future__ import annotations

from backend.files.store import FileKey
from backend.records import StoredImage


def stored_image(name: str, filename: str = "photo.jpg") -> StoredImage:
    """Return a picture after intake."""
    return StoredImage(
        file=FileKey(f"spool/{name}.png"),
        thumbnail=FileKey(f"spool/{name}.jpg"),
        filename=filename,
        sha256="0" * 64,
        width=400,
        height=300,
    )
