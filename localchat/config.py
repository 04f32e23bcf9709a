"""What one local chat looks like: its bot's name, its servers, and what its page offers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A file that the page offers for the attachments of commands.

    Attributes:
        name: shown to people.
        kind: any word; `ChatConfig.example_options` says which options take which kind.
        path: the file.
        credit: where it comes from, shown on hover.
    """

    name: str
    kind: str
    path: Path
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """A text channel that is there from the start; `nsfw` makes it age-restricted."""

    name: str
    topic: str = ""
    nsfw: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """A server that is there from the start.

    Attributes:
        name: shown to people.
        channels: at least one, unless the server is for the looks only.
        roles: names of roles without permissions, which people can give themselves on the page.
        has_bot: whether the bot is a member.
    """

    name: str
    channels: Sequence[ChannelConfig]
    roles: Sequence[str] = ()
    has_bot: bool = True


def _as_it_is(text: str, _locale: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatConfig:
    """How a local chat begins.

    Attributes:
        bot_name: the name of the bot's user.
        servers: the first one is home: where people act who do not say where.
        welcome_title: heading of an empty channel on the page.
        welcome_text: what to do first, below the heading.
        examples: files that the page offers.
        example_options: for each kind of example a regular expression, searched in
            `"<command> <option>"`, such as `r"^convert source$"`; the first one that is found wins.
        main_options: a regular expression likewise: which options the page shows at once, besides
            those that a command requires; the others are behind "More options". None by default.
        say: returns the welcome in the language of a locale; as it is by default.
    """

    bot_name: str = "Bot"
    servers: Sequence[ServerConfig] = (
        ServerConfig(
            name="Server", channels=(ChannelConfig(name="general"), ChannelConfig(name="random"))
        ),
    )
    welcome_title: str = "Run a command"
    welcome_text: str = "Choose a command, fill it in and press Run: the answer appears here."
    examples: Sequence[Example] = ()
    example_options: Mapping[str, str] = field(default_factory=dict)
    main_options: str = "$^"
    say: Callable[[str, str], str] = _as_it_is

    def is_main(self, command: str, option: str) -> bool:
        """Return whether the page shows an option at once."""
        return re.search(self.main_options, f"{command} {option}") is not None

    def examples_for(self, command: str, option: str) -> list[int]:
        """Return the numbers of the examples that suit an attachment of a command."""
        kinds = (
            kind
            for kind, pattern in self.example_options.items()
            if re.search(pattern, f"{command} {option}")
        )
        wanted = next(kinds, None)
        return [at for at, example in enumerate(self.examples) if example.kind == wanted]
