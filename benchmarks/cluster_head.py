"""A bot in the local chat whose cluster's head goes away and comes back."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.examples import list_examples
from backend.metrics import REGISTRY
from backend.settings import EngineName, load_settings
from benchmarks.fates import PAINTED, fates
from bot.app import running_bot
from bot.local_chat import CHAT, server_of
from localchat import DiscordLimits, Interaction, LocalChat, Upload
from localchat.discord_py import connected_to
from tests.cluster import ADDRESS, Cluster, true

PAINTER = "tests.e2e.painters:load"
WHY = "no host that paints can be reached"
_NEVER = 300.0


async def head(running: Cluster, asked: argparse.Namespace) -> None:
    """Kill the head for a while; ten people ask for a picture meanwhile."""
    running.join()
    running.join()
    limits = DiscordLimits(identify_seconds=0)
    with TemporaryDirectory() as folder:
        settings = load_settings(
            data_dir=Path(folder) / "data", engine=EngineName.RAY, ray_address=ADDRESS
        )
        async with LocalChat(config=CHAT, limits=limits) as chat:
            with connected_to(chat):
                async with running_bot(settings, server_of(chat), painter=PAINTER):
                    print(await without_head(chat, running, asked.seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What was seen from the chat while the head was gone; times in seconds.

    Attributes:
        gone: how long it was.
        noticed: after how long the bot knew.
        told, still_told: how many cards said why they wait, at first and when it came back.
        told_after: after how long they did.
        painted: how many pictures were in the end, after so long.
        reconnected: how often the bot connected to the chat meanwhile.
    """

    gone: float
    noticed: float
    told: int
    told_after: float
    still_told: int
    painted: int
    painted_after: float
    reconnected: int


async def without_head(chat: LocalChat, running: Cluster, seconds: float) -> Absence:
    """Let the head be gone for so long while ten pictures wait; return what was seen."""
    await true(lambda: slots() == 2, _NEVER)
    sessions, sent = chat.session_starts, list[Interaction]()
    running.head.kill()
    gone = time.monotonic()
    await true(lambda: slots() == 0, _NEVER)
    noticed = time.monotonic() - gone
    sent += await asyncio.gather(*(ask(chat, f"person {number}") for number in range(10)))
    await true(lambda: told(chat, sent) == len(sent), _NEVER)
    told_first, knew = told(chat, sent), time.monotonic() - gone
    await asyncio.sleep(max(0.0, seconds - knew))
    waited = told(chat, sent)
    running.restart_head()
    back = time.monotonic()
    await true(lambda: not any(fate.fault for fate in fates(chat, sent)), _NEVER)
    ends = Counter(str(fate.line) for fate in fates(chat, sent))
    return Absence(
        gone=back - gone,
        noticed=noticed,
        told=told_first,
        told_after=knew,
        still_told=waited,
        painted=ends[PAINTED],
        painted_after=time.monotonic() - back,
        reconnected=chat.session_starts - sessions,
    )


def slots() -> float | None:
    """Return how many slots the bot has."""
    return REGISTRY.get_sample_value("stylize_slots")


async def ask(chat: LocalChat, name: str) -> Interaction:
    """Ask for a picture."""
    content, style = (
        Upload(example.path.name, example.path.read_bytes(), "image/jpeg")
        for kind in ("photo", "style")
        for example in [next(each for each in list_examples() if each.kind == kind)]
    )
    return await chat.person(name).run(
        "stylize", {"content": content, "style": style, "size": 64}, channel="painting"
    )


def told(chat: LocalChat, sent: list[Interaction]) -> int:
    """Return how many cards say why nothing is painted."""
    cards = {interaction.response_message_id for interaction in sent}
    return sum(
        WHY in str(message.components) for message in chat.all_messages() if message.id in cards
    )
