"""What the client is furnished with: every command, menu and button."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from bot.client import StylizeClient
from bot.cogs.about import About
from bot.cogs.compose import Compose
from bot.cogs.me import Mine
from bot.cogs.pictures import PictureMenus
from bot.cogs.queue import Queue
from bot.cogs.settings import ServerSettingsCog
from bot.cogs.style import Style
from bot.cogs.stylize import Stylize
from bot.courier import Courier
from bot.darkroom import Darkroom
from bot.erasure import PersonalData
from bot.intake import Intake
from bot.jobs.album import Album
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from bot.preferences import Preferences
from bot.settings import Settings
from bot.shelf import Shelf
from bot.studio import Menu, Reception, Studio
from bot.studio.styles import Wardrobe
from bot.studio.wishes import Desk

_MIB: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What commands work with; each is entered and left by its owner."""

    settings: Settings
    store: JobStore
    jobs: JobQueue
    intake: Intake
    shelf: Shelf
    preferences: Preferences
    courier: Courier


async def furnish(client: StylizeClient, services: Services) -> None:
    """Add all commands and buttons; before the client connects."""
    settings, preferences = services.settings, services.preferences
    darkroom = Darkroom(services.store.spool)
    reception = Reception(
        intake=services.intake,
        jobs=services.jobs,
        arrivals=services.store.arrivals,
        courier=services.courier,
        preferences=preferences,
        blocks=services.shelf.blocks,
        menu=_menu(settings),
    )
    client.preferences = preferences
    client.studio = Studio(
        jobs=services.jobs,
        album=Album(services.store),
        reception=reception,
        darkroom=darkroom,
        forms=client.forms,
    )
    wardrobe = Wardrobe(services.intake, services.shelf, preferences, darkroom)
    about = About(
        version=version("stylize-bot"),
        retention_days=settings.retention_days,
        history_days=settings.history_days,
    )
    desk = Desk(reception=reception, wardrobe=wardrobe, preferences=preferences)
    stylize = Stylize(desk=desk, reception=reception, shelf=services.shelf)
    compose = Compose(desk=desk, reception=reception, shelf=services.shelf, forms=client.forms)
    menus = PictureMenus(
        desk=desk,
        wardrobe=wardrobe,
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
