"""Faults to order: refused requests, HTML in place of JSON, slow answers, broken connections."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Literal

from localchat.clock import Clock
from localchat.errors import ApiError

TokenKind = Literal["bot", "interaction"]
"""Whose token a request carries: the bot's own in a header, or an interaction's in its path."""

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


@dataclass(slots=True, eq=False, kw_only=True)
class Fault:
    """What goes wrong with which requests.

    Attributes:
        status: the answer's HTTP status; None to answer as usual.
        code: Discord's JSON error code.
        message: the answer's words; by default those that belong to the code or status.
        html: answer with a page of HTML, as a proxy in front of Discord does.
        via: whether the answer has the header `Via`, as all of Discord's own have. A 429 without it
            is Cloudflare's ban of an address, which is HTML, too.
        reset: break the connection instead of answering.
        delay: seconds to wait before answering.
        done: what the request asks for is done first, so that only the answer goes wrong.
        retry_after: for status 429, seconds until the request may be repeated.
        method: HTTP method of the requests; empty for all methods.
        path: regular expression, searched in the path after `/api/v10`; empty for all routes.
        token: only requests with the bot's token, or only those with an interaction's.
        struck: how many requests it has struck so far.
        times: how many it strikes; None for all. Set by `Faults.start`, as `until` is.
        until: clock seconds at which it ends.
    """

    status: int | None = None
    code: int = 0
    message: str | None = None
    html: bool = False
    via: bool = True
    reset: bool = False
    delay: float = 0.0
    done: bool = False
    retry_after: float = 0.1
    method: str = ""
    path: str = ""
    token: TokenKind | None = None
    struck: int = field(default=0, init=False)
    times: int | None = field(default=None, init=False)
    until: float = field(default=math.inf, init=False)

    @property
    def error(self) -> ApiError | None:
        """The refusal; None if there is none."""
        if self.status is None:
            return None
        words = _WORDS_OF_CODES.get(self.code) or _WORDS.get(self.status, f"{self.status}: Error")
        return ApiError(self.status, self.code, self.message or words)

    @property
    def is_page(self) -> bool:
        """Whether the answer is HTML."""
        return self.html or (self.status == 429 and not self.via)

    def strikes(self, method: str, path: str, token: TokenKind) -> bool:
        """Return whether it is for such a request."""
        return (
            self.method.upper() in {"", method}
            and self.token in {None, token}
            and re.search(self.path, path) is not None
        )


class Faults:
    """The ordered faults, in the order in which they were asked for.

    Args:
        clock: faults that last for a time follow it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: list[Fault] = []

    def start(
        self, fault: Fault, *, times: int | None = None, seconds: float | None = None
    ) -> Fault:
        """Let a fault strike from now on.

        Args:
            fault: what goes wrong.
            times: how many requests it strikes; None for all until it is stopped.
            seconds: how long it lasts by the chat's clock; None until it is stopped.
        """
        fault.times = times
        fault.until = math.inf if seconds is None else self._clock() + seconds
        self._active.append(fault)
        return fault

    def stop(self, fault: Fault | None = None) -> None:
        """End a fault, or (None) all faults."""
        self._active = [one for one in self._active if fault is not None and one is not fault]

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
        """Let the next `times` requests that match be struck: `start` in one line for tests.

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
        fault = Fault(
            status=status,
            code=code,
            message=message,
            delay=delay,
            retry_after=retry_after,
            method=method,
            path=path_regex,
        )
        self.start(fault, times=times)

    def take(self, method: str, path: str, token: TokenKind) -> Fault | None:
        """Return the fault that strikes this request, if any, and count it."""
        now = self._clock()
        for fault in tuple(self._active):
            if now >= fault.until:
                self._active.remove(fault)
            elif fault.strikes(method, path, token):
                fault.struck += 1
                if fault.struck == fault.times:
                    self._active.remove(fault)
                return fault
        return None
