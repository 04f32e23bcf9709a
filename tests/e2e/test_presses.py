"""Quick presses: none waits for uploads, and two of one button make one picture."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from localchat import Interaction
from tests.e2e.playing import READY, act, whispered
from tests.e2e.support import Card, Stage, buttons, until
from tests.e2e.test_forms import fill_in
from tests.e2e.test_restyling import SAND, opened

WAITS: Final = "while [ -e {hold} ]; do sleep 0.05; done"
ON_ITS_WAY: Final = "on its way already"


async def twice(stage: Stage, card: Card, label: str) -> list[Interaction]:
    """Press a button of a card two times at once."""
    custom_id = buttons(card.now)[label]["custom_id"]
    ada = stage.chat.person("Ada")
    return list(await asyncio.gather(*(ada.press(card.id, custom_id) for _ in range(2))))


async def check_one_card(stage: Stage, pressed: list[Interaction], words: str) -> Card:
    """Return the card that one of two presses brought; the other one was told these words."""
    cards = [Card(stage, each) for each in pressed]
    await until(lambda: all(each.states for each in cards))
    alone = [each for each in cards if words in each.now["content"]]
    assert len(alone) == 1
    return next(each for each in cards if each not in alone)


async def test_no_press_waits_for_an_upload(stage: Stage, tmp_path: Path) -> None:
    """While one file of a person is looked at, their other buttons work."""
    hold = tmp_path / "hold"
    command = ("sh", "-c", WAITS.format(hold=hold))
    stage.settings = stage.settings.model_copy(update={"check_command": command})
    async with stage.bot():
        card = await stage.stylize()
        await card.until(READY)
        hold.touch()
        form = await act(stage, await opened(stage, card, "Another style…"), "Upload a style…")
        slow = Card(stage, await fill_in(stage, form.interaction, {"upload": [SAND]}))
        more = await act(stage, card, "More style")
        await more.until(READY)
        await slow.until("Looking at your pictures")
        hold.unlink()
        await slow.until(READY)


async def test_two_quick_presses_make_one_picture(bot: Stage) -> None:
    card = await bot.stylize("Ada")
    await card.until(READY)
    bot.hold()
    for label in ("Another version", "Four versions"):
        one = await check_one_card(bot, await twice(bot, card, label), ON_ITS_WAY)
        await one.until("Painting")
        await bot.press(one, "Cancel")
        await one.until("Cancelled")
    again = await check_one_card(bot, await twice(bot, one, "Try again"), ON_ITS_WAY)
    bot.release()
    await again.until("Which one do you like?")


async def test_a_refused_order_is_given_once(bot: Stage) -> None:
    bot.hold()
    cards = [await bot.stylize("Ada") for _ in range(2)]
    refused = Card(bot, (await bot.stylize("Ada")).interaction)
    bot.release()
    for each in cards:
        await each.until(READY)
    pressed = await twice(bot, refused, "Try again")
    one = await check_one_card(bot, pressed, "This was ordered already")
    await one.until(READY)
    late = await bot.chat.person("Ada").press(
        refused.id, buttons(refused.now)["Try again"]["custom_id"]
    )
    assert "This was ordered already" in (await whispered(bot, late))["content"]
