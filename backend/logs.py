"""Logging without secrets: tokens and signatures are taken out of every line."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

# Interaction and webhook tokens stand in paths, signatures of attachment links in queries;
# discord.py writes whole gateway events at level DEBUG.
_SECRETS: Final = (
    (re.compile(r"""(["']token["']: ?["'])[^"']+"""), r"\1[token]"),
    (re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/\s?'\"]+"), r"\1[token]"),
    (re.compile(r"([?&](?:ex|is|hm)=)[^&\s'\"]+"), r"\1[signature]"),
)

JOB_ID: Final = ContextVar[str | None]("JOB_ID", default=None)
"""The job that the present task works for; lines of the JSON log carry it."""


class RedactingFormatter(logging.Formatter):
    """Formats as usual, traceback included, then blanks what nobody should read: `secrets`, too."""

    def __init__(self, *secrets: str) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as it may be written."""
        return self.redact(super().format(record))

    def redact(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "[token]")
        for pattern, replacement in _SECRETS:
            text = pattern.sub(replacement, text)
        return text


class JsonFormatter(RedactingFormatter):
    """The same as one JSON object a line: time, level, logger, job, message, trace."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as it may be written."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "job": JOB_ID.get(),
            "message": self.redact(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = self.redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up_logging(level: str, *secrets: str, as_json: bool = False) -> None:
    """Log to stderr from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter((JsonFormatter if as_json else RedactingFormatter)(*secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
