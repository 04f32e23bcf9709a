"""`python -m localchat`: a local chat to try a bot by hand."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from localchat.chat import LocalChat


async def serve(port: int) -> None:
    """Serve a chat until cancelled, and print how to reach it."""
    async with LocalChat(port) as chat:
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
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
