"""What moderators see of a picture that somebody reported."""

from __future__ import annotations

from typing import Final

import discord
from discord import ButtonStyle, ui

from backend.i18n import Text, Words
from backend.jobs.model import Job
from backend.records import StoredImage
from bot.ui.buttons import JobButton
from bot.ui.form import fitting
from bot.ui.layouts import button
from bot.ui.words import shown

DELETE_REPORTED: Final = JobButton("report-delete", Text("Delete the picture"), ButtonStyle.danger)
BLOCK: Final = "report-block"
DISMISS: Final = "report-dismiss"
_MAX_LABEL: Final = 80


def report_text(words: Words, link: str, reporter_id: int, job: Job | None, reason: str) -> str:
    """Return who reports what; of a picture that is not kept any more that is where it is."""
    lines = [
        words("**A picture was reported**: {link}", link=link),
        words("By {person}", person=f"<@{reporter_id}>"),
    ]
    if job:
        lines.append(words("Painted for {person}", person=f"<@{job.address.requester_id}>"))
        names = [words("“{name}”", name=shown(image.filename)) for image in _pictures(job)]
        lines.append(words("Made from {pictures}", pictures=words.listed(names)))
    lines += [f"> {line}" for line in shown(reason).splitlines()]
    return "\n".join(lines)


def report_buttons(words: Words, job: Job | None) -> ui.View:
    """Return what moderators may do; a picture can be blocked after it was deleted, too."""
    blocks = {
        f"{BLOCK}:{image.sha256}:{image.fingerprint or ''}": words(
            "Block “{name}”", name=image.filename
        )
        for image in (_pictures(job) if job else ())
    }
    delete = [DELETE_REPORTED(words, job.id)] if job else []
    block = [button(fitting(label, _MAX_LABEL), each) for each, label in blocks.items()]
    return _view(*delete, *block, button(words("Nothing to do"), DISMISS))


def rest_of_buttons(report: discord.Message, pressed: str) -> tuple[str, ui.View]:
    """Return the label of the button that was pressed below a report, and the others."""
    rows = (row for row in report.components if isinstance(row, discord.ActionRow))
    buttons = [each for row in rows for each in row.children if isinstance(each, discord.Button)]
    label = next((each.label for each in buttons if each.custom_id == pressed), None)
    left = [] if pressed == DISMISS else [each for each in buttons if each.custom_id != pressed]
    return label or "", _view(
        *(button(each.label or "", each.custom_id or "", each.style) for each in left)
    )


def _pictures(job: Job) -> list[StoredImage]:
    photos = [job.spec.content] if job.spec.content else []
    return [*photos, *(style.image for style in job.spec.styles)]


def _view(*buttons: ui.Button[ui.View]) -> ui.View:
    view = ui.View(timeout=None)
    for each in buttons:
        view.add_item(each)
    view.stop()
    return view
