"""Every error the bot raises on purpose; the words people read live here.

BotError
├── ConfigurationError      the host set something wrong: one line, exit code 2
│   └── DatabaseInUse       another process has the job database
├── StartupError            Discord refused us or cannot be reached: one line, exit code 3
├── IllegalTransition       a job cannot change to that state from the one it is in
└── UserError               something a person can act on; `str(error)` is shown to them
    ├── ImageRefused        an attachment cannot be used; the message names the limit
    ├── QueueRefused        the queue does not take the job now
    ├── JobNotFound         the job is not kept any more, or never was
    └── JobFailed           the job ran and could not be finished
        ├── WorkerDied      its worker process ended unexpectedly
        ├── JobTimedOut     it took longer than the limit
        └── JobCancelled    somebody cancelled it
"""

from __future__ import annotations


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
    """Something went wrong that a person can act on; the text is shown to them as it is."""


class ImageRefused(UserError):
    """An attachment cannot be used."""


class QueueRefused(UserError):
    """The queue does not take this job now."""


class JobNotFound(UserError):
    """The job is not kept any more, or never was."""


class JobFailed(UserError):
    """A job ran but could not be finished."""


class WorkerDied(JobFailed):
    """The worker process that ran the job ended unexpectedly."""


class JobTimedOut(JobFailed):
    """The job ran longer than its time limit."""


class JobCancelled(JobFailed):
    """The job was cancelled while it ran."""
