"""Every error the bot raises on purpose; the words people read live here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from nst.text import Text

FAULT: Final = Text("Something went wrong on our side; the host's log has the details.")
"""What people are told of an error that nobody foresaw."""
TOO_LARGE: Final = Text(
    "The picture is larger than this server takes. Please ask for a smaller size."
)
"""What people are told where Discord takes no file of this size."""
_LINES: Final = "{first}\n{others}"  # in every language
FILES_GONE: Final = Text("The files of this picture are not kept any more. Please paint it again.")
"""What people are told who want something of a picture that is too old."""


class BotError(Exception):
    """Base of all errors below."""


class ConfigurationError(BotError):
    """The host set something wrong: one line, exit code 2."""


class DatabaseInUse(ConfigurationError):
    """Another process has the job database to itself."""


class StartupError(BotError):
    """Discord refused the bot or cannot be reached: one line, exit code 3."""


class IllegalTransition(BotError):
    """A job cannot change to that state from the one it is in."""


class UserError(BotError):
    """Something went wrong that a person can act on.

    `text` is the sentence that they are shown, a template with `{named}` placeholders that is
    written out in full where the error is raised (so that it can be translated), or a text that
    carries its own, such as that of an error of nst. `words(error.text)` is the sentence in the
    reader's language, `str(error)` the English one.
    """

    def __init__(self, text: str | Text, /, **values: str | float | Text) -> None:
        self.text = Text(text, **values)
        super().__init__(str(self.text))


class Problems:
    """What is wrong with several things at once, to be told all together."""

    def __init__(self) -> None:
        self._found: list[UserError] = []

    def add(self, error: UserError) -> None:
        """Note one."""
        self._found.append(error)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what the block refuses, and go on."""
        try:
            yield
        except UserError as error:
            self.add(error)

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._found)

    def check(self) -> None:
        """Raise what was found, if anything, a line for each.

        As the first of its kind, or as one that is final: trying again helps only if it may help
        with all of them.
        """
        if self._found:
            error = next(filter(is_final, self._found), self._found[0])
            raise type(error)(in_lines([each.text for each in self._found]))


def in_lines(texts: Sequence[Text]) -> Text:
    """Return one text that says several, a line each."""
    said, *others = texts
    for each in others:
        said = Text(_LINES, first=said, others=each)
    return said


class ImageRefused(UserError):
    """An attachment cannot be used."""


class ImageUnavailable(ImageRefused):
    """An attachment cannot be had or checked at the moment: trying again may help."""


def is_final(error: BaseException) -> bool:
    """Tell whether the same would be refused again: a file is, for what it is."""
    return isinstance(error, ImageRefused) and not isinstance(error, ImageUnavailable)


class QueueRefused(UserError):
    """The queue does not take this job now."""


class JobNotFound(UserError):
    """The job is not kept any more, or never was."""


class ToolFailed(UserError):
    """Quick work on a finished picture could not be done."""


class StyleRefused(UserError):
    """The style shelf does not take or change this."""


class StyleNotFound(UserError):
    """There is no such style on the shelf, or not any more."""


class NotAllowed(UserError):
    """The server's settings, or the person's rights in it, do not allow it."""


class SettingRefused(UserError):
    """A setting cannot have this value; the text says which it can have."""


class JobFailed(UserError):
    """A job ran but could not be finished."""


class WorkerDied(JobFailed):
    """The worker process that ran the job ended unexpectedly."""


class HostLost(JobFailed):
    """The host that ran the job is gone, which is no fault of the job: it can run again."""


class JobTimedOut(JobFailed):
    """The job ran longer than its time limit."""


class JobCancelled(JobFailed):
    """The job was cancelled while it ran."""
