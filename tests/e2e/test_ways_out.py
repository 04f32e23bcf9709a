"""Refusals say everything at once and offer what to do; cancelled cards can be tried again."""

from __future__ import annotations

from localchat import Interaction
from tests.e2e.playing import NEXT, READY, act, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Json, Option, Stage, buttons, until
from tests.e2e.test_composing import RED, WHITE
from tests.e2e.test_forms import fill_in
from tests.e2e.test_refusals import NO_PICTURE, REFUSED


def refusal(stage: Stage, who: Card) -> Card:
    """Return the message that only who asked sees."""
    told = [each for each in stage.chat.all_messages() if each.visible_to]
    who.id = told[-1].id
    return who


async def change(stage: Stage, card: Card, who: str = "Ada") -> Interaction:
    """Open the form behind Change…"""
    return await stage.chat.person(who).press(
        card.id, buttons(now(stage, card))["Change…"]["custom_id"]
    )


def now(stage: Stage, card: Card) -> Json:
    return dict(stage.chat.message_json(stage.chat.message(card.id)))


async def test_another_photo_after_a_refusal(bot: Stage) -> None:
    card = await bot.stylize("Ada", content=NO_PICTURE, strength=70)
    await card.until(REFUSED)
    refused = refusal(bot, card)
    form = await change(bot, refused)
    wrong = await fill_in(bot, form, {"strength": "lots", "size": "9"})
    said = (await whispered(bot, wrong))["content"]
    assert "Strength is a whole number from 0 to 100, not “lots”." in said
    assert "The size is a whole number from 64 to 1024, not “9”." in said
    form = await change(bot, refused)
    done = Card(bot, await fill_in(bot, form, {"photo": [PHOTO], "strength": "60"}))
    await done.until(READY)
    assert "strength 60 · 64 px" in done.text


async def act_on(stage: Stage, card: Card, label: str, who: str = "Ada") -> Card:
    custom_id = buttons(now(stage, card))[label]["custom_id"]
    return Card(stage, await stage.chat.person(who).press(card.id, custom_id))


