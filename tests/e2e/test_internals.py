"""What people read of failures tells them nothing of the host: no paths, no code, no numbers."""

from __future__ import annotations

import re
import shutil
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from localchat import Interaction, Upload
from tests.e2e.conftest import Expected
from tests.e2e.playing import READY, from_menu
from tests.e2e.support import REFUSED, Card, Stage, buttons, texts, until

INTERNAL: Final = re.compile(
    r"Traceback|Errno|\[Errno|\w+Error\b|Exception|\.py\b|0x[0-9a-f]{4}|sqlite|SELECT |nst\.|bot\."
    r"|/proc|/dev|/tmp|/home|/root|spool|scratch|asyncio|errno|worker process \d|pid \d"
    r"|\bcpu\b|cuda|\bGB\b|\bGPU\b|torch [\d.]+\+"
)
FAILED: Final = "This picture could not be painted"
TROUBLES: Final = 7


def check(stage: Stage) -> None:
    """Look at every state of every message that anybody saw, and at every form."""
    host = str(stage.settings.data_dir)
    said = [
        text
        for states in stage.history.values()
        for state in states
        for text in [*texts(state["components"]), state["content"]]
    ]
    said += [message.content for message in stage.chat.all_messages()]
    assert len(said) > 1
    for text in said:
        assert host not in text, text
        assert not INTERNAL.search(text), text


async def test_painters_in_trouble(stage: Stage, expect_errors: Expected) -> None:
    expect_errors(" failed:")
    async with stage.bot(painter="tests.e2e.painters:load_troubled"):
        for trouble in range(TROUBLES):
            card = await stage.stylize(seed=trouble)
            await card.until(FAILED)
            await stage.until_reply(card)
    check(stage)


@pytest.mark.parametrize("painter", ["nowhere:load", "tests.contracts.painters:load_and_die"])
async def test_no_painter(stage: Stage, expect_errors: Expected, painter: str) -> None:
    expect_errors("worker on cpu")
    async with stage.bot(painter=painter):
        await (await stage.stylize()).until(FAILED)
    check(stage)


async def test_files_in_trouble(stage: Stage, expect_errors: Expected) -> None:
    """Everything that can be pressed, over files that are damaged, then gone, then unreadable."""
    expect_errors(
        " failed:", "Tool", "Cannot store", "Somebody could not be answered", "cannot be read"
    )
    spool = stage.settings.data_dir / "spool"
    async with stage.bot():
        card = await stage.stylize()
        await card.until(READY)
        for harm in (damage, Path.unlink):
            for file in spool.iterdir():
                harm(file)
            await press_all(stage, card)
        damaged = Upload("cat.png", b"\x89PNG\r\n\x1a\n" + bytes(50))
        await (await stage.stylize("Bob", damaged)).until(REFUSED)
        shutil.rmtree(stage.settings.data_dir / "scratch")
        (stage.settings.data_dir / "scratch").write_text("in the way")
        await (await stage.stylize("Eve")).until(REFUSED)
        await stage.chat.person("Eve").run("style add", {"name": "x", "picture": damaged})
    check(stage)


def damage(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:20] + b"damaged")


async def press_all(stage: Stage, card: Card) -> None:
    """Press everything, and wait until each press has its answer."""
    pressed = [
        await stage.chat.person("Ada").press(card.id, buttons(card.now)[label]["custom_id"])
        for label in ("More style", "Photo's colours", "Another version")
        if label in buttons(card.now)
    ]
    menu = ("Before and after", "Timelapse", "Progress chart", "Details", "Change…")
    pressed += [await from_menu(stage, card, label) for label in menu]
    for each in pressed:
        await until(partial(is_answered, stage, card, each))


def is_answered(stage: Stage, card: Card, pressed: Interaction) -> bool:
    if pressed.modal is not None:
        return True
    ids = {pressed.response_message_id, *pressed.followup_ids} - {card.id, None}
    shown = [message for message in stage.chat.all_messages() if message.id in ids]
    return any(message.content or message.components for message in shown)
