"""What the client is set up with: every command, button, menu and form."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import discord

from bot.actions.card import CardActions
from bot.actions.exports import Exports
from bot.actions.registry import Actions, ActionSpec
from bot.actions.running import RunningActions
from bot.actions.variations import Variations
from bot.cards.recolouring import Recolouring
from bot.cards.updater import CardUpdater
from bot.client import StylizeClient
from bot.commands.about import About
from bot.commands.compose import Compose
from bot.commands.me import Mine
from bot.commands.pictures import PictureMenus
from bot.commands.queue import Queue
from bot.commands.settings import ServerSettingsCog
from bot.commands.style import Style
from bot.commands.stylize import Stylize
from bot.erasure import PersonalData
from bot.intake import Intake
from bot.jobs.finished import FinishedJobs
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from bot.orders import HostOffer, Orders
from bot.orders.images import ImageSources
from bot.orders.resolve import Resolver
from bot.preferences import Preferences
from bot.settings import Settings
from bot.shelf import Shelf
from bot.tools import ImageTools

_MIB: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What commands work with; each is entered and left by its owner."""

    settings: Settings
    store: JobStore
    jobs: JobQueue
    tools: ImageTools
    recolouring: Recolouring
    intake: Intake
    shelf: Shelf
    preferences: Preferences
    updater: CardUpdater


async def set_up(client: StylizeClient, services: Services) -> Actions:
    """Add all commands and actions, before the client connects; returns the actions."""
    jobs, preferences, updater = services.jobs, services.preferences, services.updater
    orders = Orders(
        intake=services.intake,
        jobs=jobs,
        store=services.store,
        updater=updater,
        preferences=preferences,
        blocks=services.shelf.blocks,
        offer=_offer(services.settings),
    )
    actions = Actions(
        [*_of_cards(services, orders), *await _add_commands(client, services, orders)],
        jobs.get,
        preferences,
    )
    client.add_listener(actions.answer, "on_interaction")

    async def leave(guild: discord.Guild) -> None:  # one that is merely unreachable is not removed
        await updater.leave(guild.id)

    client.add_listener(leave, "on_guild_remove")
    return actions


def _of_cards(services: Services, orders: Orders) -> list[ActionSpec]:
    """Return what the buttons of cards do."""
    jobs, finished = services.jobs, FinishedJobs(services.store)
    tools, files = services.tools, services.store.files
    card = CardActions(jobs=jobs, finished=finished, recolouring=services.recolouring, files=files)
    return [
        *RunningActions(jobs, services.updater).actions,
        *Variations(orders).actions,
        *card.actions,
        *Exports(finished=finished, tools=tools, files=files).actions,
    ]


async def _add_commands(
    client: StylizeClient, services: Services, orders: Orders
) -> list[ActionSpec]:
    """Add the commands to the client; returns what their buttons, menus and forms do."""
    settings, preferences, jobs = services.settings, services.preferences, services.jobs
    shelf, files = services.shelf, services.store.files
    sources = ImageSources(services.intake, shelf, preferences, services.tools, files)
    resolver = Resolver(orders=orders, sources=sources, preferences=preferences)
    compose = Compose(resolver=resolver, orders=orders, shelf=shelf)
    style = Style(shelf, services.intake, jobs, preferences, files)
    server = ServerSettingsCog(preferences, settings)
    mine = Mine(preferences, PersonalData(services.store, jobs, shelf, preferences), settings)
    stylize = Stylize(resolver=resolver, orders=orders, shelf=shelf)
    about = About(
        client.tree,
        client.mentions,
        version=version("stylize-bot"),
        retention_days=settings.retention_days,
        history_days=settings.history_days,
    )
    for cog in (stylize, compose, Queue(jobs), about, style, server, mine):
        await client.add_cog(cog)
    menus = PictureMenus(resolver=resolver, sources=sources, shelf=shelf, preferences=preferences)
    for menu in menus.menus:
        client.tree.add_command(menu)
    rooms = (compose, style, server, mine, menus)
    return [spec for room in rooms for spec in room.actions]


def _offer(settings: Settings) -> HostOffer:
    return HostOffer(
        presets=settings.presets,
        default_size=settings.default_size,
        max_result_bytes=settings.max_result_mb * _MIB,
    )
