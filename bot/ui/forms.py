"""Forms (Discord's modals) that outlive the bot.

discord.py knows an open modal only as long as the process lives that opened it. So nothing about
a form is kept here: what it is and what it is about, its address, stands in its `custom_id` (and
goes on in those of its fields where that is too short), and whatever is submitted is handed to a
form that is built anew from there:

```
 button, command ──open("change:1k0z…")──▶ build ──▶ shown
      restarts, hours                        │ the same
 submission ────────▶ submitted ─────────▶ build ──▶ on_submit
```
Rights are checked where forms are built and where they are acted on, so at submission too. What
cannot be used is kept as a draft, and the answer has a button that opens the form as it was filled
in.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.errors import UserError
from bot.i18n import Text, Words
from bot.ui.drafts import Draft, Drafts
from bot.ui.explain import can_be_mended, explain
from bot.ui.language import words_of

MAX_ID: Final = 100
MAX_LABEL: Final = 45
MAX_NOTE: Final = 100
MAX_BUTTON: Final = 80
_OPEN_AGAIN: Final = Text(
    "The bot was restarted while this form was open and cannot read it any more. Please open it "
    "again."
)
_TOO_LONG: Final = Text("The name of this picture is too long to ask about it in a form.")

_AGAIN: Final = "again"

Field = ui.TextInput[Any] | ui.Select[Any] | ui.FileUpload[Any]


class Form(ui.Modal):
    """A modal that `Forms` can build again, and whose failures are told to who filled it in.

    Args:
        title: in the reader's language.
    """

    def __init__(self, title: str) -> None:
        super().__init__(title=fitting(title, MAX_LABEL))
        self.fields: dict[str, Field] = {}
        self.keep: Callable[[], str] | None = None  # what was filled in; returns its address
        self._labels: list[ui.Label[Any]] = []
        self.stop()  # discord.py need not remember it

    def add_field(self, name: str, label: str, field: Field, note: str | None = None) -> None:
        """Add something to fill in, below the others.

        Args:
            name: as it is called in every language; no longer than a word.
            label: in the reader's language.
            field: what to fill in.
            note: more about it.
        """
        self.fields[name] = field
        note = note and fitting(note, MAX_NOTE)
        about: ui.Label[Any] = ui.Label(
            text=fitting(label, MAX_LABEL), description=note, component=field
        )
        self._labels.append(about)
        self.add_item(about)

    def fill_in(self, words: Words, draft: Draft) -> None:
        """Show it as it was filled in before; files stay where no others are chosen."""
        for label, field, value in zip(
            self._labels, self.fields.values(), draft.values(), strict=True
        ):
            if isinstance(field, ui.TextInput):
                field.default = value
            elif isinstance(field, ui.Select):
                for option in field.options:
                    option.default = option.value in value
            elif value:
                field.required, field.min_values = False, 0
                kept = words("Leave it empty to keep {files}.", files=words.listed(value))
                label.description = fitting(kept, MAX_NOTE)

    async def on_error(  # type: ignore[override]  # discord.py's own Modal differs from its base
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        """Say why it did not work, and offer to mend what was filled in."""
        view = None
        if self.keep and can_be_mended(error):
            words = words_of(interaction)
            view = ui.View(timeout=None)
            view.add_item(FormButton(words("Open the form again"), self.keep()))
            view.stop()
        await explain(interaction, error, view)


Build = Callable[[discord.Interaction[Any], re.Match[str]], Awaitable[Form]]
"""Makes a form of a matched address for who opens it or filled it in; raises UserError."""


class Forms:
    """Every form there is."""

    def __init__(self) -> None:
        self._builds: dict[re.Pattern[str], Build] = {}
        self._drafts = Drafts()
        self.add(rf"{_AGAIN}:(?P<draft>[0-9a-f]{{16}})", self._filled_in)

    def add(self, template: str, build: Build) -> None:
        """From now on `build` makes the forms whose whole address matches a regular expression."""
        self._builds[re.compile(template)] = build

    async def open(self, interaction: discord.Interaction[Any], address: str) -> None:
        """Show a form.

        Raises:
            UserError: this person cannot have it, or its address is too long.
        """
        await interaction.response.send_modal(await self._build(interaction, address))

    async def submitted(self, interaction: discord.Interaction[Any]) -> None:
        """Hand what somebody filled in to its form; answers whatever happens."""
        data: Any = interaction.data
        try:
            form = await self._rebuild(interaction, data)
        except Exception as error:
            await explain(interaction, error)
        else:
            # Private: discord.py hands submissions only to modals that it remembers.
            await form._dispatch_submit(interaction, data["components"], data.get("resolved", {}))

    async def _rebuild(self, interaction: discord.Interaction[Any], data: Any) -> Form:
        components, resolved = data["components"], data.setdefault("resolved", {})
        custom_ids = list(_field_ids(components))
        address = _address(data["custom_id"], custom_ids)
        form = await self._build(interaction, address)
        if [field.custom_id for field in form.fields.values()] != custom_ids:
            raise UserError(_OPEN_AGAIN)  # it has other fields by now
        user_id = interaction.user.id
        if former := self._drafts.get(user_id, address.removeprefix(f"{_AGAIN}:")):
            former.complete(components, resolved)
            address = former.address
        draft = Draft(user_id=user_id, address=address, components=components, resolved=resolved)
        form.keep = lambda: f"{_AGAIN}:{self._drafts.keep(draft)}"
        return form

    async def _filled_in(self, interaction: discord.Interaction[Any], match: re.Match[str]) -> Form:
        draft = self._drafts.get(interaction.user.id, match["draft"])
        if draft is None:
            raise UserError(_OPEN_AGAIN)
        form = await self._build(interaction, draft.address)
        form.fill_in(words_of(interaction), draft)
        return form

    async def _build(self, interaction: discord.Interaction[Any], address: str) -> Form:
        for template, build in self._builds.items():
            if match := template.fullmatch(address):
                form = await build(interaction, match)
                _inscribe(form, address)
                return form
        raise UserError(_OPEN_AGAIN)


class HasForms(Protocol):
    """A client that knows them."""

    @property
    def forms(self) -> Forms:
        """Every form."""
        ...


class FormButton(
    ui.DynamicItem[ui.Button[Any]], template=rf"(?P<form>(?:shelve|{_AGAIN}):[0-9a-f]{{16}})"
):
    """Opens a form; it works after restarts too.

    Args:
        label: what it says.
        form: address of the form.
    """

    def __init__(self, label: str, form: str) -> None:
        super().__init__(ui.Button(label=fitting(label, MAX_BUTTON), custom_id=form))
        self._form = form

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Build the button from what was pressed."""
        return cls("…", match["form"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Open the form."""
        try:
            await cast("HasForms", interaction.client).forms.open(interaction, self._form)
        except Exception as error:
            await explain(interaction, error)


def fitting(text: str, most: int) -> str:
    """A text that is cut, if it has to be, so that one sees it."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _inscribe(form: Form, address: str) -> None:
    """Write the address into the custom_ids of the form and its fields.

    Raises:
        UserError: it does not fit.
    """
    form.custom_id, rest = _cut(address, MAX_ID)
    for name, field in form.fields.items():
        part, rest = _cut(rest, MAX_ID - len(name) - 1)
        field.custom_id = f"{name}:{part}" if part else name
    if rest:
        raise UserError(_TOO_LONG)


def _cut(text: str, most: int) -> tuple[str, str]:
    """What goes into one place; a link's query begins a new one, so that logs can blank it."""
    query = text.find("?", 1)
    end = most if query < 0 else min(most, query)
    return text[:end], text[end:]


def _address(custom_id: str, fields: list[str]) -> str:
    """What `_inscribe` wrote."""
    return custom_id + "".join(field.partition(":")[2] for field in fields)


def _field_ids(components: list[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        field = component.get("component", component)
        if "custom_id" in field:
            yield field["custom_id"]
