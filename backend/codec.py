"""Records to JSON and back: columns of the database, and what goes to worker processes.

pydantic looks at the types of a record's fields, so that a new field is written and read without a
line of code here. What does not fit is refused: a row of another version, or what a worker made up.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import PydanticSerializationError

T = TypeVar("T")

STRICT = ConfigDict(extra="forbid")
"""For `pydantic.with_config` above a record: a field that is not known is refused."""


class Unreadable(ValueError):
    """JSON that is not that of the record."""


class Codec(Generic[T]):
    """Turns records of one kind into JSON and back; a union needs a `config` of its own."""

    def __init__(self, kind: Any, config: ConfigDict | None = None) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind, config=config)

    def encode(self, record: T) -> str:
        """Return a record as JSON; ValueError if it holds what JSON cannot."""
        try:
            return self._adapter.dump_json(record).decode()
        except PydanticSerializationError as error:
            raise ValueError(str(error)) from error

    def decode(self, data: str | bytes) -> T:
        """Return the record of its JSON, or raise Unreadable."""
        try:
            return self._adapter.validate_json(data, strict=True)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unreadable(str(error)) from error
