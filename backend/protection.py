"""What the bot's own process does so that nobody looks into it."""

from __future__ import annotations

import logging
from contextlib import suppress

from backend.errors import ConfigurationError
from backend.settings import Settings, forget_secrets, variable
from nst.isolation import Isolation, IsolationError, missing_layers, process

_LOG = logging.getLogger(__name__)


def protect(settings: Settings) -> None:
    """Hide this process and its secrets, and say once what this system lacks."""
    forget_secrets()
    name = variable("isolation")
    if settings.isolation is Isolation.OFF:
        _LOG.warning("%s is off: what takes over a decoder reaches all that the bot can.", name)
        return
    if missing := ", ".join(missing_layers()):
        if settings.isolation is Isolation.REQUIRED:
            raise ConfigurationError(f"{name} is required, but this system lacks: {missing}.")
        _LOG.warning(
            "Strangers' pictures are unpacked with less isolation; this system lacks: %s.", missing
        )
    with suppress(IsolationError):
        process.hide()
