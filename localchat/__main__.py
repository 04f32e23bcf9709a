"""`python -m localchat`: a local chat to try a bot by hand."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from pathlib import Path

from localchat.chat import LocalChat


async def serve(port: int, keep_in: Path | None) -> None:
    """Serve a chat until cancelled, and print how to reach it."""
    async with LocalChat(port, keep_in=keep_in) as chat:
        for name, value in (
            ("page", chat.page_url),
            ("token", chat.token),
            ("API", chat.api_url),
            ("gateway", chat.gateway_url),
        ):
            print(f"{name:>8}  {value}", flush=True)  # noqa: T201 - what the command is for
        await asyncio.Event().wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m localchat", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1; 0: a free one")
    parser.add_argument("--keep-in", type=Path, help="folder from which it goes on as it was left")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(given.port, given.keep_in))


if __name__ == "__main__":
    main()
