"""What is asked of the bot over HTTP: `/livez`, `/readyz`, and `/metrics` for Prometheus.

`/livez` answers as long as the event loop does: where it does not, only a restart helps. `/readyz`
answers 503, with a line about each trouble, while the bot cannot do its work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from backend.errors import ConfigurationError
from backend.health import Health
from backend.metrics import REGISTRY


@asynccontextmanager
async def served(host: str, port: int | None, health: Health) -> AsyncIterator[int | None]:
    """Answer at http://HOST:PORT while the block runs; yield the port.

    Any free port for 0, none at all for None.
    """
    if port is None:
        yield None
        return

    async def live(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(_request: web.Request) -> web.Response:
        troubles = await health.troubles()
        said = "".join(f"{part}: {words}\n" for part, words in troubles.items())
        status = HTTPStatus.SERVICE_UNAVAILABLE if troubles else HTTPStatus.OK
        return web.Response(text=said or "ok\n", status=status)

    async def figures(_request: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=generate_latest(REGISTRY), headers=headers)

    app = web.Application()
    for path, answer in (("/livez", live), ("/readyz", ready), ("/metrics", figures)):
        app.router.add_get(path, answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigurationError(
                f"STYLIZE_METRICS_PORT: port {port} of {host} cannot be used ({error.strerror})."
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
