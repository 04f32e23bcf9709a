"""Logging without secrets: tokens and signatures are taken out of every line."""

from __future__ import annotations

import logging
import re
from typing import Final

# Interaction and webhook tokens stand in paths, signatures of attachment links in queries;
# discord.py writes whole gateway events at level DEBUG.
_SECRETS: Final = (
    (re.compile(r"""(["']token["']: ?["'])[^"']+"""), r"\1[token]"),
    (re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/\s?'\"]+"), r"\1[token]"),
    (re.compile(r"([?&](?:ex|is|hm)=)[^&\s'\"]+"), r"\1[signature]"),
)


class RedactingFormatter(logging.Formatter):
    """Formats as usual, traceback included, then blanks what nobody should read.

    Args:
        secrets: texts that must never appear, such as the bot's token.
    """

    def __init__(self, *secrets: str) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """The line as it may be written."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "[token]")
        for pattern, replacement in _SECRETS:
            text = pattern.sub(replacement, text)
        return text


def set_up_logging(level: str, *secrets: str) -> None:
    """Log to stderr from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(*secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
