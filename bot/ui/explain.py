"""What an error is to people."""

from __future__ import annotations

import logging
from typing import Final

import discord

from backend.errors import FAULT, TOO_LARGE, UserError
from backend.i18n import Words
from nst.errors import OptionsError

_LOG = logging.getLogger(__name__)

_TOO_LARGE_STATUS: Final = 413


def can_be_mended(error: BaseException) -> bool:
    """Tell whether it is something that who asked can act on."""
    return isinstance(error, UserError | OptionsError)


def explanation(words: Words, error: BaseException) -> str:
    """Return why it did not work; what nobody expected goes to the log."""
    if isinstance(error, UserError | OptionsError):
        return words(error.text)
    if isinstance(error, discord.HTTPException) and error.status == _TOO_LARGE_STATUS:
        return words(TOO_LARGE)
    # Where the message, its channel or the interaction is gone there is nobody to answer.
    level = logging.INFO if isinstance(error, discord.NotFound) else logging.ERROR
    _LOG.log(level, "Somebody could not be answered as they should.", exc_info=error)
    return words(FAULT)
