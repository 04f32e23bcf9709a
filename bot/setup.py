"""What the client is set up with: every command, menu and button."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from bot.actions.actions import Studio
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
from bot.orders import Menu, Orders
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


async def set_up(client: StylizeClient, services: Services) -> None:
    """Add all commands and buttons; before the client connects."""
    settings, preferences = services.settings, services.preferences
    tools = services.tools
    orders = Orders(
        intake=services.intake,
        jobs=services.jobs,
        arrivals=services.store.arrivals,
        updater=services.updater,
        preferences=preferences,
        blocks=services.shelf.blocks,
        menu=_menu(settings),
    )
    client.preferences = preferences
    client.studio = Studio(
        jobs=services.jobs,
        finished=FinishedJobs(services.store),
        orders=orders,
        tools=tools,
        recolouring=services.recolouring,
        forms=client.forms,
    )
    sources = ImageSources(services.intake, services.shelf, preferences, tools)
    about = About(
        version=version("stylize-bot"),
        retention_days=settings.retention_days,
        history_days=settings.history_days,
    )
    resolver = Resolver(orders=orders, sources=sources, preferences=preferences)
    stylize = Stylize(resolver=resolver, orders=orders, shelf=services.shelf)
    compose = Compose(resolver=resolver, orders=orders, shelf=services.shelf, forms=client.forms)
    menus = PictureMenus(
        resolver=resolver,
        sources=sources,
        shelf=services.shelf,
        preferences=preferences,
        forms=client.forms,
    )
    await menus.add_to(client)
    for cog in (stylize, compose, Queue(services.jobs), about):
        await client.add_cog(cog)
    await Style(services.shelf, services.intake, services.jobs, preferences).add_to(client)
    await ServerSettingsCog(preferences, settings, client.forms).add_to(client)
    data = PersonalData(services.store, services.jobs, services.shelf, preferences)
    await Mine(preferences, data, settings).add_to(client)


def _menu(settings: Settings) -> Menu:
    return Menu(
        presets=settings.presets,
        default_size=settings.default_size,
        max_result_bytes=settings.max_result_mb * _MIB,
    )
