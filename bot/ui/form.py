"""Forms (Discord's modals) that outlive the bot.

discord.py knows an open modal only as long as the process lives that opened it. So nothing about
a form is kept: what it is about, its address, stands in its `custom_id` (and goes on in those of
its fields where that is too short), and a form for what was submitted is built anew from there
(`bot.actions.registry`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Self

import discord
from discord import ui

from backend.errors import UserError
from backend.i18n import Words
from backend.intake import Attachment
from bot.ui.language import Interaction

MAX_ID: Final = 100
MAX_LABEL: Final = 45
MAX_NOTE: Final = 100
_SPOILER: Final = discord.AttachmentFlags(spoiler=True).value
_FILE_UPLOAD: Final = 19  # https://discord.com/developers/docs/components/reference

Field = ui.TextInput[Any] | ui.Select[Any] | ui.FileUpload[Any]


@dataclass(frozen=True, slots=True)
class Submission:
    """A form as somebody filled it in: its labels with fields, and files by id."""

    custom_id: str
    components: list[dict[str, Any]]
    files: dict[str, Any]

    @classmethod
    def of(cls, interaction: Interaction) -> Self:
        """Read the submission that an interaction brings."""
        data: Any = interaction.data
        files = data.get("resolved", {}).get("attachments", {})
        return cls(data["custom_id"], data["components"], files)

    @property
    def address(self) -> str:
        """The address that `FormLayout.write_address` wrote."""
        return self.custom_id + "".join(each.partition(":")[2] for each in self.field_ids)

    @property
    def field_ids(self) -> list[str]:
        """The custom_ids of the fields."""
        parts = [each.get("component", each) for each in self.components]
        return [part["custom_id"] for part in parts if "custom_id" in part]

    def text(self, name: str) -> str:
        """Return what was typed into a field."""
        return str(self._field(name).get("value") or "")

    def chosen(self, name: str) -> list[str]:
        """Return the values that were chosen from a list."""
        return list(self._field(name).get("values", []))

    def uploads(self, name: str) -> list[Attachment]:
        """Return the files of a field."""
        given = ("url", "filename", "size", "content_type")
        sent = (self.files[each] for each in self.chosen(name))
        return [
            Attachment(**{key: file.get(key) for key in given}, spoiler=_is_spoiler(file))
            for file in sent
        ]

    def completed(self, former: Submission) -> Submission:
        """Return it with the files of a former one where none were sent again."""
        labels = []
        for label in self.components:
            field = label["component"]
            if field["type"] == _FILE_UPLOAD and not field["values"]:
                field = {**field, "values": former.chosen(_name(field))}
            labels.append({**label, "component": field})
        return Submission(self.custom_id, labels, {**former.files, **self.files})

    def _field(self, name: str) -> dict[str, Any]:
        """Return what was filled in, nothing of what an earlier release did not ask for."""
        fields: list[dict[str, Any]] = [label["component"] for label in self.components]
        return next((each for each in fields if _name(each) == name), {})


Submit = Callable[[Interaction, Submission], Awaitable[None]]
"""Answers a form that was filled in; raises UserError."""


class FormLayout(ui.Modal):
    """A form, and what answers it once it is filled in."""

    def __init__(self, title: str, submit: Submit) -> None:
        super().__init__(title=fitting(title, MAX_LABEL))
        self.submit = submit
        self._fields: dict[str, Field] = {}
        self._labels: list[ui.Label[Any]] = []
        self.stop()  # discord.py need not remember it

    def add(self, name: str, label: str, field: Field | None, note: str | None = None) -> Self:
        """Add something to fill in, below the others, with a `note` about it; nothing for None.

        Its name, in every language the same, is no longer than a word.
        """
        if field is None:
            return self
        field.custom_id = name
        self._fields[name] = field
        text, note = fitting(label, MAX_LABEL), note and fitting(note, MAX_NOTE)
        about: ui.Label[Any] = ui.Label(text=text, description=note, component=field)
        self._labels.append(about)
        self.add_item(about)
        return self

    def write_address(self, address: str) -> Self:
        """Write the address into the custom_ids of the form and its fields."""
        self.custom_id, rest = _cut(address, MAX_ID)
        for name, field in self._fields.items():
            part, rest = _cut(rest, MAX_ID - len(name) - 1)
            field.custom_id = f"{name}:{part}" if part else name
        if rest:
            raise UserError("The name of this picture is too long to ask about it in a form.")
        return self

    def fits(self, submission: Submission) -> bool:
        """Tell whether something was submitted with the very fields of this form."""
        return [field.custom_id for field in self._fields.values()] == submission.field_ids

    def fill_in(self, words: Words, former: Submission) -> Self:
        """Show it as it was filled in before; files stay where no others are chosen."""
        for label, (name, field) in zip(self._labels, self._fields.items(), strict=True):
            if isinstance(field, ui.TextInput):
                field.default = former.text(name)
            elif isinstance(field, ui.Select):
                for option in field.options:
                    option.default = option.value in former.chosen(name)
            elif files := [file.filename for file in former.uploads(name)]:
                field.required, field.min_values = False, 0
                kept = words("Leave it empty to keep {files}.", files=words.listed(files))
                label.description = fitting(kept, MAX_NOTE)
        return self


def fitting(text: str, most: int) -> str:
    """Return a text that is cut, if it has to be, so that one sees it."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _name(field: dict[str, Any]) -> str:
    return str(field["custom_id"]).partition(":")[0]


def _is_spoiler(file: dict[str, Any]) -> bool:
    return bool(file.get("flags", 0) & _SPOILER) or file["filename"].startswith("SPOILER_")


def _cut(text: str, most: int) -> tuple[str, str]:
    """Split off what goes into one place; a link's query begins a new one: logs can blank it."""
    query = text.find("?", 1)
    end = most if query < 0 else min(most, query)
    return text[:end], text[end:]
