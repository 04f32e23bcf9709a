"""A database that another program has locked does not keep anybody waiting for an answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from localchat import (
    MEMBER_PERMISSIONS,
    ChatConfig,
    DiscordLimits,
    Interaction,
    LocalChat,
    Permission,
)
from tests.e2e.support import STYLE, Card, Option, Stage, buttons, until

READY = "Your picture is ready"
Act = Callable[[Stage, Card], Awaitable[Interaction]]


@pytest.fixture
def new_local_chat(chat_config: ChatConfig) -> LocalChat:
    """Less patient than SQLite, which waits five seconds for another's lock."""
    limits = DiscordLimits(acknowledge_seconds=4.5, identify_seconds=0.0)
    return LocalChat(config=chat_config, limits=limits)


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Let another program write while the block runs, so that nobody else can."""
    path = stage.settings.data_dir / "jobs.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        yield
        another.execute("ROLLBACK")


def words_of(stage: Stage, interaction: Interaction) -> str:
    """Return what the answer to an interaction says now."""
    shown = stage.history.get(interaction.response_message_id or 0, [])
    return f"{shown[-1]['content']}\n{shown[-1]['components']}" if shown else ""


def pressing(label: str) -> Act:
    async def press(stage: Stage, card: Card) -> Interaction:
        return await stage.chat.person("Ada").press(card.id, buttons(card.now)[label]["custom_id"])

    return press


def running(command: str, **options: Option) -> Act:
    async def run(stage: Stage, card: Card) -> Interaction:
        rights = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES
        return await stage.chat.person("Mo", rights).run(command, options)

    return run


ON_A_FINISHED_CARD: dict[str, tuple[Act, str]] = {
    "a variation": (pressing("Another version"), READY),
    "the menu": (pressing("More…"), "Timelapse"),
    "/my settings": (running("my settings", strength=70), "Strength: 70"),
    "/settings change": (running("settings change", cooldown=5), "**5**"),
    "/style rename": (running("style rename", name="Sea", new_name="Waves"), "is called “Waves”"),
    "/style remove": (running("style remove", name="Sea"), "is off the shelf"),
    "/queue": (running("queue"), "your picture would be next"),
}


@pytest.mark.parametrize("what", ON_A_FINISHED_CARD)
async def test_everything_is_answered_and_done_afterwards(stage: Stage, what: str) -> None:
    act, said = ON_A_FINISHED_CARD[what]
    async with stage.bot():
        card = await stage.stylize("Ada")
        added = await running("style add", name="Sea", picture=STYLE)(stage, card)
        await until(lambda: "On the shelf" in words_of(stage, added))
        await card.until(READY)
        await stage.until_delivered(card.job_id)
        with locked(stage):
            interaction = await act(stage, card)
        await until(lambda: said in words_of(stage, interaction))
        await stage.until_idle()


@pytest.mark.parametrize(
    ("label", "said"),
    [("Cancel", "Cancelled. Its card can paint it again"), ("Stop and keep", "Stopping.")],
)
async def test_what_runs_is_ended(stage: Stage, label: str, said: str) -> None:
    async with stage.bot():
        stage.hold()
        card = await stage.stylize("Ada")
        await card.until_still()
        with locked(stage):
            interaction = await pressing(label)(stage, card)
        await until(lambda: said in words_of(stage, interaction))
        await card.until("Cancelled" if label == "Cancel" else READY)
        await stage.until_idle()


async def test_what_waits_is_cancelled(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        first = await stage.stylize("Bob")
        await first.until_still()
        card = await stage.stylize("Ada")
        await card.until("Waiting")
        with locked(stage):
            interaction = await pressing("Cancel")(stage, card)
        await until(
            lambda: "Cancelled. Its card can paint it again" in words_of(stage, interaction)
        )
        await card.until("Cancelled")
        await stage.until_idle()


async def test_a_command_is_taken(stage: Stage) -> None:
    async with stage.bot():
        with locked(stage):
            card = await stage.stylize("Ada")
        await card.until(READY)
        await stage.until_delivered(card.job_id)
