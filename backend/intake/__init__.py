"""Intake: attachments are downloaded, checked and re-encoded before anything is queued.

    attachment ──download──▶ raw ──backend.tools (own process)──▶ spool/TOKEN.jpg or .webp

Everything about an attachment is a stranger's claim: its name is cleaned before it is shown, its
bytes are counted as they arrive, its contents are unpacked only in a process with limits.
"""

from backend.intake.download import DISCORD_HOSTS, UPLOAD_LIMITS, Downloader
from backend.intake.intake import Attachment, Intake, Role, check_pair
from backend.intake.screening import Screening

__all__ = [
    "DISCORD_HOSTS",
    "UPLOAD_LIMITS",
    "Attachment",
    "Downloader",
    "Intake",
    "Role",
    "Screening",
    "check_pair",
]
