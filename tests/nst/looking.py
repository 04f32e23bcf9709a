"""A guard that fails when a number is taken from the device to the host, where a GPU would stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

_LOOKS = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal.default")


class _NoLooking(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch's, untyped
    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        assert not any(look in str(func) for look in _LOOKS), func
        return func(*args, **(kwargs or {}))


def no_looking() -> _NoLooking:
    """Return the guard, a context manager."""
    return _NoLooking()  # type: ignore[no-untyped-call] # torch's, untyped
