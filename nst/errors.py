"""Every error that nst raises on purpose.

NstError
├── OptionsError    an option is out of range or does not fit another
├── WeightsError    the VGG19 weights are missing or not the ones expected
├── ImageError      a file is not an image that can be used; the message is fit for a person
├── DeviceError     the device asked for is not there, or ran out of memory
├── ReportError     a recording is damaged, or what was asked for cannot be made from it
└── FilmError       a film cannot be read (any further), or cannot be written as asked
"""

from __future__ import annotations

from nst.text import Text


class NstError(Exception):
    """Base of all errors below; its text is one clear sentence that names the way out.

    Args:
        text: the sentence. Those that reach people who may not read English are templates with
            `{named}` placeholders, so that a front end can translate them.
        values: what fills the placeholders.

    Attributes:
        text: template and values; `str(error)` is the sentence in English.
    """

    def __init__(self, text: str | Text, /, **values: str | float | Text) -> None:
        self.text = Text(text, **values)
        super().__init__(str(self.text))


class OptionsError(NstError, ValueError):
    """An option is out of range, or two options do not fit together."""


class WeightsError(NstError):
    """The VGG19 weights could not be found, read or verified."""


class ImageError(NstError, ValueError):
    """A file or picture cannot be used as an image."""


class DeviceError(NstError, RuntimeError):
    """The device asked for does not exist or cannot hold the picture."""


class ReportError(NstError, ValueError):
    """A recording cannot be read, or no plot, film or sheet can be made as asked."""


class FilmError(NstError, ValueError):
    """A film cannot be read, not any further than it was, or cannot be written as asked."""