async def test_everything_that_is_wrong_is_said_at_once(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    form = await ada.run("compose", {"size": 64})
    typed = {"photo": [PHOTO], "styles": [STYLE], "weights": "much; none; 3"}
    said = (await whispered(bot, await fill_in(bot, form, typed)))["content"]
    assert "“much” is not a weight" in said
    assert "“none” is not a weight" in said
    typed = {"photo": [PHOTO], "styles": [STYLE, RED, WHITE], "named": ["Night wind"]}
    sent = await fill_in(bot, form, {**typed, "weights": "much"})
    said = (await whispered(bot, sent))["content"]
    assert "3 styles at most" in said
    assert "“much” is not a weight" in said
    told = bot.answer_to(await ada.run("my settings", {"size": 4096, "strength": 3}))
    assert "choose 64 to 1024" in told


async def test_more_that_is_wrong_than_a_message_can_say(bot: Stage) -> None:
    form = await bot.chat.person("Ada").run("compose", {"size": 64})
    typed = {"photo": [PHOTO], "styles": [STYLE], "weights": " ".join("abcdefghijklmnopqrstuvwxyz")}
    told = await whispered(bot, await fill_in(bot, form, typed))
    assert told["content"].startswith("“a” is not a weight")
    assert told["content"].endswith("…")
    assert "Open the form again" in buttons(told)


async def test_wrong_names_and_wrong_files_are_said_at_once(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    given: dict[str, Option] = {"content": NO_PICTURE, "style_name": "of nobody", "size": 64}
    refused = Card(bot, await ada.run("stylize", given))
    await refused.until(REFUSED)
    assert "Your photo “" in refused.text
    assert "no such style" in refused.text
    added = await ada.run("style add", {"name": "*x*", "picture": NO_PICTURE})
    said = (await whispered(bot, added))["content"]
    assert "is not among them" in said
    assert "Your style picture “" in said
    assert bot.spool == []


def kinds_in(form: Interaction) -> dict[str, bool]:
    """Return what a form offers to paint, and whether it is chosen."""
    assert form.modal is not None
    labels = [label["component"] for label in form.modal["components"]]
    [kind] = [each for each in labels if each["custom_id"].startswith("kind")]
    return {each["label"]: bool(each.get("default")) for each in kind["options"]}


async def test_kinds_that_exclude_each_other_can_be_changed(bot: Stage) -> None:
    given: dict[str, Option] = {"content": PHOTO, "style_name": "*", "sheet": True, "takes": 4}
    refused = await bot.chat.person("Ada").run("stylize", {**given, "size": 4096})
    assert "Choose one of them" in (await whispered(bot, refused))["content"]
    form = await change(bot, Card(bot, refused))
    assert form.modal is not None
    assert "description" not in form.modal["components"][1], "there is no style to keep"
    offered = kinds_in(form)
    assert list(offered) == [
        "One picture",
        "Two versions",
        "Four versions",
        "Four strengths",
        "A surprise: four styles",
    ]
    assert not any(offered.values())
    values = {"named": ["Night wind"], "size": "64"}
    for kind, title, count in (
        ("1", READY, 0),
        ("2", "Which one do you like?", 2),
        ("sheet", "Which strength do you like?", 4),
    ):
        card = Card(bot, await fill_in(bot, form, {**values, "kind": [kind]}))
        await card.until(title)
        keep = [each for each in buttons(card.now) if each.startswith(("Keep", "Strength"))]
        assert len(keep) == count
    surprise = Card(bot, await fill_in(bot, form, {"kind": ["*"], "size": "64"}))
    await surprise.until("Which one do you like?")
    assert len({name for asked in bot.requests[-4:] for name in asked["style_names"]}) == 4


async def test_fewer_versions_where_four_are_too_many(stage: Stage) -> None:
    stage.settings = stage.settings.model_copy(update={"daily_per_person": 2})
    async with stage.bot():
        several = await stage.stylize("Ada", takes=4)
        assert "This would be 4 pictures" in stage.answer_to(several.interaction)
        form = await change(stage, several)
        assert [kind for kind, chosen in kinds_in(form).items() if chosen] == ["Four versions"]
        assert "A surprise: four styles" not in kinds_in(form)
        fewer = Card(stage, await fill_in(stage, form, {"kind": ["2"]}))
        await fewer.until("Which one do you like?")


async def test_a_full_queue_may_be_tried_again(bot: Stage) -> None:
    bot.hold()
    cards = [await bot.stylize("Ada") for _ in range(2)]
    full = (await bot.stylize("Ada")).interaction
    assert "You already have as many pictures" in bot.answer_to(full)
    bot.release()
    for each in cards:
        await each.until(READY)
    again = await act_on(bot, Card(bot, full), "Try again")
    await again.until(READY)


async def test_a_cancelled_card(bot: Stage) -> None:
    bot.hold()
    card = await bot.stylize("Ada")
    await card.until("Painting")
    await bot.press(card, "Cancel")
    await card.until("Cancelled")
    assert list(buttons(card.now)) == ["Try again", "Change…", "Delete…", *NEXT]
    # Maybe it was the wrong photo: nobody else gets at it.
    for label in ("Try again", "Change…", "Delete…", *NEXT):
        assert "may do this" in await bot.press(card, label, "Eve")
    bot.release()
    again = await act(bot, card, "Try again")
    await again.until(READY)
    asked = await act(bot, card, "Delete…")
    assert "cat.jpg · waves.png" in asked.text
    await act(bot, asked, "Keep it")
    await until(lambda: bot.chat.find_message(asked.id) is None)
    asked = await act(bot, card, "Delete…")
    await bot.chat.person("Ada").press(
        asked.id, buttons(asked.now)["Delete it for good"]["custom_id"]
    )
    await until(lambda: bot.chat.find_message(card.id) is None)
