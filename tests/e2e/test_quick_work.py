"""Films, sheets and plots of a picture: equal presses share one, and nobody has too many."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from localchat import Interaction, Message
from tests.e2e.support import Card, Stage, buttons, until
from tests.e2e.test_forms import done

EXPORTS: Final = ("Before and after", "Timelapse", "Progress chart", "Details")


async def test_equal_presses_are_one_piece_of_work(bot: Stage) -> None:
    card = await done(bot)
    menus = [await opened(bot, card, who) for who in ("Ada", "Bob", "Eve", "Jo")]
    processes: set[int] = set()
    watching = asyncio.create_task(watch("compare", processes))
    pressed = await asyncio.gather(*(press("Before and after") for press in menus))
    await until(lambda: all(files(bot, each) for each in pressed))
    watching.cancel()
    assert len(processes) == 1


async def test_so_many_at_a_time(bot: Stage) -> None:
    press = await opened(bot, await done(bot), "Ada")
    pressed = await asyncio.gather(*map(press, EXPORTS))
    await until(lambda: all(files(bot, each) or said(bot, each) for each in pressed))
    assert sum("3 things that you asked for" in said(bot, each) for each in pressed) == 1


async def opened(
    stage: Stage, card: Card, who: str
) -> Callable[[str], Coroutine[Any, Any, Interaction]]:
    """Open the menu of a card; return what presses a button there."""
    person = stage.chat.person(who)
    panel = Card(stage, await person.press(card.id, buttons(card.now)["More…"]["custom_id"]))
    ids = {label: button["custom_id"] for label, button in buttons(panel.now).items()}
    return lambda label: person.press(panel.id, ids[label])


def files(stage: Stage, pressed: Interaction) -> bool:
    return any(message.attachments for message in answers(stage, pressed))


def said(stage: Stage, pressed: Interaction) -> str:
    return "".join(message.content for message in answers(stage, pressed))


def answers(stage: Stage, pressed: Interaction) -> list[Message]:
    ids = {pressed.response_message_id, *pressed.followup_ids}
    return [message for message in stage.chat.all_messages() if message.id in ids]


async def watch(verb: str, found: set[int]) -> None:
    """Note all processes that do such a piece of work for this one, which takes a few ms."""
    while True:
        for server in children(os.getpid()):
            found.update(each for each in children(server) if named(each) == f"nst {verb}")
        await asyncio.sleep(0.001)


def children(process: int) -> list[int]:
    try:
        lists = [each.read_text() for each in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return []
    return [int(number) for each in lists for number in each.split()]


def named(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""
