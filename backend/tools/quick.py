"""Quick work on results that people wait for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from backend.errors import ToolFailed

T = TypeVar("T")


@dataclass(slots=True)
class QuickWork:
    """What is under way: equal presses share it, and nobody has more than `per_person` of it."""

    per_person: int = 3
    _tasks: dict[Hashable, asyncio.Task[Any]] = field(init=False, default_factory=dict)
    _people: Counter[int] = field(init=False, default_factory=Counter)

    async def do(self, person: int, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what `make` makes, or what somebody's work with the same key brings.

        Raises:
            ToolFailed: this person has too much under way already.
        """
        task: asyncio.Task[T] | None = self._tasks.get(key)
        if task is None:
            if self._people[person] >= self.per_person:
                raise ToolFailed(
                    "{limit} things that you asked for are still being made. Please wait for one "
                    "of them.",
                    limit=self.per_person,
                )
            task = self._tasks[key] = asyncio.create_task(make(), name="quick work")
            self._people[person] += 1
            task.add_done_callback(lambda _: self._forget(person, key))
        return await asyncio.shield(task)

    def _forget(self, person: int, key: Hashable) -> None:
        task = self._tasks.pop(key)
        self._people -= Counter([person])
        if not task.cancelled():
            task.exception()  # whoever waited may have left
