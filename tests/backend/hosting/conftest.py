"""An object store to move to."""

from tests.backend.files.conftest import bucket, s3

__all__ = ["bucket", "s3"]
