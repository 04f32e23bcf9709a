"""More places, and a role to give oneself, so that everything can be tried by hand.

Tests begin with a bare `LocalChat`; whoever runs the bot in the local chat finds this as well.
"""

from __future__ import annotations

from localchat.chat import LocalChat


def prepare_tour(chat: LocalChat) -> None:
    """Adds an age-restricted channel and a role at home, and a server without the bot."""
    chat.add_channel("life-drawing", topic="Drawn from the nude: for adults", nsfw=True)
    chat.add_role("Regular")
    club = chat.add_guild("Book club", (), has_bot=False)
    chat.add_channel("covers", guild=club, topic="Which cover is the finest?")
    chat.add_channel("chatter", guild=club, topic="About everything else")
