"""The discord.py client: its commands in every language, and what is said when one fails."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import Counter
from functools import cache
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location
from discord.ext import commands
from discord.webhook.async_ import async_context
from yarl import URL

from backend.control.control import HostControl
from backend.database.database import Database
from backend.errors import UserError
from backend.i18n import Words, load_catalogues
from backend.i18n.words import COMMAND, OPTION, words_for
from backend.preferences import Preferences
from bot.actions.explain import explain, note_languages
from bot.first_answers import FirstAnswers
from bot.orders.places import NEEDED
from bot.sessions import SessionStarts

_LOG = logging.getLogger(__name__)

# The bot has nothing to say aloud; do not warn that it could not.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

_ANSWERING: Final = ("CommandTree-invoker", "discord.py: on_interaction")
"""How discord.py names the tasks in which commands, buttons and forms are answered."""
_ANSWER_SECONDS: Final = 1.0
_LONGEST_PAUSE: Final = 300.0
_COMMANDS: Final = "commands"
"""The name under which is noted which commands Discord has."""

_FOR_EVERYBODY: Final = frozenset({"privacy", "my export", "my delete"})
"""What concerns people's own data, and so is open to those who are banned, and at any time."""

_NAMES = {
    Location.command_name: COMMAND,
    Location.group_name: COMMAND,
    Location.parameter_name: OPTION,
}


class _Translator(app_commands.Translator):
    """Looks names and descriptions of commands up in the catalogues; what they lack is English."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext[Any, Any],
    ) -> str | None:
        """Return the text in the language of `locale`, or None where it would be the same."""
        kind = _NAMES.get(context.location)
        if isinstance(context.data, app_commands.ContextMenu):
            kind = None  # its name is a phrase with capitals and spaces
        said = _said(words_for(locale.value), kind, string.message)
        return None if said == string.message else said


@cache
def _said(words: Words, kind: str | None, text: str) -> str:
    """Translate a text of a command, which is asked for in each of Discord's languages."""
    return words(text) if kind is None else words.named(kind, text)


class _CommandTree(app_commands.CommandTree["StylizeClient"]):
    """The slash commands and menus."""

    async def interaction_check(self, interaction: discord.Interaction[StylizeClient], /) -> bool:
        """Note the language of whoever gives or types a command; refuse where the host says so."""
        note_languages(interaction, self.client.preferences)
        command = interaction.command
        is_typed = interaction.type is discord.InteractionType.autocomplete
        if is_typed or (command and command.qualified_name in _FOR_EVERYBODY):
            return True
        try:
            self.client.control.check_somebody(interaction.user.id, interaction.guild_id)
            self.client.control.check_open()
        except UserError as error:
            await explain(interaction, error)
            return False
        return True

    async def on_error(
        self,
        interaction: discord.Interaction[StylizeClient],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Tell who gave a command why it failed."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await explain(interaction, cause)


class StylizeClient(commands.AutoShardedBot):
    """The bot as Discord sees it; commands and listeners are added before it connects."""

    def __init__(
        self,
        preferences: Preferences,
        database: Database | None = None,
        control: HostControl | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=_CommandTree,
            # Commands and buttons arrive without any intent; this one tells where the bot is.
            # None of them is privileged. Nothing but servers, channels and roles is kept.
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            **options,
        )
        self.preferences = preferences
        self.control = control or HostControl()
        self.mentions: dict[str, str] = {}  # links to slash commands, by their names in the code
        self._starts: SessionStarts | None = None  # when shards may identify
        self._database = database
        self._launches: Counter[int] = Counter()

    async def setup_hook(self) -> None:
        """Register the commands in every language, if they have changed since the last time."""
        async_context.set(FirstAnswers())  # of this task, and of all that come from it
        await asyncio.to_thread(load_catalogues)
        translator = _Translator()
        await self.tree.set_translator(translator)
        offered = self.tree.get_commands()
        payload = [await each.get_translated_payload(self.tree, translator) for each in offered]
        text = json.dumps([self.application_id, payload], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        registered = await self.tree.fetch_commands()
        known = await self._database.fact(_COMMANDS) if self._database else None
        if known != digest or len(registered) != len(offered):
            registered = await self.tree.sync()
            if self._database:
                await self._database.note_fact(_COMMANDS, digest)
        self.mentions.update(_mentions(registered))

    async def plan_shards(self, starts: SessionStarts, shards: int) -> None:
        """Connect in so many shards, as soon as their sessions may be started."""
        self._starts, self.shard_count = starts, shards
        await starts.enough(shards)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for the turn of a shard."""
        if self._starts:
            await self._starts.turn(shard_id or 0)
        else:
            await super().before_identify_hook(shard_id, initial=initial)

    async def launch_shard(self, gateway: URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard; discord.py calls this again while it fails, here ever more rarely."""
        await asyncio.sleep(min(2 ** self._launches[shard_id] - 1, _LONGEST_PAUSE))
        self._launches[shard_id] += 1
        if self._starts:
            await self._starts.pause(shard_id)  # a connection that waits for long would be cut
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def on_ready(self) -> None:
        """Say in the log that people can come, and how they let the bot in."""
        _LOG.info("Ready as %s; servers: %d.", self.user, len(self.guilds))
        if self.application_id and not self.guilds:
            needed = discord.Permissions(**dict.fromkeys(NEEDED, True))
            link = discord.utils.oauth_url(
                self.application_id, permissions=needed, scopes=("bot", "applications.commands")
            )
            _LOG.info("It is in no server yet; open this to invite it: %s", link)

    async def close(self) -> None:
        """Leave the chat, after a moment for who is just being answered."""
        tasks = [each for each in asyncio.all_tasks() if each.get_name().startswith(_ANSWERING)]
        if tasks and not self.is_closed():
            _, late = await asyncio.wait(tasks, timeout=_ANSWER_SECONDS)
            for task in late:  # the next start knows of them by their rows
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await super().close()


def _mentions(registered: list[app_commands.AppCommand]) -> dict[str, str]:
    found: dict[str, str] = {}
    levels: list[app_commands.AppCommand | app_commands.AppCommandGroup] = [*registered]
    for command in levels:
        if isinstance(command, app_commands.AppCommandGroup):
            found[command.qualified_name] = command.mention
        elif command.type is discord.AppCommandType.chat_input:
            found[command.name] = command.mention
        levels += [o for o in command.options if isinstance(o, app_commands.AppCommandGroup)]
    return found
