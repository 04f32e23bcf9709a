"""What became of commands: the first line of each card, and the mentions below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from localchat import Interaction, LocalChat

UNANSWERED: Final = "not answered: Discord says so"
REFUSED: Final = "That did not work"
PAINTED: Final = "Your picture is ready"
FATES: Final = {  # first line of a card: what became of the command, mentions that go with it
    PAINTED: ("painted", 1),
    "This picture could not be painted": ("failed, with the reason", 1),
    "Please send this again": ("cut off, asked to send it again", 1),
    "Your picture cannot be posted": ("not posted, with the reason", 1),
    REFUSED: ("refused, with the reason", 0),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one command.

    Attributes:
        line: first line of its card; None without a card.
        mentions: how often its sender was mentioned below the card.
    """

    line: str | None
    mentions: int

    @property
    def words(self) -> str:
        """The end that it came to, for a table."""
        return UNANSWERED if self.line is None else FATES[self.line][0]

    @property
    def fault(self) -> str | None:
        """What is wrong with it; None if nothing is."""
        if self.line is None:
            return None
        if self.line not in FATES:
            return f"a card was left at “{self.line}”"
        expected = FATES[self.line][1]
        if self.mentions != expected:
            return f"“{self.line}” with {self.mentions} mentions instead of {expected}"
        return None


def fates(chat: LocalChat, sent: Iterable[Interaction]) -> list[Fate]:
    """Return what has become of these commands by now."""
    replies: Counter[int | None] = Counter()
    for message in chat.all_messages():
        if message.origin is None and message.mentions:
            replies[message.reference_id] += 1
    cards = [interaction.response_message_id for interaction in sent]
    return [Fate(None if card is None else line(chat, card), replies[card]) for card in cards]


def line(chat: LocalChat, card: int) -> str:
    """Return the first line of a card; that of a refused command was taken away."""
    if all(message.id != card for message in chat.all_messages()):
        return REFUSED
    message = chat.message(card)
    components: tuple[dict[str, Any], ...] = message.components
    if message.content or not components:  # words for who asked alone, perhaps with buttons
        return REFUSED
    text = str(components[0]["components"][0]["content"])
    return text.removeprefix("### ").partition("\n")[0]
