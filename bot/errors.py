"""Every error the bot raises on purpose; the words people read live here.

BotError
├── ConfigurationError      the host set something wrong: one line, exit code 2
│   └── DatabaseInUse       another process has the job database
├── StartupError            Discord refused us or cannot be reached: one line, exit code 3
├── IllegalTransition       a job cannot change to that state from the one it is in
└── UserError               something a person can act on; `words(error.text)` is shown to them
    ├── ImageRefused        an attachment cannot be used; the message names the limit
    ├── QueueRefused        the queue does not take the job now
    ├── ToolFailed      a film, a sheet or other colours could not be made
    ├── JobNotFound         the job is not kept any more, or never was
    ├── StyleRefused        the style shelf does not take or change this
    ├── StyleNotFound       there is no such style on the shelf (any more)
    ├── NotAllowed          the server's settings or the person's rights do not allow it
    ├── SettingRefused      a value that a setting cannot have
    └── JobFailed           the job ran and could not be finished
        ├── WorkerDied      its worker process ended unexpectedly
        ├── JobTimedOut     it took longer than the limit
        └── JobCancelled    somebody cancelled it
"""

from __future__ import annotations

from typing import Final

from nst.text import Text

FAULT: Final = Text("Something went wrong on our side; the host's log has the details.")
"""What people are told of an error that nobody foresaw."""
TOO_LARGE: Final = Text(
    "The picture is larger than this server takes. Please ask for a smaller size."
)
"""What people are told where Discord takes no file of this size."""
FILES_GONE: Final = Text("The files of this picture are not kept any more. Please paint it again.")
"""What people are told who want something of a picture that is too old."""


class BotError(Exception):
    """Base of all errors below."""


class ConfigurationError(BotError):
    """A setting is missing or wrong."""


class DatabaseInUse(ConfigurationError):
    """Another process has the job database to itself."""


class StartupError(BotError):
    """The chat server refused the bot or cannot be reached."""


class IllegalTransition(BotError):
    """A job cannot change to that state from the one it is in."""


class UserError(BotError):
    """Something went wrong that a person can act on.

    Args:
        text: the sentence that they are shown, a template with `{named}` placeholders that is
            written out in full where the error is raised (so that it can be translated), or a text
            that carries its own, such as that of an error of nst.
        values: what fills the placeholders.

    Attributes:
        text: template and values; `words(error.text)` is the sentence in the reader's language,
            `str(error)` the English one.
    """

    def __init__(self, text: str | Text, /, **values: str | float | Text) -> None:
        self.text = Text(text, **values)
        super().__init__(str(self.text))


class ImageRefused(UserError):
    """An attachment cannot be used."""


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


class JobTimedOut(JobFailed):
    """The job ran longer than its time limit."""


class JobCancelled(JobFailed):
    """The job was cancelled while it ran."""
