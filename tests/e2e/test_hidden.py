"""What somebody may not see is neither shown to them nor painted with."""

from __future__ import annotations

from localchat import Interaction
from tests.e2e.playing import READY, act, from_menu, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Option, Stage, buttons, texts
from tests.e2e.test_forms import fill_in
from tests.e2e.test_my_pictures import mine, said, thumbnails
from tests.e2e.test_restyling import SAND, opened, select_of
from tests.e2e.test_shelf import MODERATOR, WAVE


def is_private(stage: Stage, card: Card) -> bool:
    return stage.chat.message(card.id).visible_to == card.interaction.user.id


async def choose(stage: Stage, asked: Card, value: str, who: str = "Ada") -> Interaction:
    """Choose one of several pictures; return the answer."""
    return await stage.chat.person(who).press(asked.id, select_of(asked)["custom_id"], [value])


async def test_what_only_one_has_seen_stays_so_as_a_style(bot: Stage) -> None:
    card = await bot.stylize("Ada", private=True)
    await card.until(READY)
    ada = bot.chat.person("Ada")
    chosen = await choose(bot, Card(bot, await ada.use("Use as style", card.id)), "result")
    told = await whispered(bot, chosen)
    assert "is your style now" in told["content"]
    assert "Add it to the shelf…" not in buttons(told)
    given: dict[str, Option] = {"content": PHOTO, "size": 64, "private": False}
    painted = Card(bot, await ada.run("stylize", given))
    await painted.until(READY)
    assert is_private(bot, painted)

    public = await bot.stylize("Ada", style=SAND)
    await public.until(READY)
    panel = await opened(bot, public, "Another style…")
    own = next(label for label in buttons(panel.now) if f"stylized-{card.job_id}" in label)
    painted = await act(bot, panel, own)
    await painted.until(READY)
    assert is_private(bot, painted)

    # The same of a message that only they see, with two pictures.
    told = await whispered(bot, await from_menu(bot, card, "As a sticker"))
    chosen = await choose(bot, Card(bot, await ada.use("Use as style", int(told["id"]))), "0")
    assert "is your style now" in (await whispered(bot, chosen))["content"]
    painted = Card(bot, await ada.run("stylize", {"content": PHOTO, "size": 64}))
    await painted.until(READY)
    assert is_private(bot, painted)
    form = await choose(bot, Card(bot, await ada.use("Stylize this…", int(told["id"]))), "0")
    painted = Card(bot, await fill_in(bot, form, {"upload": [SAND]}))
    await painted.until(READY)
    assert is_private(bot, painted)


async def test_what_was_taken_down_is_not_shown(bot: Stage) -> None:
    await (await bot.stylize("Ada", style=WAVE)).until(READY)
    card = await bot.stylize("Ada", style=STYLE)
    await card.until(READY)
    assert thumbnails(await mine(bot)) == 2
    moderator = bot.chat.person("Mo", MODERATOR)
    gone = await moderator.run("style takedown", {"picture": WAVE})
    assert "cannot be used as styles" in (await whispered(bot, gone))["content"]
    page = await mine(bot)
    assert thumbnails(page) == 1
    assert "it was taken down here" in said(page)
    panel = await opened(bot, card, "Another style…")
    assert "wave.jpg" not in "\n".join([*buttons(panel.now), *texts(panel.now["components"])])


async def test_the_picture_of_a_card_that_was_cancelled_meanwhile(bot: Stage) -> None:
    """Maybe it was the wrong photo: who opened a panel before gets no more at it than others."""
    bot.hold()
    card = await bot.stylize("Ada")
    await card.until("Painting")
    eve = bot.chat.person("Eve")
    asked = Card(bot, await eve.use("Use as style", card.id))
    form = await eve.use("Stylize this…", card.id)
    await bot.press(card, "Cancel")
    await card.until("Cancelled")
    bot.release()
    chosen = await choose(bot, asked, "photo", "Eve")
    assert "may do this" in (await whispered(bot, chosen))["content"]
    sent = await fill_in(bot, form, {"upload": [SAND], "picture": ["photo"]}, "Eve")
    assert "may do this" in (await whispered(bot, sent))["content"]
