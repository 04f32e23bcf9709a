"""The PostgreSQL server of the backend's tests."""

from tests.backend.conftest import postgres

__all__ = ["postgres"]
