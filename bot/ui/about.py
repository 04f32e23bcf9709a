"""What `/help`, `/about` and `/privacy` say: pure functions to a message layout.

Limits: https://discord.com/developers/docs/components/reference
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import discord
from discord import ui

from backend.i18n import Text, Words
from bot.ui.buttons import CANCEL, LESS, MENU, MORE, RESTYLE, REUSE, STILL, STOP, TAKE, TO_PHOTO
from bot.ui.layouts import box, button, layout
from bot.ui.media import media_gallery

_BLUE: Final = discord.Colour(0x4F7CFF)
_MAX_TEXT: Final = 4000  # of all texts in a message together
_LABELS: Final = {
    **{
        each.name: each.label
        for each in (STOP, CANCEL, STILL, LESS, MORE, TAKE, MENU, RESTYLE, REUSE)
    },
    "photo": TO_PHOTO.label,
}
_BUTTONS: Final = (
    Text(
        "**{stop}** ends the painting and keeps the picture as it is; **{cancel}** ends it without "
        "a picture."
    ),
    Text("A GIF or a short video becomes a film; **{still}** takes one picture of it."),
    Text(
        "**{less}** and **{more}** go on from a finished picture, which is quicker than starting "
        "over."
    ),
    Text(
        "**{photo}** changes the colours at once; **{take}** paints it once more, and it comes "
        "out a little different."
    ),
    Text(
        "**{menu}** has the rest: bigger, painted differently, four strengths to compare, how it "
        "was made, a description for those who cannot see it, deleting."
    ),
    Text(
        "**{restyle}** paints the same photo in another style; **{reuse}** takes the style to "
        "another photo."
    ),
    Text("Only the person who asked for a picture, and moderators, may change or stop it."),
)


HELP: Final[Mapping[str, Text]] = {
    "commands": Text("Commands"),
    "buttons": Text("Buttons"),
    "menus": Text("Menus"),
    "moderation": Text("For moderators"),
}
"""The pages behind the buttons of `/help`."""
EXAMPLE: Final = "example.jpg"


def help_view(words: Words, stylize: str, pages: Sequence[str]) -> ui.LayoutView:
    """Say what to do first, with an example (a file called `EXAMPLE`), and offer other pages.

    Commands are named as they can be clicked in a message.
    """
    steps = [
        words("1. Type {command} and choose your photo.", command=stylize),
        words("2. Choose a style: a picture whose look you like, or a name from the shelf."),
        words("3. Send it. The picture grows before your eyes, and buttons below it lead on."),
    ]
    alt = words("An example: a photo, a style, and the photo painted in that style")
    picture = media_gallery([(EXAMPLE, alt)], spoiler=False)
    title = words("How it works")
    start = box(_BLUE, f"### {title}\n" + "\n".join(steps), picture)
    more = [button(words(HELP[page]), f"help-{page}") for page in pages]
    return layout(start, ui.ActionRow(*more))


def help_page(words: Words, page: str, said: Mapping[str, str]) -> ui.LayoutView:
    """Show another page: commands with what they do, as `said`, menus by name, or buttons."""
    title, lines = words(HELP[page]), [words(line, **_LABELS) for line in _BUTTONS]
    if page == "menus":
        how = words("In the menu of a message with a picture, under “Apps”:")
        lines = [how, *(f"**{name}**" for name in said)]
    elif page != "buttons":
        lines = [words("{name}: {value}", name=name, value=what) for name, what in said.items()]
    return _view([(title, _list(lines))], ui.ActionRow(button(words("Back"), "help-start")))


def about_view(words: Words, version: str) -> ui.LayoutView:
    """Say what the bot is, and on whose work it builds."""
    what = words(
        "This bot paints photos in the style of other pictures. It does not generate from a text, "
        "and nothing in it has learned to paint from other people's works: for each picture it "
        "changes the photo step by step until its texture resembles the style while its content "
        "still resembles the photo."
    )
    thanks = [
        words("Method: {names}", names="Gatys, Ecker & Bethge (2016)"),
        words(
            "Network that compares the pictures, trained to recognise things in photos: {network}",
            network="VGG19 (Simonyan & Zisserman, 2014)",
        ),
        words("Starter styles: made by this project's own code, free for any use (CC0)"),
        words(
            "Program: {name} {version}, free software (MIT licence)",
            name="stylize-bot",
            version=version,
        ),
    ]
    return _view([(words("About this bot"), [what]), (words("Credits"), _list(thanks))])


def privacy_view(
    words: Words,
    retention_days: int,
    history_days: int,
    delete: str | None,
    *,
    is_screened: bool = False,
) -> ui.LayoutView:
    """Say what is kept, for how many days, and how to have it deleted.

    `delete` mentions the command that deletes what is kept of a person; None without one. Pictures
    that are screened are shown to a program or a service of the host's.
    """
    where = (
        words(
            "Everything is painted on machines that whoever runs this bot owns or rents, and kept "
            "there or in storage that they rent. Before they are painted, your pictures are shown "
            "to a check that the host has set up; apart from that, nothing is sent anywhere but to "
            "this chat. What is posted here is kept by the chat until somebody deletes the message."
        )
        if is_screened
        else words(
            "Everything is painted on machines that whoever runs this bot owns or rents, and kept "
            "there or in storage that they rent; apart from that, nothing is sent anywhere but to "
            "this chat. What is posted here is kept by the chat until somebody deletes the message."
        )
    )
    how = (
        words(
            "{command} deletes at once what is kept about you. If others had your picture painted "
            "again, theirs stay, and your photo behind them is deleted together with theirs.",
            command=delete,
        )
        if delete
        else words("To have it deleted sooner, ask whoever runs this bot.")
    )
    kept = _list(_kept(words, retention_days, history_days))
    return _view(
        [
            (words("What is kept, and how long"), kept),
            (words("Where your pictures go"), [where]),
            (words("Delete my data"), [how]),
        ]
    )


def _kept(words: Words, retention_days: int, history_days: int) -> list[str]:
    days = words.plural("{n} day", "{n} days", retention_days)
    history = words.plural("{n} day", "{n} days", max(retention_days, history_days))
    return [
        words(
            "Your pictures, the result and how it was made: until {days} after the result was "
            "posted; then they are deleted automatically.",
            days=days,
        ),
        words(
            "What was asked for (options, file names, your description), and the ids of you, the "
            "server, the channel and the card, and your language: until {days} after it was "
            "finished. Your name is not kept.",
            days=history,
        ),
        words("Your settings and your last style: until you delete them."),
        words(
            "Styles that you add to a server's shelf, with your id as who contributed them: until "
            "they are removed from the shelf."
        ),
        words(
            "Of a style that was taken down: a fingerprint, from which the picture cannot be "
            "restored, so that it does not come back, and the id of the moderator who did it."
        ),
        words(
            "If whoever runs this bot has banned you: your id and the reason, until they take it "
            "back."
        ),
        words(
            "The host's log has ids of jobs and names of refused files, never pictures or links to "
            "them."
        ),
    ]


def _list(lines: list[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def _view(
    sections: list[tuple[str, list[str]]], *below: ui.ActionRow[ui.LayoutView]
) -> ui.LayoutView:
    """Show sections, each of which ends early where the message would become too long."""
    room = _MAX_TEXT - sum(len(title) + len("### \n") for title, _ in sections)
    texts: list[str] = []
    for title, lines in sections:
        text, shown = "\n".join(lines), len(lines)
        while len(text) > room and shown:
            shown -= 1
            text = "\n".join([*lines[:shown], "…"])
        room -= len(text)
        texts.append(f"### {title}\n{text}")
    return layout(box(_BLUE, *texts), *below)
