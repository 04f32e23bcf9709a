"""What the client is set up with: every command, button, menu and form."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from backend.control.control import HostControl
from backend.erasure import PersonalData
from backend.intake import Intake
from backend.jobs.finished import FinishedJobs
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from backend.preferences import Preferences
from backend.settings import Settings
from backend.shelf import Shelf
from backend.tools import ImageTools, QuickWork
from bot.actions.again import OrderAgain
from bot.actions.card import CardActions
from bot.actions.exports import Exports
from bot.actions.mine import MyPictures
from bot.actions.registry import Actions, ActionSpec
from bot.actions.restyling import Restyling
from bot.actions.running import RunningActions
from bot.actions.use_style import UseStyle
from bot.actions.variations import Variations
from bot.actions.versions import Versions
from bot.cards.recolouring import Recolouring
from bot.cards.updater import CardUpdater
from bot.client import StylizeClient
from bot.commands.about import About, Queue
from bot.commands.compose import Compose
from bot.commands.me import Mine
from bot.commands.pictures import PictureMenus
from bot.commands.reports import Reports
from bot.commands.settings import ServerSettingsCog
from bot.commands.style import Style
from bot.commands.stylize import Stylize
from bot.orders import Orders
from bot.orders.images import ImageSources
from bot.orders.resolve import Resolver


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
    control: HostControl


async def set_up(client: StylizeClient, services: Services) -> Actions:
    """Add all commands and actions, before the client connects; returns the actions."""
    orders = Orders(
        jobs=services.jobs,
        store=services.store,
        updater=services.updater,
        preferences=services.preferences,
        blocks=services.shelf.blocks,
        control=services.control,
        host=services.settings,
    )
    specs = [*_of_cards(services, orders), *await _add_commands(client, services, orders)]
    actions = Actions(specs, services.jobs.get, services.preferences, services.control)
    client.add_listener(actions.answer, "on_interaction")

    async def leave(guild: discord.Guild) -> None:  # one that is merely unreachable is not removed
        await services.updater.leave(guild.id)

    client.add_listener(leave, "on_guild_remove")
    return actions


def _of_cards(services: Services, orders: Orders) -> list[ActionSpec]:
    jobs, tools, files = services.jobs, services.tools, services.store.files
    finished, recolouring = FinishedJobs(services.store), services.recolouring
    quick = QuickWork()
    rooms = (
        RunningActions(jobs, services.updater),
        Variations(orders),
        Versions(orders, services.shelf),
        Restyling(orders=orders, shelf=services.shelf, intake=services.intake),
        CardActions(
            orders=orders,
            jobs=jobs,
            finished=finished,
            recolouring=recolouring,
            files=files,
            quick=quick,
            announcement=services.control.announcement,
        ),
        Exports(orders=orders, finished=finished, tools=tools, files=files, quick=quick),
    )
    return [spec for room in rooms for spec in room.actions]


async def _add_commands(
    client: StylizeClient, services: Services, orders: Orders
) -> list[ActionSpec]:
    """Add the commands to the client; returns what their buttons, menus and forms do."""
    settings, preferences, jobs = services.settings, services.preferences, services.jobs
    shelf, files = services.shelf, services.store.files
    announcement = services.control.announcement
    sources = ImageSources(services.intake, shelf, preferences, services.tools, files)
    resolver = Resolver(orders=orders, sources=sources, preferences=preferences)
    stylize = Stylize(settings.presets, preferences, resolver, shelf)
    compose = Compose(settings.presets, preferences, resolver, shelf)
    style = Style(shelf, services.intake, jobs, preferences, files)
    server = ServerSettingsCog(preferences, settings.presets)
    data = PersonalData(services.store, jobs, shelf, preferences)
    finished = FinishedJobs(services.store)
    my_pictures = MyPictures(
        finished=finished,
        tools=services.tools,
        files=files,
        blocks=shelf.blocks,
        mentions=client.mentions,
    )
    mine = Mine(preferences, data, my_pictures, settings.presets)
    about = About(client.tree, client.mentions, settings, announcement)
    for cog in (stylize, compose, Queue(jobs, announcement), about, style, server, mine):
        await client.add_cog(cog)
    menus = PictureMenus(resolver=resolver, sources=sources, style=style, preferences=preferences)
    reports = Reports(jobs=jobs, finished=finished, shelf=shelf, preferences=preferences)
    for menu in (*menus.menus, *reports.menus):
        client.tree.add_command(menu)
    again, use_style = OrderAgain(resolver, shelf), UseStyle(resolver, shelf)
    rooms = (compose, style, server, mine, my_pictures, menus, reports, again, use_style, about)
    return [spec for room in rooms for spec in room.actions]
