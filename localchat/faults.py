"""Faults a test can order: refused requests, slow answers, dropped connections."""

from __future__ import annotations

import re
from dataclasses import dataclass

from localchat.errors import ApiError

_WORDS = {
    400: "400: Bad Request",
    401: "401: Unauthorized",
    403: "403: Forbidden",
    404: "404: Not Found",
    429: "You are being rate limited.",
    500: "500: Internal Server Error",
    502: "502: Bad Gateway",
    503: "503: Service Unavailable",
}

_WORDS_OF_CODES = {
    10008: "Unknown Message",
    40005: "Request entity too large",
    50001: "Missing Access",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
    200000: "Message was blocked by automatic moderation",
    200001: "Title was blocked by automatic moderation",
}


@dataclass(slots=True)
class Fault:
    """One ordered fault.

    Attributes:
        method: HTTP method it waits for.
        path: pattern the path (after `/api/v10`) must contain.
        error: what to answer; None to answer as usual.
        delay: seconds to wait before answering.
        retry_after: seconds, for status 429.
        times: how many requests it still strikes.
    """

    method: str
    path: re.Pattern[str]
    error: ApiError | None
    delay: float
    retry_after: float
    times: int


class Faults:
    """The ordered faults, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def next(
        self,
        method: str,
        path_regex: str,
        *,
        status: int | None = None,
        code: int = 0,
        message: str | None = None,
        delay: float = 0.0,
        retry_after: float = 0.1,
        times: int = 1,
    ) -> None:
        """Answer the next `times` requests that match with `status` instead.

        Args:
            method: such as `PATCH`.
            path_regex: searched in the path after `/api/v10`.
            status: the answer's HTTP status; None only delays.
            code: Discord's JSON error code.
            message: the answer's words; by default those that belong to the code or status.
            delay: seconds to wait first.
            retry_after: for status 429, seconds until the request may be repeated.
            times: how many requests are struck.
        """
        error = None
        if status is not None:
            words = _WORDS_OF_CODES.get(code) or _WORDS.get(status, f"{status}: Error")
            error = ApiError(status, code, message or words)
        self._waiting.append(
            Fault(method.upper(), re.compile(path_regex), error, delay, retry_after, times)
        )

    def clear(self) -> None:
        """Forget those that have not struck yet."""
        self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that strikes this request, if any; counts it."""
        for fault in self._waiting:
            if fault.method == method and fault.path.search(path):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
