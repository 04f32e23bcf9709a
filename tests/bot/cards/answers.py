"""Answers of Discord as discord.py hands them over."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import discord


def refusal(
    status: int, code: int = 0, *, page: bool = False, via: bool = True
) -> discord.HTTPException:
    """Return the error of an answer with Discord's JSON, or with a page of HTML."""
    headers = {"Content-Type": "text/html" if page else "application/json"}
    response = Mock(status=status, reason="", headers=headers | ({"Via": "1.1"} if via else {}))
    message: Any = "<!doctype html>" if page else {"code": code, "message": "No"}
    return discord.HTTPException(response, message)
