"""What people do with pictures whose jobs are over."""

from __future__ import annotations

from typing import Any, Final

from tests.e2e.support import Card, Json, Stage, buttons, until

READY: Final = "Your picture is ready"
NEXT: Final = ("Another style…", "Use this style…")  # they lead on from any card


async def act(stage: Stage, card: Card, label: str, who: str = "Ada") -> Card:
    """Press a button that brings a new card."""
    custom_id = buttons(card.now)[label]["custom_id"]
    return Card(stage, await stage.chat.person(who).press(card.id, custom_id))


async def from_menu(stage: Stage, card: Card, label: str, who: str = "Ada") -> Any:
    """Open More… and press a button there; returns the interaction."""
    person = stage.chat.person(who)
    opened = await person.press(card.id, buttons(card.now)["More…"]["custom_id"])
    panel = Card(stage, opened)
    if panel.id == card.id:  # the press was kept for the card, and the menu followed
        await until(lambda: bool(opened.followup_ids))
        panel.id = opened.followup_ids[0]
    return await person.press(panel.id, buttons(panel.now)[label]["custom_id"])


async def whispered(stage: Stage, interaction: Any) -> Json:
    """Return the message that only who pressed sees, once it has its words."""
    card = Card(stage, interaction)
    await until(lambda: bool(card.states) and bool(card.now["content"]))
    message = stage.chat.message(card.id)
    assert message.visible_to == interaction.user.id
    return card.now


def picture(stage: Stage, card: Card) -> bytes:
    """Return the bytes of the result on a card."""
    files = stage.chat.message(card.id).attachments
    return next(file.path.read_bytes() for file in files if file.filename.startswith("stylized"))


def fields_of(modal: Json | None) -> list[str]:
    """Return custom ids of the fields of an open form, from top to bottom."""
    assert modal is not None
    return [label["component"]["custom_id"] for label in modal["components"]]
